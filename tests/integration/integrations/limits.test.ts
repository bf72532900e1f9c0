/** Limits of connections, kept by all processes together: real processes, a real database, and a server that counts. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import {
  openIntegrationsDatabase,
  type IntegrationsDatabase,
} from '../../../subgraphs/integrations/src/database.ts';
import type { RequestLimits } from '../../../subgraphs/integrations/src/modules/connection/request-limits.ts';
import {
  createTurnStore,
  type ConnectionFacts,
  type ConnectionPlace,
  type EndedTurn,
  type TurnAnswer,
  type TurnRequest,
  type TurnStore,
} from '../../../subgraphs/integrations/src/modules/connection/turn-store.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { until } from '../../testkit/wait.ts';
import type { GateJob, GateResult } from './gate-process.ts';

const MAIN = fileURLToPath(new URL('gate-process.ts', import.meta.url));
const PLENTY: RequestLimits = {
  requests: { burst: 1_000, perMinute: 60_000 },
  writes: null,
  atOnce: 100,
};
const LEASE_SECONDS = 30;

let testDatabase: TestDatabase;
let database: IntegrationsDatabase;
let superuser: Client;
let turns: TurnStore;
let place: ConnectionPlace;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openIntegrationsDatabase(testDatabase.url('flowgrid_integrations'));
  superuser = new Client({ connectionString: testDatabase.superuserUrl });
  await superuser.connect();
  turns = createTurnStore(database);
});
afterAll(async () => {
  await superuser.end();
  await database[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});
beforeEach(async () => {
  place = { tenantId: newId(), integrationId: newId(), connectionRevision: 1 };
  await superuser.query(
    `INSERT INTO integrations.integration
       (tenant_id, id, kind, name, base_url, status, connection_revision, created_at, updated_at)
     VALUES ($1, $2, 'GITHUB', 'Limited', 'https://api.github.com', 'UNTESTED', 1, now(), now())`,
    [place.tenantId, place.integrationId],
  );
});

interface CountingServer extends AsyncDisposable {
  readonly host: string;
  /** When each request came, in milliseconds. */
  readonly arrivals: readonly number[];
}

async function startCountingServer(answer: (response: ServerResponse) => void): Promise<CountingServer> {
  const arrivals: number[] = [];
  const server = createServer((_request, response) => {
    arrivals.push(performance.now());
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    host: `127.0.0.1:${address.port}`,
    arrivals,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface GateProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly result: Promise<GateResult>;
}

function startGateProcess(job: Pick<GateJob, 'host'> & Partial<GateJob>): GateProcess {
  const whole: GateJob = {
    databaseUrl: testDatabase.url('flowgrid_integrations'),
    place,
    limits: PLENTY,
    leaseSeconds: LEASE_SECONDS,
    loops: 1,
    times: 1,
    waits: false,
    ...job,
  };
  const child = spawn(process.execPath, [MAIN, JSON.stringify(whole)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  return {
    child,
    result: text(child.stdout).then((output) => JSON.parse(output) as GateResult),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function take(request: Partial<TurnRequest> = {}, store = turns): Promise<TurnAnswer> {
  return store.take({
    ...place,
    slot: newId(),
    isWrite: false,
    priority: 'INTERACTIVE',
    limits: PLENTY,
    ...request,
  });
}

const end = (how: EndedTurn['how'], turn: Partial<EndedTurn> = {}): Promise<ConnectionFacts | null> =>
  turns.end({ ...place, slot: newId(), pause: null, how, ...turn });

/** What was to end then, has ended. */
async function pass(column: 'paused_until' | 'open_until' | 'troubled_since', time: string): Promise<void> {
  await superuser.query(
    `UPDATE integrations.connection_state SET ${column} = now() - $2::interval WHERE integration_id = $1`,
    [place.integrationId, time],
  );
}

// The attack is our own: continuing above the rate gets the integrations of a tenant banned at the vendor.
test('two processes that share a connection never ask above its rate', async () => {
  const limits: RequestLimits = { requests: { burst: 5, perMinute: 1_200 }, writes: null, atOnce: 100 };
  await using server = await startCountingServer((response) => response.end('{}'));
  const job = { host: server.host, limits, loops: 5, times: 5, waits: true };
  const begun = performance.now();
  await using one = startGateProcess(job);
  await using other = startGateProcess(job);

  const results = await Promise.all([one.result, other.result]);

  expect(results.map(({ statuses }) => statuses.length)).toEqual([25, 25]);
  expect(server.arrivals).toHaveLength(50);
  const perMs = limits.requests.perMinute / 60_000;
  server.arrivals.forEach((arrival, index) => {
    expect(index + 1).toBeLessThanOrEqual(limits.requests.burst + (arrival - begun) * perMs);
  });
});

test('a pause that one process is asked for is obeyed by the other', async () => {
  const body = JSON.stringify({ message: 'You have exceeded a secondary rate limit.' });
  await using server = await startCountingServer((response) => response.writeHead(403).end(body));
  await using one = startGateProcess({ host: server.host });
  const first = await one.result;
  const now = Date.now();
  await using other = startGateProcess({ host: server.host, times: 5 });
  const second = await other.result;

  expect(first).toEqual({ statuses: [403], pauses: [] });
  expect(second.statuses).toEqual([]);
  expect(second.pauses.map(({ reason }) => reason)).toEqual(Array.from({ length: 5 }, () => 'PAUSED'));
  // A minute at least, as GitHub asks for where it names no time.
  const untils = second.pauses.map((pause) => Date.parse(pause.until) - now);
  expect(Math.min(...untils)).toBeGreaterThan(50_000);
  expect(Math.max(...untils)).toBeLessThanOrEqual(61_000);
  expect(server.arrivals).toHaveLength(1);
});

test('the slots of a process that is killed come back', async () => {
  const limits: RequestLimits = { ...PLENTY, atOnce: 2 };
  await using server = await startCountingServer(() => undefined);
  await using holding = startGateProcess({ host: server.host, limits, loops: 2, leaseSeconds: 3 });
  holding.result.catch(() => undefined);
  await until('two requests are under way', () => server.arrivals.length === 2);

  const meanwhile = await take({ limits });
  holding.child.kill('SIGKILL');
  await until('a slot is free', async () => (await take({ limits })).outcome === 'TAKEN');

  expect(meanwhile.outcome).toBe('BUSY');
});

test('slots come back with the end of their requests', async () => {
  const limits: RequestLimits = { ...PLENTY, atOnce: 1 };
  const slot = newId();

  expect((await take({ limits, slot })).outcome).toBe('TAKEN');
  expect((await take({ limits })).outcome).toBe('BUSY');
  await end('ANSWERED', { slot });
  expect((await take({ limits })).outcome).toBe('TAKEN');
});

test('many who come at once get what the bucket has, and are told when there is more', async () => {
  const limits: RequestLimits = { requests: { burst: 10, perMinute: 1 }, writes: null, atOnce: 100 };

  const answers = await Promise.all(Array.from({ length: 40 }, () => take({ limits })));

  const byOutcome = Map.groupBy(answers, ({ outcome }) => outcome);
  expect(byOutcome.get('TAKEN')).toHaveLength(10);
  expect(byOutcome.get('EMPTY')).toHaveLength(30);
  for (const { waitMs } of byOutcome.get('EMPTY') ?? []) expect(waitMs / 60_000).toBeCloseTo(1, 0);
});

test('writes have a bucket of their own', async () => {
  const limits: RequestLimits = { ...PLENTY, writes: { burst: 2, perMinute: 1 } };

  const writes = [
    await take({ limits, isWrite: true }),
    await take({ limits, isWrite: true }),
    await take({ limits, isWrite: true }),
  ];

  expect(writes.map(({ outcome }) => outcome)).toEqual(['TAKEN', 'TAKEN', 'EMPTY']);
  expect((await take({ limits })).outcome).toBe('TAKEN');
});

test('background work leaves something to those who wait', async () => {
  const limits: RequestLimits = { requests: { burst: 20, perMinute: 1 }, writes: null, atOnce: 100 };

  const background = await Promise.all(
    Array.from({ length: 20 }, () => take({ limits, priority: 'BACKGROUND' })),
  );

  expect(background.filter(({ outcome }) => outcome === 'TAKEN')).toHaveLength(18);
  expect((await take({ limits })).outcome).toBe('TAKEN');
});

test('background work that comes at once leaves a slot to those who wait', async () => {
  const limits: RequestLimits = { ...PLENTY, atOnce: 4 };

  const background = await Promise.all(
    Array.from({ length: 4 }, () => take({ limits, priority: 'BACKGROUND' })),
  );
  const waiting = await take({ limits });

  expect(background.map(({ outcome }) => outcome).toSorted()).toEqual(['BUSY', 'TAKEN', 'TAKEN', 'TAKEN']);
  expect(waiting.outcome).toBe('TAKEN');
});

test('pauses without a time double, several at once are one, and an answer ends the row', async () => {
  const unnamed = { pause: { ms: 60_000, isNamed: false } };
  await take();
  const lengths: number[] = [];
  const limited = async (): Promise<void> => {
    const facts = await end('LIMITED', unnamed);
    lengths.push(Math.round((facts?.pauseLeftMs ?? 0) / 1_000));
  };

  await limited();
  await limited();
  await pass('paused_until', '0 s');
  await limited();
  await pass('paused_until', '0 s');
  await limited();
  await pass('paused_until', '0 s');
  await end('ANSWERED');
  await limited();

  expect(lengths).toEqual([60, 60, 120, 240, 60]);
});

test('a shorter pause does not end a longer one', async () => {
  await take();
  await end('LIMITED', { pause: { ms: 600_000, isNamed: true } });
  await end('LIMITED', { pause: { ms: 1_000, isNamed: true } });

  const { outcome, waitMs } = await take();

  expect([outcome, Math.round(waitMs / 60_000)]).toEqual(['PAUSED', 10]);
});

test('what fails five times is left alone by everybody, tried by one, and asked again when that one is answered', async () => {
  await take();
  for (let failures = 0; failures < 4; failures += 1) await end('OUTAGE');
  const before = await take();
  await end('OUTAGE');

  const open = await take();
  // To see whether it is there again is what tests are for.
  const tested = await take({ priority: 'TEST' });
  await pass('open_until', '0 s');
  const slot = newId();
  const trial = await take({ slot });
  const others = await Promise.all([take(), take()]);
  await end('OUTAGE', { slot });
  const openAgain = await take();
  await pass('open_until', '0 s');
  const second = newId();
  await take({ slot: second });
  await end('ANSWERED', { slot: second });

  expect([before, open, tested, trial, ...others, openAgain].map(({ outcome }) => outcome)).toEqual([
    'TAKEN',
    'OPEN',
    'TAKEN',
    'TAKEN',
    'OPEN',
    'OPEN',
    'OPEN',
  ]);
  expect(open.waitMs).toBeLessThanOrEqual(30_000);
  expect(openAgain.waitMs).toBeGreaterThan(open.waitMs);
  expect((await take()).outcome).toBe('TAKEN');
});

test('a trial that nobody waits for lets another one try', async () => {
  await take();
  for (let failures = 0; failures < 5; failures += 1) await end('OUTAGE');
  await pass('open_until', '0 s');
  const slot = newId();
  await take({ slot });

  await end('NOTHING', { slot });

  expect((await take()).outcome).toBe('TAKEN');
});

test('another credential begins anew, and the former one is over', async () => {
  const renewed = { ...place, connectionRevision: 2 };
  await take();
  await end('LIMITED', { pause: { ms: 600_000, isNamed: true } });

  expect((await take(renewed)).outcome).toBe('TAKEN');
  expect((await take()).outcome).toBe('STALE');
  expect(await end('UNAUTHORIZED')).toBeNull();
});

test('troubles are counted for ten minutes', async () => {
  await take();
  await end('OUTAGE');
  const counted = await end('LIMITED');
  await pass('troubled_since', '11 minutes');
  const later = await end('ANSWERED');

  expect([counted?.troubles, later?.troubles, later?.successes]).toEqual([2, 0, 1]);
});

test('a deleted integration and one of another tenant have no turns', async () => {
  const stranger = await take({ tenantId: newId() });
  await superuser.query('DELETE FROM integrations.integration WHERE id = $1', [place.integrationId]);

  expect([stranger.outcome, (await take()).outcome]).toEqual(['GONE', 'GONE']);
});
