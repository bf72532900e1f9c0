import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ask, openSocket, startFixtureRouter, type Answer, type FixtureRouter } from '../testkit/router.ts';
import { startSubgraphs, type Fixture } from '../testkit/subgraphs.ts';
import { networkOf } from './network.ts';

const PER_MINUTE = 5;
const ANONYMOUS_PER_MINUTE = 3;
const QUERY = '{ __typename }';

let fixture: Fixture;
let router: FixtureRouter;

beforeAll(async () => {
  fixture = await startSubgraphs();
});

beforeEach(async () => {
  router = await startFixtureRouter(fixture, {
    hasIdentity: true,
    trustsProxy: true,
    rateLimits: { perMinute: PER_MINUTE, anonymousPerMinute: ANONYMOUS_PER_MINUTE },
  });
  router.exchange.grant('editor', {});
  router.exchange.grant('editor-again', { actorId: 'actor-of-editor' });
  router.exchange.grant('viewer', {});
  router.exchange.grant('elsewhere', { tenantId: 'tenant-2', actorId: 'actor-of-editor' });
  return () => router[Symbol.asyncDispose]();
});

afterAll(() => fixture[Symbol.asyncDispose]());

async function askTimes(count: number, options: Parameters<typeof ask>[2]): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let index = 0; index < count; index += 1) answers.push(await ask(router, QUERY, options));
  return answers;
}

const statusesOf = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);

test('an actor is refused beyond the limit, and is told when to come back', async () => {
  const answers = await askTimes(PER_MINUTE + 1, { bearer: 'editor' });

  expect(statusesOf(answers)).toEqual([200, 200, 200, 200, 200, 429]);
  const [first] = answers;
  expect(first?.headers.get('ratelimit-policy')).toBe('"actor";q=5;w=60');
  expect(first?.headers.get('ratelimit')).toBe('"actor";r=4');
  const last = answers.at(-1);
  const retryAfter = Number(last?.headers.get('retry-after'));
  expect(retryAfter).toBeGreaterThan(0);
  expect(retryAfter).toBeLessThanOrEqual(120);
  expect(last?.headers.get('ratelimit')).toBe(`"actor";r=0;t=${retryAfter}`);
  expect(last?.body).toEqual({
    errors: [
      {
        message: `At most 5 operations in 60 seconds. Try again in ${retryAfter} s.`,
        extensions: { code: 'RATE_LIMITED', retryAfterSeconds: retryAfter },
      },
    ],
  });
});

test('all tokens of an actor count together, and no other actor is touched', async () => {
  await askTimes(PER_MINUTE, { bearer: 'editor' });

  const [again] = await askTimes(1, { bearer: 'editor-again' });
  const others = [
    ...(await askTimes(1, { bearer: 'viewer' })),
    ...(await askTimes(1, { bearer: 'elsewhere' })),
  ];

  expect(again?.status).toBe(429);
  expect(statusesOf(others)).toEqual([200, 200]);
});

test('anonymous operations count by client address', async () => {
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

  const answers = await askTimes(ANONYMOUS_PER_MINUTE + 1, from('192.0.2.1'));
  const [other] = await askTimes(1, from('192.0.2.2'));
  const [known] = await askTimes(1, { bearer: 'editor', ...from('192.0.2.1') });

  expect(statusesOf(answers)).toEqual([200, 200, 200, 429]);
  expect(answers.at(-1)?.headers.get('ratelimit-policy')).toBe('"address";q=3;w=60');
  expect(other?.status).toBe(200);
  expect(known?.status).toBe(200);
});

// Guessing tokens: each guess is refused, and must not be free either.
test('operations whose token does not hold count by client address', async () => {
  const answers: Answer[] = [];
  for (const bearer of ['forged-1', 'forged-2', 'forged-3', 'forged-4']) {
    answers.push(await ask(router, QUERY, { bearer }));
  }

  expect(statusesOf(answers)).toEqual([401, 401, 401, 429]);
});

// A document that is dear to parse must not be parsed for whoever has used up the limit.
test('beyond the limit an operation is refused before it is read', async () => {
  await askTimes(PER_MINUTE, { bearer: 'editor' });

  const { status, body } = await ask(router, 'no GraphQL at all', { bearer: 'editor' });

  expect(status).toBe(429);
  expect(body.errors?.map(({ extensions }) => extensions['code'])).toEqual(['RATE_LIMITED']);
});

test('operations on a socket count as those over HTTP do', async () => {
  await askTimes(PER_MINUTE - 1, { bearer: 'editor' });
  await using socket = openSocket(router, { bearer: 'editor' });
  const first = await socket.client.iterate({ query: QUERY }).next();

  const second = socket.client.iterate({ query: QUERY }).next();

  expect(first.value).toMatchObject({ data: { __typename: 'Query' } });
  await expect(second).rejects.toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
  expect(statusesOf(await askTimes(1, { bearer: 'editor' }))).toEqual([429]);
});

test('refusals are counted in the metrics', async () => {
  await askTimes(ANONYMOUS_PER_MINUTE + 2, {});

  const metrics = await (await fetch(`${router.url}/metrics`)).text();

  expect(metrics).toMatch(/^router_rate_limited_total\{policy="address",service="router"\} 2$/m);
});

test('a router without identity counts nothing', async () => {
  await using open = await startFixtureRouter(fixture, {
    rateLimits: { perMinute: 1, anonymousPerMinute: 1 },
  });

  const answers = [await ask(open, QUERY), await ask(open, QUERY)];

  expect(statusesOf(answers)).toEqual([200, 200]);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
  ['unknown', 'unknown'],
])('%s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
