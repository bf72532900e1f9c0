import { createLogger } from '@flowgrid/platform';
import { createMemorySharedState } from '@flowgrid/shared-state';
import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../testkit/clock.ts';
import { FakeExchange } from '../testkit/fake-exchange.ts';
import { until } from '../testkit/wait.ts';
import { ContextTokens } from './context-tokens.ts';
import { followRevocations } from './revocations.ts';

const SECOND = 1_000;
const logger = createLogger({ name: 'test', level: 'silent' });

let clock: ManualClock;
let exchange: FakeExchange;
let tokens: ContextTokens;

beforeEach(() => {
  clock = new ManualClock();
  exchange = new FakeExchange(clock);
  exchange.grant('a', { permissions: ['agent:read'] });
  tokens = new ContextTokens({ exchange, clock, logger, renewAfterMs: 60 * SECOND });
});

test('requests with one token ask auth once', async () => {
  const grants = await Promise.all([tokens.resolve('a'), tokens.resolve('a')]);
  clock.advance(59 * SECOND);

  expect(await tokens.resolve('a')).toBe(grants[0]);
  expect(grants[1]).toBe(grants[0]);
  expect(exchange.asked).toEqual(['a']);
});

test('anonymous grants are kept as well', async () => {
  exchange.grant(null, {});

  await tokens.resolve(null);
  const { anonymous } = await tokens.resolve(null);

  expect(anonymous).toBe(true);
  expect(exchange.asked).toEqual([null]);
});

test('after the renewal time the known grant is used while a new one is fetched', async () => {
  const first = await tokens.resolve('a');
  clock.advance(61 * SECOND);

  const second = await tokens.resolve('a');

  expect(second).toBe(first);
  await until(async () => (await tokens.resolve('a')) !== first, 'the renewal is used');
  expect(exchange.asked).toEqual(['a', 'a']);
});

// A revocation whose notice was lost: the token must not work for longer than one and a half renewal times.
test('a revoked token is refused within one and a half renewal times without any notice', async () => {
  await tokens.resolve('a');
  exchange.refuse('a');
  clock.advance(90 * SECOND);

  await expect(tokens.resolve('a')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('while auth is away a grant is used until it expires, and not longer', async () => {
  const grant = await tokens.resolve('a');
  exchange.isReachable = false;

  clock.advance(299 * SECOND);
  expect(await tokens.resolve('a')).toBe(grant);

  clock.advance(2 * SECOND);
  await expect(tokens.resolve('a')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
});

test('while auth is away it is not asked for every request', async () => {
  await tokens.resolve('a');
  exchange.isReachable = false;
  clock.advance(100 * SECOND);

  for (let request = 0; request < 10; request += 1) await tokens.resolve('a');

  expect(exchange.asked).toEqual(['a', 'a']);
});

// One tenant that keeps auth busy with itself must not put off the renewals, and with them the revocations, of all others.
test('a tenant that auth refuses for now is no outage of auth: tokens of others are renewed', async () => {
  exchange.grant('b', { tenantId: 'tenant-2' });
  const grant = await tokens.resolve('a');
  await tokens.resolve('b');
  exchange.busy.add('a');
  exchange.refuse('b');
  clock.advance(90 * SECOND);

  expect(await tokens.resolve('a')).toBe(grant);
  await expect(tokens.resolve('b')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('an unknown token is refused while auth is away', async () => {
  exchange.isReachable = false;

  await expect(tokens.resolve('a')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
});

test('a grant is not used after its access token has expired', async () => {
  exchange.grant('short', { accessTokenExpiresAt: new Date(clock.now().getTime() + 10 * SECOND) });
  await tokens.resolve('short');
  exchange.refuse('short');
  clock.advance(10 * SECOND);

  await expect(tokens.resolve('short')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test.each([
  ['its session', 'session:session-of-a'],
  ['its user', 'user:actor-of-a'],
  ['its tenant', 'tenant:tenant-1'],
] as const)('a revocation of %s drops a grant at once, and no other', async (_name, whose) => {
  await using sharedState = createMemorySharedState(logger);
  const heard: string[] = [];
  const { epochs } = sharedState;
  await using _ = followRevocations({ epochs, tokens, onRevoked: (key) => heard.push(key) });
  exchange.grant('b', { tenantId: 'tenant-2' });
  await tokens.resolve('a');
  const other = await tokens.resolve('b');
  exchange.refuse('a');

  await epochs.raise(whose);

  await until(() => heard.length === 1, 'the revocation is heard');
  await expect(tokens.resolve('a')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await tokens.resolve('b')).toBe(other);
});

test('the keys that are asked about after a gap are those of the grants in use', async () => {
  exchange.grant('b', { tenantId: 'tenant-2', sessionId: null });
  exchange.grant(null, { tenantId: null, sessionId: null, actorId: null });

  await Promise.all([tokens.resolve('a'), tokens.resolve('b'), tokens.resolve(null)]);

  expect([...tokens.heldKeys()].toSorted()).toEqual([
    'session:session-of-a',
    'tenant:tenant-1',
    'tenant:tenant-2',
    'user:actor-of-a',
    'user:actor-of-b',
  ]);
});

// A revocation that arrives while auth is answering must not be undone by that answer.
test('a grant that was on its way when a revocation came is not kept', async () => {
  const pending = tokens.resolve('a');
  tokens.revoke(() => true);
  await pending;
  exchange.refuse('a');

  await expect(tokens.resolve('a')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a token of absurd length is refused without asking auth', async () => {
  await expect(tokens.resolve('x'.repeat(64 * 1024))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(exchange.asked).toEqual([]);
});

// After a gap the epochs of the held keys are read; a grant that arrives a moment later may be older than a raise of the gap.
test('a grant under way while the held keys are read is not kept', async () => {
  const asked = tokens.resolve('a');
  const held = tokens.heldKeys();
  await asked;

  exchange.refuse('a');

  expect([...held]).toEqual([]);
  await expect(tokens.resolve('a')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});
