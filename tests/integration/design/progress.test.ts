import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DesignEvent } from '../../../subgraphs/design/src/modules/progress/design-event.ts';
import { openWorkbench, viewerOf } from './workbench.ts';
import { newId } from '@flowgrid/platform';

let bench: Awaited<ReturnType<typeof openWorkbench>>;

beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench[Symbol.asyncDispose]());

async function collect(iterator: AsyncIterable<DesignEvent>): Promise<number[]> {
  const sequences: number[] = [];
  for await (const event of iterator) sequences.push(event.sequence);
  return sequences;
}

/** A session that a worker has just begun: two events. */
async function begun() {
  const id = await bench.start();
  const record = bench.record(await bench.claim(), id);
  await record.begin();
  return { id, record };
}

const phase = (message: string) => ({ message, result: {} });

test('what is there is replayed after a sequence, then what comes is followed, to the end', async () => {
  const { id, record } = await begun();
  const fromStart = collect(await bench.feed.follow(bench.request, id, 0));
  const fromTwo = collect(await bench.feed.follow(bench.request, id, 2));

  await record.finishPhase('CONTEXT', phase('Read.'));
  await record.fail({ phase: 'ANALYSIS', code: 'X', message: 'No.', retryable: true });

  expect(await fromStart).toEqual([1, 2, 3, 4]);
  expect(await fromTwo).toEqual([3, 4]);
});

test('of an ended session what is missing is replayed, and nothing is waited for', async () => {
  const { id, record } = await begun();
  await record.succeed('Done.');

  const all = await Promise.all(
    [0, 2, 3, 99].map(async (after) => collect(await bench.feed.follow(bench.request, id, after))),
  );

  expect(all).toEqual([[1, 2, 3], [3], [], []]);
});

test('a replay goes past a failure that was retried', async () => {
  const { id, record } = await begun();
  await record.fail({ phase: 'CONTEXT', code: 'X', message: 'No.', retryable: true });
  await bench.sessions.retry(bench.request, id);
  const following = collect(await bench.feed.follow(bench.request, id, 0));
  const again = bench.record(await bench.claim(), id);
  await again.begin();
  await again.succeed('Done.');

  expect(await following).toEqual([1, 2, 3, 4, 5, 6]);
});

test('an event whose announcement is lost arrives all the same', async () => {
  const { id } = await begun();
  const following = collect(await bench.feed.follow(bench.request, id, 0));
  // The follower has read what there is by the time that others have read it several times.
  for (let read = 0; read < 5; read += 1) await bench.events(id);

  await bench.rows(`
    WITH event AS (INSERT INTO design.design_event
      SELECT tenant_id, session_id, 3, 1, 'DONE', 'SUCCEEDED', 100, 'Done.', now() FROM design.design_event
      WHERE session_id = '${id}' AND sequence = 2)
    UPDATE design.design_session SET last_sequence = 3, state = 'SUCCEEDED' WHERE id = '${id}'`);
  await bench.rows(
    `UPDATE design.design_job SET state = 'ENDED', lease_expires_at = NULL WHERE session_id = '${id}'`,
  );

  expect(await following).toEqual([1, 2, 3]);
});

test('two hundred followers of one session get every event', async () => {
  const { id, record } = await begun();
  const followers = await Promise.all(
    Array.from({ length: 200 }, () => bench.feed.follow(bench.request, id, 0)),
  );
  const all = followers.map(collect);

  for (const name of ['CONTEXT', 'ANALYSIS', 'DESIGN'] as const) await record.finishPhase(name, phase(name));
  await record.succeed('Done.');

  expect(new Set((await Promise.all(all)).map(String))).toEqual(new Set(['1,2,3,4,5,6']));
});

test('a follower that leaves while it waits is let go at once', async () => {
  const { id } = await begun();
  const iterator = await bench.feed.follow(bench.request, id, 2);
  const waiting = iterator.next();

  await iterator.return?.();

  expect(await waiting).toEqual({ value: undefined, done: true });
  await bench.sessions.cancel(bench.request, id);
});

test('sessions of another tenant, unknown ones and what is no id are not found', async () => {
  const { id } = await begun();
  const stranger = { viewer: viewerOf(newId()), requestId: 'test' };

  const answers = await Promise.allSettled([
    bench.feed.follow(stranger, id, 0),
    bench.feed.follow(bench.request, newId(), 0),
    bench.feed.follow(bench.request, 'no-id', 0),
    bench.feed.follow(bench.request, id, -1),
  ]);

  expect(answers.map((answer) => answer.status === 'rejected' && answer.reason.code)).toEqual([
    'NOT_FOUND',
    'NOT_FOUND',
    'NOT_FOUND',
    'BAD_USER_INPUT',
  ]);
  await bench.sessions.cancel(bench.request, id);
});
