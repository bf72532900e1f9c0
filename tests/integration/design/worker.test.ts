import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { AnalysisError } from '../../../subgraphs/design/src/adapters/analyzer.ts';
import { OutsideError } from '../../../subgraphs/design/src/adapters/outside-call.ts';
import { releaseJob, renewLease } from '../../../subgraphs/design/src/modules/job/job-store.ts';
import { JobLost } from '../../../subgraphs/design/src/workers/job-record.ts';
import { until } from '../../testkit/wait.ts';
import { DESCRIPTION, createDesignTenant, startDesignService } from './design-service.ts';
import { openWorkbench, viewerOf, withAnalysis } from './workbench.ts';

let bench: Awaited<ReturnType<typeof openWorkbench>>;
let workers: AsyncDisposableStack;

beforeAll(async () => {
  bench = await openWorkbench();
});
beforeEach(() => {
  workers = new AsyncDisposableStack();
  bench.tools.calls.length = 0;
});
afterEach(async () => {
  await workers.disposeAsync();
});
afterAll(() => bench[Symbol.asyncDispose]());

const FOUND = { message: 'Found.', result: { found: true } };

function withoutGap(events: readonly { sequence: number }[]): boolean {
  return events.every(({ sequence }, index) => sequence === index + 1);
}

/** Resolves `reached` when the analysis begins; it ends only when it is given up. */
function hangingAnalysis() {
  const reached = Promise.withResolvers<AbortSignal>();
  const analyze = (_text: string, signal: AbortSignal): Promise<never> => {
    reached.resolve(signal);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };
  return { analyze, reached: reached.promise };
}

// One tenant that queues many designs, so that the others wait.
test('the tenant with the fewest jobs at work is served first', async () => {
  await bench.rows(`UPDATE design.design_job SET state = 'ENDED', lease_expires_at = NULL`);
  for (let index = 0; index < 3; index += 1) await bench.start();
  const other = { viewer: viewerOf(newId()), requestId: 'test' };
  await bench.sessions.start(other, { title: 'Other', description: DESCRIPTION });

  const claims = [await bench.claim(), await bench.claim(), await bench.claim()];

  const many = bench.request.viewer.tenantId;
  expect(claims.map(({ tenantId }) => tenantId)).toEqual([many, other.viewer.tenantId, many]);
  await bench.rows(`UPDATE design.design_job SET state = 'ENDED', lease_expires_at = NULL`);
});

// One tenant that fills the queue.
test('a tenant has a bounded number of designs under way', async () => {
  const viewer = viewerOf(newId());
  const startDesign = () =>
    bench.sessions.start({ viewer, requestId: 'test' }, { title: 'Many', description: DESCRIPTION });
  const { id: firstId } = await startDesign();
  for (let index = 1; index < 100; index += 1) await startDesign();

  const refused = startDesign();

  await expect(refused).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  // Attack: what was cancelled makes room, and is then taken up again all at once.
  const request = { viewer, requestId: 'test' };
  const cancelled = await bench.sessions.cancel(request, firstId);
  await startDesign();
  await expect(bench.sessions.retry(request, cancelled.id)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  expect(
    await bench.rows(
      `SELECT count(*)::int AS n FROM design.design_session WHERE tenant_id = '${viewer.tenantId}'`,
    ),
  ).toEqual([{ n: 101 }]);
  await bench.rows(`UPDATE design.design_job SET state = 'ENDED', lease_expires_at = NULL`);
});

test('a late write of a worker whose job was taken over is refused, and leaves nothing', async () => {
  const id = await bench.start();
  const late = await bench.claim();
  const lateRecord = bench.record(late, id);
  await lateRecord.begin();
  await bench.expireLeases();
  const current = await bench.claim();
  const before = await bench.events(id);

  const writes = await Promise.allSettled([
    lateRecord.finishPhase('CONTEXT', FOUND),
    lateRecord.succeed('Done.'),
    lateRecord.fail({ phase: 'CONTEXT', code: 'X', message: 'X', retryable: true }),
    lateRecord.begin(),
  ]);

  expect(current).toMatchObject({ id: late.id, attempt: late.attempt + 1 });
  expect(writes.map((write) => write.status === 'rejected' && write.reason instanceof JobLost)).toEqual(
    writes.map(() => true),
  );
  expect(await bench.events(id)).toEqual(before);
  expect(await bench.rows(`SELECT * FROM design.design_phase_result WHERE session_id = '${id}'`)).toEqual([]);
  const [renewed, released] = await bench.database.inTenant(late.tenantId, async (tx) => [
    await renewLease(tx, late, 30),
    await releaseJob(tx, late),
  ]);
  expect([renewed, released]).toEqual([false, false]);
  await bench.record(current, id).finishPhase('CONTEXT', FOUND);
  expect(withoutGap(await bench.events(id))).toBe(true);
  await bench.sessions.cancel(bench.request, id);
});

test('a job is claimed once, however many ask', async () => {
  const ids = await Promise.all([bench.start(), bench.start(), bench.start()]);

  const claims = await Promise.allSettled(Array.from({ length: 12 }, () => bench.claim()));

  const jobs = claims.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value.id] : []));
  expect(jobs).toHaveLength(3);
  expect(new Set(jobs).size).toBe(3);
  for (const id of ids) await bench.sessions.cancel(bench.request, id);
});

test('a cancelled job refuses its worker, which stops at once', async () => {
  const analysis = hangingAnalysis();
  workers.use(await bench.startWorker(withAnalysis(bench.tools, analysis.analyze)));
  const id = await bench.start();
  const signal = await analysis.reached;

  const cancelled = await bench.sessions.cancel(bench.request, id);
  await until('the analysis is given up', () => signal.aborted);

  expect(cancelled.state).toBe('CANCELLED');
  const events = await bench.events(id);
  expect(events.at(-1)).toMatchObject({ state: 'CANCELLED', message: 'Cancelled by Erin.' });
  expect(withoutGap(events)).toBe(true);
  expect(await bench.rows(`SELECT * FROM design.job_grant WHERE session_id = '${id}'`)).toEqual([]);
  expect((await bench.sessions.cancel(bench.request, id)).lastSequence).toBe(cancelled.lastSequence);
});

test('a retry goes on after the finished phases, for whoever asked for it', async () => {
  let analyze: typeof bench.tools.analyze = () => Promise.reject(new AnalysisError('TOO_SLOW', 'Too slow.'));
  const tools = withAnalysis(bench.tools, (...args) => analyze(...args));
  workers.use(await bench.startWorker(tools));
  const id = await bench.start();
  const failed = await bench.reaches(id, 'FAILED');
  analyze = bench.tools.analyze;
  const colleague = { viewer: viewerOf(bench.request.viewer.tenantId), requestId: 'test' };

  const queued = await bench.sessions.retry(colleague, id);
  const done = await bench.reaches(id, 'SUCCEEDED');

  expect(failed.failure).toEqual({
    phase: 'ANALYSIS',
    code: 'ANALYSIS_TOO_SLOW',
    message: 'Too slow.',
    retryable: true,
  });
  expect(queued).toMatchObject({ state: 'QUEUED', phase: 'ANALYSIS', percent: 10, failure: null });
  expect(done.failure).toBeNull();
  expect(bench.tools.calls.filter((call) => call === 'known agents')).toHaveLength(1);
  const events = await bench.events(id);
  expect(withoutGap(events)).toBe(true);
  expect(events.filter(({ phase, percent }) => phase === 'CONTEXT' && percent === 10)).toHaveLength(1);
});

test('a worker that stops gives its job back, and another goes on without gap or repetition', async () => {
  const analysis = hangingAnalysis();
  const first = await bench.startWorker(withAnalysis(bench.tools, analysis.analyze));
  const id = await bench.start();
  await analysis.reached;

  await first[Symbol.asyncDispose]();
  const [job] = await bench.rows(`SELECT state, takeovers FROM design.design_job WHERE session_id = '${id}'`);
  workers.use(await bench.startWorker(bench.tools));
  await bench.reaches(id, 'SUCCEEDED');

  expect(job).toEqual({ state: 'READY', takeovers: 0 });
  const events = await bench.events(id);
  expect(withoutGap(events)).toBe(true);
  expect(events.filter(({ message }) => message === 'Another worker took over.')).toHaveLength(1);
  expect(events.filter(({ phase, percent }) => phase === 'CONTEXT' && percent === 10)).toHaveLength(1);
});

test('a job that ends its workers is ended itself', async () => {
  const id = await bench.start();
  for (let lost = 0; lost < 6; lost += 1) {
    await bench.claim();
    await bench.expireLeases();
  }

  workers.use(await bench.startWorker(bench.tools));
  const { failure } = await bench.reaches(id, 'FAILED');

  expect(failure).toMatchObject({ code: 'WORKER_LOST', retryable: true });
});

test('a lease is renewed while a phase takes longer than it', async () => {
  const analysis = hangingAnalysis();
  const slow = await bench.startWorker(withAnalysis(bench.tools, analysis.analyze), { leaseSeconds: 3 });
  workers.use(slow);
  const id = await bench.start();
  await analysis.reached;
  const end = (): Promise<Date> =>
    bench
      .rows(`SELECT lease_expires_at FROM design.design_job WHERE session_id = '${id}'`)
      .then(([row]) => row?.['lease_expires_at'] as Date);
  const first = await end();

  const renewed = await until('the lease moves on', async () => {
    const now = await end();
    return now.getTime() > first.getTime() && now;
  });

  expect(renewed > first).toBe(true);
  const [job] = await bench.rows(`SELECT attempt FROM design.design_job WHERE session_id = '${id}'`);
  expect(job).toEqual({ attempt: 1 });
  await bench.sessions.cancel(bench.request, id);
});

test.each([
  ['UNREACHABLE', 'SERVICE_UNAVAILABLE', true],
  ['REFUSED', 'NOT_ALLOWED', true],
  ['UNEXPECTED', 'INTERNAL', true],
] as const)('an agents service that answers %s fails a redesign as %s', async (problem, code, retryable) => {
  const agents = {
    ...bench.tools.agents,
    find: () => Promise.reject(new OutsideError('agents', problem, 'secret detail')),
  };
  workers.use(await bench.startWorker({ ...bench.tools, agents }));

  const { failure } = await bench.reaches(await bench.start({ agentId: newId() }), 'FAILED');

  expect(failure).toMatchObject({ phase: 'CONTEXT', code, retryable });
  expect(failure?.message).not.toContain('secret');
});

test('an announcement that was lost costs a poll, not the job', async () => {
  const pubsub = { ...bench.pubsub, subscribe: async () => ({ unsubscribe: () => undefined }) };
  workers.use(await bench.startWorker(bench.tools, { pubsub }));

  const session = await bench.reaches(await bench.start(), 'SUCCEEDED');

  expect(session.percent).toBe(100);
});

test('a worker that is killed loses its job to another, and the events go on without gap or repetition', async () => {
  await using service = await startDesignService({ LEASE_SECONDS: '2' });
  const tenant = await createDesignTenant(service);
  service.neighbours.behave = (operation) => (operation === 'DesignContextIntegrations' ? 'hang' : 'work');
  const victim = await service.platform.start('design-worker');
  const id = await tenant.start({ id: newId() });
  await using following = tenant.follow(id);
  await until('the worker is in the middle of a phase', () =>
    service.neighbours.operations.some(({ name }) => name === 'DesignContextIntegrations'),
  );

  victim.kill('SIGKILL');
  await victim.exited;
  service.neighbours.behave = () => 'work';
  await service.platform.start('design-worker', { env: service.workerEnv });
  await following.ended;

  const session = await tenant.session(id);
  expect(session.state).toBe('SUCCEEDED');
  expect(following.events).toEqual(session.events);
  expect(withoutGap(session.events)).toBe(true);
  expect(session.events.map(({ message }) => message)).toContain('Another worker took over.');
});

test('connections that are cut while a design runs cost neither the design nor an event', async () => {
  await using service = await startDesignService({ LEASE_SECONDS: '2' });
  const tenant = await createDesignTenant(service);
  service.neighbours.behave = (operation) => (operation === 'DesignContextIntegrations' ? 'hang' : 'work');
  await service.platform.start('design-worker');
  const id = await tenant.start();
  await using following = tenant.follow(id);
  await until('the worker is in the middle of a phase', () =>
    service.neighbours.operations.some(({ name }) => name === 'DesignContextIntegrations'),
  );

  await service.database.cutConnections();
  service.neighbours.behave = () => 'work';
  await following.ended;

  const session = await tenant.session(id);
  expect(session.state).toBe('SUCCEEDED');
  expect(following.errors).toEqual([]);
  expect(following.events).toEqual(session.events);
  expect(withoutGap(session.events)).toBe(true);
});
