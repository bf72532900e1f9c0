/** Jobs and the queue that tells workers of them: the row is the truth, and a message never gets lost for good. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { MemoryBroker, MemoryTransport, type Delivery } from '@flowgrid/messaging';
import {
  claimJob,
  releaseJob,
  type ClaimedJob,
} from '../../../subgraphs/design/src/modules/job/job-store.ts';
import { startJobSender } from '../../../subgraphs/design/src/modules/job/job-sender.ts';
import { until } from '../../testkit/wait.ts';
import { openWorkbench, withAnalysis } from './workbench.ts';

const HOUR_MS = 3_600_000;

let bench: Awaited<ReturnType<typeof openWorkbench>>;
let stack: AsyncDisposableStack;
let transport: MemoryTransport;
let deaf: { readonly pubsub: (typeof bench)['pubsub']; readonly pollMs: number };

beforeAll(async () => {
  bench = await openWorkbench();
  // Hears of jobs by messages alone.
  const pubsub = { ...bench.pubsub, subscribe: async () => ({ unsubscribe: () => undefined }) };
  deaf = { pubsub, pollMs: HOUR_MS };
});
beforeEach(() => {
  stack = new AsyncDisposableStack();
  transport = stack.use(new MemoryTransport(new MemoryBroker()));
});
afterEach(async () => {
  await stack.disposeAsync();
  await bench.rows(`UPDATE design.design_job SET state = 'ENDED', lease_expires_at = NULL`);
});
afterAll(() => bench[Symbol.asyncDispose]());

function startSender(settings: { pollMs?: number } = {}): AsyncDisposable {
  const { database, pubsub, logger } = bench;
  return stack.use(startJobSender({ database, transport, pubsub, logger, pollMs: HOUR_MS, ...settings }));
}

/** Takes every message. */
function receive(): readonly Delivery[] {
  const received: Delivery[] = [];
  const take = async (delivery: Delivery): Promise<void> => void received.push(delivery);
  stack.use(transport.receive({ queue: 'design-jobs' }, take, { concurrency: 4 }));
  return received;
}

const countOf = async (received: readonly Delivery[], sessionId: string): Promise<number> => {
  const [job] = await bench.rows('SELECT id FROM design.design_job WHERE session_id = $1', [sessionId]);
  return received.filter(({ body }) => JSON.parse(body).jobId === job?.['id']).length;
};

const untilMessages = (received: readonly Delivery[], sessionId: string, count: number): Promise<unknown> =>
  until(`${count} messages about the job`, async () => (await countOf(received, sessionId)) === count);

/** A claim passes by a job that is marked as sent at this moment. */
const claim = (): Promise<ClaimedJob> => until('a job is claimed', () => claimJob(bench.database, 30));

/** An analysis that ends when it is given up or released. */
function heldAnalysis() {
  let started = 0;
  const released = Promise.withResolvers<void>();
  const analyze: typeof bench.tools.analyze = async (text, signal) => {
    started += 1;
    const aborted = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
    await Promise.race([released.promise, aborted.promise]);
    return bench.tools.analyze(text, signal);
  };
  const tools = withAnalysis(bench.tools, analyze);
  return { tools, release: released.resolve, started: () => started };
}

test('a job that is queued has one message, which is of its tenant and carries no content', async () => {
  startSender();
  const received = receive();
  const first = await bench.start();
  await untilMessages(received, first, 1);

  // The sender looks again for the second one.
  const second = await bench.start();
  await untilMessages(received, second, 1);

  expect(await countOf(received, first)).toBe(1);
  expect(received[0]).toMatchObject({ tenantId: bench.request.viewer.tenantId, orderKey: null });
  expect(Object.keys(JSON.parse(received[0]?.body ?? ''))).toEqual(['jobId']);
});

test('a broker that is away keeps nobody from starting, and gets the message when it is back', async () => {
  startSender({ pollMs: 50 });
  const received = receive();
  transport.setReachable(false);

  const id = await bench.start();
  transport.setReachable(true);
  await untilMessages(received, id, 1);

  expect(received).toHaveLength(1);
});

test('a job that was queued while no sender ran gets its message from the next one', async () => {
  const id = await bench.start();
  const received = receive();

  startSender();
  await untilMessages(received, id, 1);

  expect(received).toHaveLength(1);
});

test('a job that is given back, lost by its worker or queued again gets another message', async () => {
  startSender({ pollMs: 50 });
  const received = receive();
  const id = await bench.start();
  await untilMessages(received, id, 1);

  const job = await claim();
  await bench.database.inTenant(job.tenantId, (tx) => releaseJob(tx, job));
  await untilMessages(received, id, 2);
  await claim();
  await bench.expireLeases();
  await untilMessages(received, id, 3);
  await bench.sessions.cancel(bench.request, id);
  await bench.sessions.retry(bench.request, id);
  await untilMessages(received, id, 4);

  expect(new Set(received.map(({ id }) => id)).size).toBe(4);
});

test('a message alone brings a job to its end', async () => {
  startSender();
  stack.use(await bench.startWorker(bench.tools, { ...deaf, transport }));

  const session = await bench.reaches(await bench.start(), 'SUCCEEDED');

  expect(session.percent).toBe(100);
});

test('a worker takes as many messages as it has free slots, and others take the rest', async () => {
  startSender();
  const held = heldAnalysis();
  stack.use(await bench.startWorker(held.tools, { ...deaf, transport, concurrency: 1 }));
  const first = await bench.start();
  await until('the first job is at work', () => held.started() === 1);

  const second = await bench.start();
  stack.use(await bench.startWorker(bench.tools, { ...deaf, transport, concurrency: 1 }));
  await bench.reaches(second, 'SUCCEEDED');

  expect(held.started()).toBe(1);
  held.release();
  await bench.reaches(first, 'SUCCEEDED');
});

test('a worker that stops gives job and message back at once', async () => {
  startSender();
  const held = heldAnalysis();
  const stopping = await bench.startWorker(held.tools, { ...deaf, transport });
  const id = await bench.start();
  await until('the job is at work', () => held.started() === 1);

  await stopping[Symbol.asyncDispose]();
  stack.use(await bench.startWorker(bench.tools, { ...deaf, transport }));
  await bench.reaches(id, 'SUCCEEDED');

  expect(
    await bench.rows('SELECT attempt, takeovers FROM design.design_job WHERE session_id = $1', [id]),
  ).toEqual([{ attempt: 2, takeovers: 0 }]);
});

test('a job goes on while the broker is away', async () => {
  startSender();
  const held = heldAnalysis();
  stack.use(await bench.startWorker(held.tools, { ...deaf, transport }));
  const id = await bench.start();
  await until('the job is at work', () => held.started() === 1);

  transport.setReachable(false);
  held.release();
  await bench.reaches(id, 'SUCCEEDED');
  transport.setReachable(true);

  expect(await bench.rows('SELECT attempt FROM design.design_job WHERE session_id = $1', [id])).toEqual([
    { attempt: 1 },
  ]);
});

test('a message about a job that another worker has does no harm', async () => {
  startSender();
  const id = await bench.start();
  const job = await claim();
  stack.use(await bench.startWorker(bench.tools, { ...deaf, transport }));
  const other = await bench.start();
  await bench.reaches(other, 'SUCCEEDED');

  expect(
    await bench.rows('SELECT state, attempt FROM design.design_job WHERE session_id = $1', [id]),
  ).toEqual([{ state: 'RUNNING', attempt: job.attempt }]);
  expect(await transport.listDeadLetters({ queue: 'design-jobs' }, 10)).toEqual([]);
});

test('a message that names no job is kept as a dead letter, and the others are worked on', async () => {
  startSender();
  const { tenantId } = bench.request.viewer;
  const bodies = ['no JSON', '{}', '{"jobId":"7"}'];
  await transport.send(
    'design-jobs',
    bodies.map((body, index) => ({ id: `bad-${index}`, tenantId, type: 'design-job', orderKey: null, body })),
  );
  stack.use(await bench.startWorker(bench.tools, { ...deaf, transport }));

  await bench.reaches(await bench.start(), 'SUCCEEDED');

  const dead = await until('all three are dead letters', async () => {
    const letters = await transport.listDeadLetters({ queue: 'design-jobs' }, 10);
    return letters.length === 3 && letters;
  });
  expect(dead.map(({ body, reason }) => [body, reason])).toEqual(
    bodies.map((body) => [body, 'invalid-data']),
  );
});

test('a message whose job is locked at the moment is not done with before the job is', async () => {
  startSender();
  const id = await bench.start();
  let looks = 0;
  const database: (typeof bench)['database'] = {
    ...bench.database,
    withoutTenant: (work) => {
      looks += 1;
      return bench.database.withoutTenant(work);
    },
  };
  await bench.rows('BEGIN');
  await bench.rows('SELECT id FROM design.design_job WHERE session_id = $1 FOR UPDATE', [id]);
  stack.use(await bench.startWorker(bench.tools, { ...deaf, transport, database }));
  // The first look is the worker's own at its start.
  await until('the message was answered in vain', () => looks > 3);

  await bench.rows('COMMIT');

  expect((await bench.reaches(id, 'SUCCEEDED')).percent).toBe(100);
});
