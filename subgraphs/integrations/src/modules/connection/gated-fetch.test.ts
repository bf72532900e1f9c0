import { expect, test } from 'vitest';
import { OutboundError, type OutboundFetch, type OutboundRequest } from '@flowgrid/outbound';
import { createLogger } from '@flowgrid/platform';
import { NO_LIMITS } from '../../adapters/vendor-limits.ts';
import { readGitHubLimits } from '../../adapters/github/github-limits.ts';
import { ConnectionPaused } from './connection-paused.ts';
import { gatedFetch, type GatedConnection } from './gated-fetch.ts';
import type { Observation } from './health.ts';
import { limitsOf } from './request-limits.ts';
import type { ConnectionFacts, EndedTurn, Priority, TurnAnswer, TurnRequest } from './turn-store.ts';

const URL_ASKED = 'https://example.test/items';
const START = new Date('2026-11-23T10:00:00Z');
const FACTS: ConnectionFacts = { status: 'HEALTHY', troubles: 0, refusals: 0, successes: 1, pauseLeftMs: 0 };
const TAKEN: TurnAnswer = { outcome: 'TAKEN', waitMs: 0 };

interface Asked {
  readonly answers?: readonly TurnAnswer[];
  readonly responses?: readonly (Response | Error)[];
  readonly connection?: Partial<GatedConnection>;
  readonly priority?: Priority;
}

/** A connection whose clock moves only when it waits. */
function gated({ answers = [], responses = [], connection, priority = 'INTERACTIVE' }: Asked): {
  ask: (init?: OutboundRequest) => Promise<Response>;
  taken: TurnRequest[];
  ended: EndedTurn[];
  sent: OutboundRequest[];
  waits: number[];
  observed: Observation[];
} {
  const [left, toSend] = [[...answers], [...responses]];
  const log = {
    taken: [] as TurnRequest[],
    ended: [] as EndedTurn[],
    sent: [] as OutboundRequest[],
    waits: [] as number[],
    observed: [] as Observation[],
  };
  const fetch: OutboundFetch = async (_url, init = {}) => {
    log.sent.push(init);
    const next = toSend.shift() ?? new Response('{}');
    if (next instanceof Error) throw next;
    return next;
  };
  const passed = (): number => log.waits.reduce((sum, ms) => sum + ms, 0);
  const gate = {
    turns: {
      take: async (request: TurnRequest) => {
        log.taken.push(request);
        return left.shift() ?? TAKEN;
      },
      end: async (turn: EndedTurn) => {
        log.ended.push(turn);
        return FACTS;
      },
    },
    clock: { now: () => new Date(START.getTime() + passed()) },
    logger: createLogger({ name: 'test', level: 'silent' }),
    wait: async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted();
      log.waits.push(ms);
    },
    random: () => 0.5,
  };
  const send = gatedFetch(fetch, gate, {
    tenantId: 'tenant',
    integrationId: 'integration',
    connectionRevision: 1,
    system: 'GitHub',
    limits: limitsOf('GITHUB', null),
    readLimits: readGitHubLimits,
    priority,
    onEnd: (_tried, observation) => log.observed.push(observation),
    ...connection,
  });
  return { ask: (init) => send(URL_ASKED, init), ...log };
}

const status = (code: number, headers: Record<string, string> = {}, body = '{}'): Response =>
  new Response(body, { status: code, headers });

test('a request takes one turn, is sent once, and gives the turn back with how it went', async () => {
  const { ask, taken, ended, sent, waits, observed } = gated({});

  const response = await ask({ isRepeatable: true });

  expect(response.status).toBe(200);
  expect(taken).toHaveLength(1);
  // What is below tries nothing again by itself: it would be counted by nobody.
  expect(sent).toEqual([{ isRepeatable: false }]);
  expect(ended).toEqual([
    {
      tenantId: 'tenant',
      integrationId: 'integration',
      connectionRevision: 1,
      slot: taken[0]?.slot,
      how: 'ANSWERED',
      pause: null,
    },
  ]);
  expect(observed).toEqual([
    { how: 'ANSWERED', message: 'GitHub answered with the status 200.', facts: FACTS },
  ]);
  expect(waits).toEqual([]);
});

test.each([
  ['GET', undefined, false],
  ['HEAD', undefined, false],
  ['POST', undefined, true],
  ['PATCH', false, true],
  ['POST', true, false],
])('%s that is repeatable: %s counts as a write: %s', async (method, isRepeatable, isWrite) => {
  const { ask, taken } = gated({});

  await ask({ method, ...(isRepeatable !== undefined && { isRepeatable }) });

  expect(taken[0]?.isWrite).toBe(isWrite);
});

test.each([
  ['INTERACTIVE', 900, 1],
  ['INTERACTIVE', 1_100, 0],
  ['BACKGROUND', 4_900, 1],
  ['BACKGROUND', 5_100, 0],
] as const)('%s waits %i ms for a token: sent %i times', async (priority, waitMs, times) => {
  const { ask, sent, waits } = gated({ priority, answers: [{ outcome: 'EMPTY', waitMs }] });

  const asked = await ask().catch((error: unknown) => error);

  expect(sent).toHaveLength(times);
  expect(waits).toEqual(times === 1 ? [waitMs] : []);
  expect(asked instanceof ConnectionPaused).toBe(times === 0);
});

test('a slot is waited for with jitter, and not for ever', async () => {
  const answers = Array.from({ length: 100 }, () => ({ outcome: 'BUSY', waitMs: 100 }) as const);
  const { ask, sent, waits } = gated({ answers });

  await expect(ask()).rejects.toMatchObject({ name: 'ConnectorError', reason: 'BUSY' });

  expect(sent).toEqual([]);
  expect(new Set(waits)).toEqual(new Set([75]));
  expect(waits.length * 75).toBeLessThanOrEqual(1_000);
});

test.each([
  [
    'PAUSED',
    'GitHub limits its requests. This connection waits until 2026-11-23 10:01:30 UTC; try again then.',
  ],
  [
    'OPEN',
    'GitHub has failed several times. This connection waits until 2026-11-23 10:01:30 UTC; try again then.',
  ],
  [
    'EMPTY',
    'This connection has used up its requests. It waits until 2026-11-23 10:01:30 UTC; try again then.',
  ],
] as const)('%s is said at once, with the time', async (outcome, message) => {
  const { ask, sent, waits } = gated({ answers: [{ outcome, waitMs: 90_000 }] });

  await expect(ask()).rejects.toMatchObject({
    message,
    until: new Date('2026-11-23T10:01:30Z'),
    reason: outcome,
  });

  expect([sent, waits]).toEqual([[], []]);
});

test.each([
  ['STALE', /changed meanwhile/],
  ['GONE', /was deleted/],
] as const)('%s ends the work of a former connection', async (outcome, message) => {
  const { ask, sent } = gated({ answers: [{ outcome, waitMs: 0 }] });

  await expect(ask()).rejects.toThrow(message);

  expect(sent).toEqual([]);
});

test('what is repeatable is tried three times at most, each in a turn of its own, with growing pauses', async () => {
  const responses = [status(503), new OutboundError('CONNECTION'), status(500), status(200)];
  const { ask, taken, ended, waits } = gated({ responses });

  const response = await ask({ isRepeatable: true });

  expect(response.status).toBe(500);
  expect(new Set(taken.map(({ slot }) => slot)).size).toBe(3);
  expect(ended.map(({ how }) => how)).toEqual(['OUTAGE', 'OUTAGE', 'OUTAGE']);
  expect(waits).toEqual([125, 250]);
});

test('what may have been done is never tried again', async () => {
  const { ask, sent } = gated({ responses: [status(503), status(200)] });

  expect((await ask({ method: 'POST' })).status).toBe(503);

  expect(sent).toHaveLength(1);
});

test('an answer that asks to wait is not asked again', async () => {
  const { ask, sent, ended } = gated({ responses: [status(429, { 'retry-after': '30' }), status(200)] });

  expect((await ask({ isRepeatable: true })).status).toBe(429);

  expect(sent).toHaveLength(1);
  expect(ended).toMatchObject([{ how: 'LIMITED', pause: { ms: 30_000, isNamed: true } }]);
});

const HOUR_LEFT = {
  'x-ratelimit-remaining': '4000',
  'x-ratelimit-reset': String(START.getTime() / 1000 + 3_000),
};
const HOUR_USED = { ...HOUR_LEFT, 'x-ratelimit-remaining': '0' };

test.each([
  [
    'a secondary limit of GitHub names no time, though its hour is told',
    status(403, HOUR_LEFT, '{"message":"You have exceeded a secondary rate limit"}'),
    'LIMITED',
    { ms: 60_000, isNamed: false },
  ],
  ['a used hour ends at its reset', status(403, HOUR_USED), 'LIMITED', { ms: 3_000_000, isNamed: true }],
  [
    'the last answer of the hour is one',
    status(200, HOUR_USED),
    'ANSWERED',
    { ms: 3_000_000, isNamed: true },
  ],
  ['429 without a word', status(429), 'LIMITED', { ms: 60_000, isNamed: false }],
  ['403 is a missing right otherwise', status(403, HOUR_LEFT), 'REFUSED', null],
  ['401', status(401), 'UNAUTHORIZED', null],
  ['404 is an answer', status(404), 'ANSWERED', null],
  ['a failure of its own', status(502), 'OUTAGE', null],
  ['no answer', new OutboundError('TIMEOUT'), 'OUTAGE', null],
  ['a certificate', new OutboundError('TLS'), 'MISDIRECTED', null],
  ['an address that leads elsewhere', new OutboundError('REDIRECT'), 'MISDIRECTED', null],
  ['an answer that is too large', new OutboundError('TOO_LARGE'), 'NOTHING', null],
] as const)('%s', async (_name, response, how, pause) => {
  const { ask, ended } = gated({ responses: [response] });

  await ask().catch(() => undefined);

  expect(ended).toMatchObject([{ how, pause }]);
});

test('a reason of 429 is a pause also where the kind of system is silent about it', async () => {
  const { ask, ended } = gated({ responses: [status(429)], connection: { readLimits: () => NO_LIMITS } });

  await ask();

  expect(ended).toMatchObject([{ how: 'LIMITED', pause: { ms: 60_000, isNamed: false } }]);
});

test('who leaves says nothing about the system, and whose time is up does', async () => {
  const leave = async (reason: Error): Promise<unknown> => {
    const controller = new AbortController();
    const { ask, ended } = gated({ responses: [new OutboundError('TIMEOUT')] });
    controller.abort(reason);
    await ask({ signal: controller.signal, isRepeatable: true }).catch(() => undefined);
    return ended.map(({ how }) => how);
  };

  expect(await leave(new DOMException('left', 'AbortError'))).toEqual(['NOTHING']);
  expect(await leave(new DOMException('time', 'TimeoutError'))).toEqual(['OUTAGE']);
});

test('an answer counts also when it cannot be noted', async () => {
  const { ask } = gated({});
  const failing = gatedFetch(
    async () => status(201),
    {
      turns: { take: async () => TAKEN, end: () => Promise.reject(new Error('database is away')) },
      clock: { now: () => START },
      logger: createLogger({ name: 'test', level: 'silent' }),
    },
    {
      tenantId: 'tenant',
      integrationId: 'integration',
      connectionRevision: 1,
      system: 'GitHub',
      limits: limitsOf('GITHUB', null),
      readLimits: readGitHubLimits,
      priority: 'INTERACTIVE',
    },
  );

  expect((await failing(URL_ASKED, { method: 'POST' })).status).toBe(201);
  expect((await ask()).status).toBe(200);
});
