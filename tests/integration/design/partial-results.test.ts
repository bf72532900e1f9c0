/** What an engine recognises while it works becomes events, under the claim like every other write. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DesignEngine, Found } from '../../../subgraphs/design/src/engine/engine.ts';
import { JobLost } from '../../../subgraphs/design/src/workers/job-record.ts';
import { until } from '../../testkit/wait.ts';
import { openWorkbench } from './workbench.ts';

let bench: Awaited<ReturnType<typeof openWorkbench>>;
let workers: AsyncDisposableStack;

beforeAll(async () => {
  bench = await openWorkbench();
});
beforeEach(() => {
  workers = new AsyncDisposableStack();
});
afterEach(() => workers.disposeAsync());
afterAll(() => bench[Symbol.asyncDispose]());

const FIRST: readonly Found[] = [
  { kind: 'ACTIVITY', name: 'record claim' },
  { kind: 'ACTIVITY', name: 'check policy' },
  { kind: 'ACTOR', name: 'claims clerk' },
];
const SECOND: readonly Found[] = [{ kind: 'ACTIVITY', name: 'approve claim' }];

/** Recognises things in two steps, each of which a test allows. */
function steppingEngine() {
  const steps = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const engine: DesignEngine = {
    ...bench.tools.engine,
    analyze: async (request) => {
      request.onFound(FIRST);
      await steps[0].promise;
      request.onFound([...FIRST, ...SECOND]);
      await steps[1].promise;
      return bench.tools.engine.analyze(request);
    },
  };
  return { engine, first: steps[0].resolve, second: steps[1].resolve };
}

const foundIn = async (id: string): Promise<readonly (readonly Found[])[]> =>
  (await bench.events(id)).map(({ found }) => found).filter((found) => found.length > 0);

test('things are told as they are recognised, without gap, and percent neither falls nor leaves the phase', async () => {
  const { engine, first, second } = steppingEngine();
  workers.use(await bench.startWorker({ ...bench.tools, engine }));
  const id = await bench.start();
  await until('the first things are told', async () => (await foundIn(id)).length === 1);
  first();
  await until('the others are told', async () => (await foundIn(id)).length === 2);
  second();

  const session = await bench.reaches(id, 'SUCCEEDED');

  const events = await bench.events(id);
  const partial = events.filter(({ found }) => found.length > 0);
  expect(partial.map(({ message, found }) => [message, found])).toEqual([
    ['2 activities, 1 actor so far.', FIRST],
    ['3 activities, 1 actor so far.', SECOND],
  ]);
  for (const { phase, state, percent } of partial) {
    expect({ phase, state }).toEqual({ phase: 'ANALYSIS', state: 'RUNNING' });
    expect(percent).toBeGreaterThanOrEqual(10);
    expect(percent).toBeLessThan(40);
  }
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  const percents = events.map(({ percent }) => percent);
  expect(percents).toEqual(percents.toSorted((one, other) => one - other));
  expect(session.percent).toBe(100);
});

test('a phase that is over before it is worth telling has one event', async () => {
  workers.use(await bench.startWorker(bench.tools));
  const id = await bench.start();

  await bench.reaches(id, 'SUCCEEDED');

  const analysis = (await bench.events(id)).filter(({ phase }) => phase === 'ANALYSIS');
  expect(analysis).toHaveLength(1);
  expect(await foundIn(id)).toEqual([]);
});

test('what a worker recognised after its job was taken over is refused, and leaves nothing', async () => {
  const id = await bench.start();
  const late = bench.record(await bench.claim(), id);
  await late.begin();
  await bench.expireLeases();
  await bench.claim();
  const before = await bench.events(id);

  const report = late.reportFound({ phase: 'ANALYSIS', message: 'Late.', percent: 30, found: FIRST });

  await expect(report).rejects.toBeInstanceOf(JobLost);
  expect(await bench.events(id)).toEqual(before);
  await bench.sessions.cancel(bench.request, id);
});

test('a job that is cancelled while an engine works ends the engine, and nothing is told afterwards', async () => {
  const { engine, first, second } = steppingEngine();
  const aborted = Promise.withResolvers<void>();
  const watched: DesignEngine = {
    ...engine,
    analyze: async (request) => {
      request.signal.addEventListener('abort', () => aborted.resolve(), { once: true });
      return engine.analyze(request);
    },
  };
  workers.use(await bench.startWorker({ ...bench.tools, engine: watched }));
  const id = await bench.start();
  await until('the first things are told', async () => (await foundIn(id)).length === 1);

  await bench.sessions.cancel(bench.request, id);
  await aborted.promise;
  first();
  second();
  await workers.disposeAsync();

  const events = await bench.events(id);
  expect(events.at(-1)).toMatchObject({ state: 'CANCELLED' });
  expect(await foundIn(id)).toEqual([FIRST]);
});
