/** Workers that die, freeze or compete: a job is done once, and nobody writes for it who lost it. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { RunningProcess } from '../../local/src/index.ts';
import { createTestDatabase, type TestDatabase } from '../testkit/database.ts';
import { createPlatform, type TestPlatform } from '../testkit/platform.ts';
import { createTenant, type TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { getJob, listEvents, openRows, type DatabaseRows } from './database-rows.ts';
import { CONTEXT_OPERATION, expectWholeStory, followDesign, startDesign } from './design-journey.ts';
import { startHoldingProxy, type HoldingProxy } from './holding-proxy.ts';

const LEASE = { LEASE_SECONDS: '1' };

let stack: AsyncDisposableStack;
let database: TestDatabase;
let rows: DatabaseRows;
let platform: TestPlatform;
let tenant: TestTenant;
/** Between the slow worker and the integrations subgraph. */
let proxy: HoldingProxy;
const workers: RunningProcess[] = [];

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  database = stack.use(await createTestDatabase());
  rows = stack.use(await openRows(database.superuserUrl));
  proxy = stack.use(await startHoldingProxy());
  platform = stack.use(await createPlatform({ database }));
  proxy.forwardTo(platform.url('integrations'));
  await Promise.all(
    (['auth', 'agents', 'design', 'integrations'] as const).map((name) => platform.start(name)),
  );
  await platform.start('router');
  tenant = await createTenant(platform.url('router'), database);
});
afterEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await Promise.all(workers.splice(0).map(({ exited }) => exited));
});
afterAll(() => stack.disposeAsync());

async function startWorker(env: Readonly<Record<string, string>> = {}): Promise<RunningProcess> {
  const worker = await platform.start('design-worker', { env: { ...LEASE, ...env } });
  workers.push(worker);
  return worker;
}

/** A worker that asks for integrations through the proxy. */
const startSlowWorker = (env: Readonly<Record<string, string>> = {}): Promise<RunningProcess> =>
  startWorker({ INTEGRATIONS_URL: proxy.url, ...env });

/** Looks into the database: the router counts what a client asks, and ten sessions would be looked at more often than it allows. */
const allReach = (ids: readonly string[], state: string): Promise<unknown> =>
  until(
    `the sessions are ${state}`,
    async () => {
      const sessions = await rows.rows<{ state: string; failure_message: string | null }>(
        'SELECT state, failure_message FROM design.design_session WHERE id = ANY($1)',
        [ids],
      );
      const failed = sessions.find((session) => session.state === 'FAILED');
      if (failed) throw new Error(failed.failure_message ?? 'failed');
      return sessions.every((session) => session.state === state);
    },
    60_000,
  );

const reaches = (id: string, state: string): Promise<unknown> => allReach([id], state);

/** Wakes workers as any new job does, so that the end of a lease is noticed without waiting for the next look. */
const wakeWorkers = (): Promise<unknown> => rows.rows(`SELECT pg_notify('flowgrid-design-jobs', 'wake up')`);

test('the job of a worker that is killed within a write is taken over, and who follows it sees no gap and no repetition', async () => {
  await using lock = await openRows(database.superuserUrl);
  // The result of ANALYSIS cannot be written: the worker stands within its transaction.
  await lock.rows('BEGIN');
  await lock.rows('LOCK TABLE design.process_model IN EXCLUSIVE MODE');
  const killed = await startWorker();
  const id = await startDesign(tenant);
  await using followed = followDesign(platform.url('router'), {
    id,
    token: tenant.users.EDITOR.accessToken,
  });
  await until('the worker is within a write', async () => {
    const [waiting] = await rows.rows(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
       AND query LIKE '%process_model%' AND usename = 'flowgrid_design'`,
    );
    return waiting;
  });
  const before = await listEvents(rows, id);

  killed.kill('SIGKILL');
  await killed.exited;
  await lock.rows('ROLLBACK');
  await startWorker();
  const end = await followed.ended;

  const events = await listEvents(rows, id);
  expect(before.at(-1)).toMatchObject({ phase: 'CONTEXT', state: 'RUNNING', attempt: 1 });
  expect(events.slice(0, before.length)).toEqual(before);
  expect(events[before.length]).toMatchObject({ attempt: 2, message: 'Another worker took over.' });
  expect(events.filter(({ attempt }) => attempt === 2)).toEqual(events.slice(before.length));
  expect(end).toBe('completed');
  expect(followed.progress()).toMatchObject(events.map(({ sequence, message }) => ({ sequence, message })));
  await expectWholeStory(rows, id);
  expect(await getJob(rows, id)).toMatchObject({ attempt: 2, takeovers: 1 });
});

test('a worker that was frozen while another finished its job writes nothing, and works on', async () => {
  const hold = proxy.hold(CONTEXT_OPERATION, 'answer');
  const frozen = await startSlowWorker();
  const id = await startDesign(tenant);
  await until('the worker is in the middle of the job', () => hold.held > 0);

  frozen.kill('SIGSTOP');
  const other = await startWorker();
  await reaches(id, 'SUCCEEDED');
  const events = await listEvents(rows, id);
  hold.release();
  frozen.kill('SIGCONT');
  const { id: jobId } = await getJob(rows, id);
  await until('the worker has noticed', () => lost(jobId));
  other.kill('SIGTERM');
  await other.exited;
  const next = await startDesign(tenant);
  await reaches(next, 'SUCCEEDED');

  expect(await listEvents(rows, id)).toEqual(events);
  expect(lost(jobId)).toMatchObject({ attempt: 1, phase: 'CONTEXT' });
  await expectWholeStory(rows, id);
  await expectWholeStory(rows, next);
});

test('the write of a worker that is on its way when the job is taken over is refused', async () => {
  await using lock = await openRows(database.superuserUrl);
  const hold = proxy.hold(CONTEXT_OPERATION, 'answer');
  // On a busy machine a worker may not come to renew a lease of a second, and would take its own job again.
  const [frozen, other] = await Promise.all([startSlowWorker({ LEASE_SECONDS: '3' }), startWorker()]);
  // Kept from the job until it is to take it over, which must not take as long as a start.
  other.kill('SIGSTOP');
  const id = await startDesign(tenant);
  const { id: jobId } = await getJob(rows, id);
  await until('the worker is in the middle of the job', () => hold.held > 0);
  await lock.rows('BEGIN');
  await lock.rows('SELECT id FROM design.design_session WHERE id = $1 FOR UPDATE', [id]);
  hold.release();
  const waitingWrites = (): Promise<readonly object[]> =>
    rows.rows(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
       AND query LIKE '%FROM design_session%FOR UPDATE'`,
    );
  await until('its write has been sent', async () => (await waitingWrites()).length === 1);

  frozen.kill('SIGSTOP');
  other.kill('SIGCONT');
  await until('another worker has the job and wants to write as well', async () => {
    await wakeWorkers();
    return (await getJob(rows, id)).attempt === 2 && (await waitingWrites()).length === 2;
  });
  frozen.kill('SIGCONT');
  // The late write is the first in the queue.
  await lock.rows('COMMIT');
  await until('the late write was refused', () => lost(jobId));
  await reaches(id, 'SUCCEEDED');

  const events = await listEvents(rows, id);
  expect(lost(jobId)).toMatchObject({ attempt: 1, phase: 'CONTEXT' });
  expect(events.filter(({ attempt }) => attempt === 1).map(({ message }) => message)).toEqual([
    'A worker took the job.',
  ]);
  await expectWholeStory(rows, id);
});

test('two workers do each of ten jobs once', async () => {
  await Promise.all([startWorker(), startWorker()]);

  const ids = await Promise.all(Array.from({ length: 10 }, () => startDesign(tenant)));
  await allReach(ids, 'SUCCEEDED');

  for (const id of ids) {
    await expectWholeStory(rows, id);
    expect(await getJob(rows, id)).toMatchObject({ attempt: 1, takeovers: 0 });
  }
});

test('of two workers one is killed at work: the other does every job, each phase once', async () => {
  const [killed] = await Promise.all([startWorker(), startWorker()]);
  const ids = await Promise.all(Array.from({ length: 10 }, () => startDesign(tenant)));
  await until('some are done, others not', async () => {
    const jobs = await rows.rows<{ state: string }>(
      'SELECT state FROM design.design_job WHERE session_id = ANY($1)',
      [ids],
    );
    const states = jobs.map(({ state }) => state);
    return states.includes('ENDED') && states.includes('RUNNING');
  });

  killed.kill('SIGKILL');
  await allReach(ids, 'SUCCEEDED');

  for (const id of ids) {
    await expectWholeStory(rows, id);
    expect((await getJob(rows, id)).takeovers).toBeLessThanOrEqual(1);
  }
});

interface LostLine {
  readonly attempt: number;
  readonly phase: string;
}

/** What a worker wrote to its log when it noticed that the job is another's. */
function lost(jobId: string): LostLine | undefined {
  const line = platform.log.find(
    (line) => line.includes('the job was ended or taken over') && line.includes(jobId),
  );
  return line === undefined ? undefined : (JSON.parse(line.slice(line.indexOf('{'))) as LostLine);
}
