/** A worker is killed while it writes the result of a phase: another goes on there, and what was finished stays. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { RunningProcess } from '../../../local/src/index.ts';
import { until } from '../../testkit/wait.ts';
import {
  createDesignTenant,
  startDesignService,
  type DesignService,
  type EventView,
} from './design-service.ts';
import { openPhaseBarrier, type PhaseBarrier } from './phase-barrier.ts';
import { openRows, type DatabaseRows } from '../../resilience/database-rows.ts';

const PHASES = ['CONTEXT', 'ANALYSIS', 'DESIGN', 'VALIDATION', 'CODE', 'MODEL'] as const;

let stack: AsyncDisposableStack;
let service: DesignService;
let barrier: PhaseBarrier;
let rows: DatabaseRows;
/** The one that is killed next. */
let worker: RunningProcess;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  service = stack.use(await startDesignService({ LEASE_SECONDS: '1' }));
  rows = stack.use(await openRows(service.database.superuserUrl));
  barrier = stack.use(await openPhaseBarrier(service.database.superuserUrl));
  worker = await service.platform.start('design-worker');
});
afterEach(() => barrier.open());
afterAll(() => stack.disposeAsync());

/** Kills the worker where it stands, and starts another. */
async function replaceWorker(): Promise<void> {
  worker.kill('SIGKILL');
  await worker.exited;
  await barrier.open();
  worker = await service.platform.start('design-worker');
}

/** Of the phases' ends, in their order. */
const finished = (events: readonly EventView[]): string[] =>
  events
    .filter(({ state, message }) => state === 'RUNNING' && !/^A.* worker took /.test(message))
    .map(({ phase }) => phase);

test.each(PHASES)(
  'killed in %s, a worker leaves what was finished, and another does the rest once',
  async (phase) => {
    const tenant = await createDesignTenant(service);
    await barrier.close(phase);
    const id = await tenant.start();
    await using following = tenant.follow(id);
    await barrier.reached();
    const before = await tenant.session(id);

    await replaceWorker();
    await following.ended;

    const session = await tenant.session(id);
    const results = await rows.rows<{ phase: string; attempt: number }>(
      'SELECT phase, attempt FROM design.design_phase_result WHERE session_id = $1 ORDER BY finished_at',
      [id],
    );
    const done = PHASES.indexOf(phase);
    expect(finished(before.events)).toEqual(PHASES.slice(0, done));
    expect(session).toMatchObject({ state: 'SUCCEEDED', percent: 100 });
    expect(session.events.slice(0, before.events.length)).toEqual(before.events);
    expect(session.events[before.events.length]?.message).toBe('Another worker took over.');
    expect(finished(session.events)).toEqual(PHASES);
    expect(results).toEqual(PHASES.map((name, index) => ({ phase: name, attempt: index < done ? 1 : 2 })));
    expect(session.events.map(({ sequence }) => sequence)).toEqual(
      session.events.map((_, index) => index + 1),
    );
    expect(following.events).toEqual(session.events);
    expect(session.artifacts).toHaveLength(3);
  },
);

test('killed between the review and the design, the approved model is what the next worker goes on with', async () => {
  const tenant = await createDesignTenant(service);
  await barrier.close('DESIGN');
  const id = await tenant.start({ reviewProcess: true });
  await tenant.reaches(id, 'AWAITING_REVIEW');
  const model = { activities: [{ id: 'only', verb: 'inspect', object: 'parcel' }] };
  await tenant.ask(
    'mutation ($input: UpdateProcessModelInput!) { updateProcessModel(input: $input) { errors { code } } }',
    { input: { sessionId: id, expectedRevision: 1, model } },
  );
  await tenant.ask(
    'mutation ($id: ID!) { approveProcessModel(input: { sessionId: $id }) { errors { code } } }',
    {
      id,
    },
  );
  await barrier.reached();

  await replaceWorker();
  const session = await tenant.reaches(id, 'SUCCEEDED');

  expect(session.processModel?.activities.map(({ verb }) => verb)).toEqual(['inspect']);
  expect(finished(session.events)).toEqual(PHASES);
});

test('four workers do each of forty jobs once, and lose none', async () => {
  // Nobody is lost here, however busy the machine is.
  const env = { ...service.workerEnv, LEASE_SECONDS: '60' };
  worker.kill('SIGTERM');
  await worker.exited;
  const workers = await Promise.all(
    Array.from({ length: 4 }, () => service.platform.start('design-worker', { env })),
  );
  const tenants = await Promise.all(Array.from({ length: 4 }, () => createDesignTenant(service)));

  const ids = await Promise.all(
    tenants.flatMap((tenant) =>
      Array.from({ length: 10 }, (_, index) => tenant.start({ title: `Job ${index}` })),
    ),
  );
  const jobs = () =>
    rows.rows<{ state: string; attempt: number; takeovers: number }>(
      'SELECT state, attempt, takeovers FROM design.design_job WHERE session_id = ANY($1)',
      [ids],
    );
  const haveEnded = async (): Promise<boolean> => (await jobs()).every(({ state }) => state === 'ENDED');
  await until('every job has ended', haveEnded, 240_000);

  expect(await jobs()).toEqual(ids.map(() => ({ state: 'ENDED', attempt: 1, takeovers: 0 })));
  const done = await rows.rows<{ events: number; last: number; results: number }>(
    `SELECT s.last_sequence AS last,
       (SELECT count(*)::int FROM design.design_event e WHERE e.session_id = s.id) AS events,
       (SELECT count(*)::int FROM design.design_phase_result r WHERE r.session_id = s.id) AS results
     FROM design.design_session s WHERE s.id = ANY($1) AND s.state = 'SUCCEEDED'`,
    [ids],
  );
  expect(done).toEqual(done.map(({ last }) => ({ events: last, last, results: 6 })));
  expect(done).toHaveLength(40);
  for (const each of workers) each.kill('SIGKILL');
  await Promise.all(workers.map(({ exited }) => exited));
}, 300_000);
