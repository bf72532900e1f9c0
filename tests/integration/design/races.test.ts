/** Two changes of one session at the same moment, with a worker at work: whatever comes first, what is left makes sense. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FlowgridError, InvalidInput } from '@flowgrid/platform';
import { openWorkbench } from './workbench.ts';

let bench: Awaited<ReturnType<typeof openWorkbench>>;
let worker: AsyncDisposable;

beforeAll(async () => {
  bench = await openWorkbench();
  worker = await bench.startWorker(bench.tools);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

const CHANGES = {
  cancel: (id: string) => bench.sessions.cancel(bench.request, id),
  retry: (id: string) => bench.sessions.retry(bench.request, id),
  approve: (id: string) => bench.sessions.approve(bench.request, id),
  refine: (id: string) =>
    bench.sessions.refine(bench.request, { sessionId: id, message: 'Call the agent Claims desk.' }),
  update: (id: string) =>
    bench.sessions.updateProcessModel(bench.request, {
      sessionId: id,
      expectedRevision: 1,
      model: { activities: [{ verb: 'check', object: 'claim' }] },
    }),
};
type Name = keyof typeof CHANGES;
const NAMES: readonly Name[] = ['cancel', 'retry', 'approve', 'refine', 'update'];
const PAIRS = NAMES.flatMap((one, index) => NAMES.slice(index).map((other) => [one, other] as const));

async function waiting(state: 'AWAITING_REVIEW' | 'CANCELLED' | 'SUCCEEDED'): Promise<string> {
  const id = await bench.start({ reviewProcess: state !== 'SUCCEEDED' });
  await bench.reaches(id, state === 'SUCCEEDED' ? state : 'AWAITING_REVIEW');
  if (state === 'CANCELLED') await CHANGES.cancel(id);
  return id;
}

async function atRest(id: string): Promise<void> {
  const states = ['AWAITING_REVIEW', 'SUCCEEDED', 'FAILED', 'CANCELLED'];
  await expect
    .poll(
      async () =>
        (await bench.rows('SELECT state FROM design.design_session WHERE id = $1', [id]))[0]?.['state'],
      { timeout: 60_000 },
    )
    .toBeOneOf(states);
}

/** Numbers without gap or repetition, and a percent that only rises while one worker works on one revision. */
async function requireSound(id: string): Promise<void> {
  const events = await bench.rows(
    'SELECT sequence, attempt, percent, revision FROM design.design_event WHERE session_id = $1 ORDER BY sequence',
    [id],
  );
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => index + 1));
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    if (before?.['attempt'] !== event['attempt']) continue;
    expect(Number(event['percent'])).toBeGreaterThanOrEqual(Number(before?.['percent']));
  }
  const [counts] = await bench.rows(
    `SELECT revision, (SELECT count(*)::int FROM design.design_revision AS one WHERE one.session_id = session.id) AS revisions,
       (SELECT state FROM design.design_job AS job WHERE job.session_id = session.id) AS job, state,
       (SELECT count(*)::int FROM design.design_phase_result AS result
         WHERE result.session_id = session.id AND result.revision > session.revision) AS early
     FROM design.design_session AS session WHERE id = $1`,
    [id],
  );
  expect(counts).toMatchObject({ revisions: counts?.['revision'], early: 0 });
  expect(counts?.['job']).toBe(counts?.['state'] === 'AWAITING_REVIEW' ? 'WAITING' : 'ENDED');
}

test.each(['AWAITING_REVIEW', 'CANCELLED', 'SUCCEEDED'] as const)(
  'two changes at once of a session that is %s leave a session that makes sense',
  async (state) => {
    const race = async ([one, other]: readonly [Name, Name]): Promise<void> => {
      const id = await waiting(state);

      const ends = await Promise.allSettled([CHANGES[one](id), CHANGES[other](id)]);

      for (const end of ends) {
        if (end.status === 'fulfilled') continue;
        const { reason } = end;
        const isTold =
          reason instanceof InvalidInput || (reason instanceof FlowgridError && reason.code === 'CONFLICT');
        expect(isTold, `${one} and ${other}: ${String(reason)}`).toBe(true);
      }
      await atRest(id);
      await requireSound(id);
    };
    await Promise.all(PAIRS.map(race));
  },
  240_000,
);
