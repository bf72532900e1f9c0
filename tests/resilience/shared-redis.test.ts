/** Auth and two routers on one Redis: what they share, and what happens while it is away. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningProcess } from '../../local/src/index.ts';
import { createTestDatabase, type TestDatabase } from '../testkit/database.ts';
import { codesOf, dataOf, postGraphQL } from '../testkit/graphql.ts';
import { createPlatform, type TestPlatform } from '../testkit/platform.ts';
import { hasRedis, startRedis, type RedisServer } from '../testkit/redis.ts';
import { createTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { followDesign, startDesign } from './design-journey.ts';

const RENEW_SECONDS = 2;
const LIMIT = 40;
/** What two busy cores may add to a time that is stated. */
const SLACK_MS = 2_000;
const UNAUTHORIZED = { code: 4401, reason: 'Unauthorized' };

const QUERY = '{ viewer { permissions } }';
const SIGN_OUT = `mutation SignOut($input: SignOutInput!) { signOut(input: $input) { endedSessions errors { code } } }`;

describe.runIf(hasRedis)('routers on one Redis', () => {
  let stack: AsyncDisposableStack;
  let database: TestDatabase;
  let redis: RedisServer;
  let platform: TestPlatform;
  /** Hears of revocations through Redis alone, as its renewals come late. */
  let near: RunningProcess;
  let far: RunningProcess;
  let renewing: RunningProcess;

  beforeAll(async () => {
    stack = new AsyncDisposableStack();
    database = stack.use(await createTestDatabase());
    redis = stack.use(await startRedis());
    // The launcher's own choice is PostgreSQL; empty counts as left out.
    const shared = { REDIS_URL: redis.url, PUBSUB_URL: '' };
    platform = stack.use(
      await createPlatform({ database, env: { auth: shared, design: shared, router: shared } }),
    );
    await Promise.all((['auth', 'agents', 'design'] as const).map((name) => platform.start(name)));
    const limited = { RATE_LIMIT_PER_MINUTE: String(LIMIT) };
    [near, far, renewing] = await Promise.all([
      platform.start('router'),
      platform.start('router', { env: limited }),
      platform.start('router', { env: { ...limited, CONTEXT_RENEW_SECONDS: String(RENEW_SECONDS) } }),
    ]);
  });
  afterAll(() => stack.disposeAsync());

  const ask = (router: RunningProcess, token: string) =>
    postGraphQL(`${router.url}/graphql`, { query: QUERY }, token);

  const isRefused = async (router: RunningProcess, token: string): Promise<boolean> =>
    codesOf(await ask(router, token)).includes('UNAUTHENTICATED');

  async function signOut(token: string): Promise<number> {
    const answer = await postGraphQL(
      `${near.url}/graphql`,
      { query: SIGN_OUT, variables: { input: {} } },
      token,
    );
    return dataOf<{ signOut: { endedSessions: number } }>(answer).signOut.endedSessions;
  }

  const outageLines = (): string[] => platform.log.filter((line) => line.includes('Redis is'));

  test('the operations of an actor count at all routers together', async () => {
    const tenant = await createTenant(near.url, database);
    const { accessToken: token } = tenant.users.EDITOR;

    let allowed = 0;
    const isAllowed = async (): Promise<boolean> =>
      !codesOf(await ask(allowed % 2 === 0 ? far : renewing, token)).includes('RATE_LIMITED');
    while (allowed < 2 * LIMIT && (await isAllowed())) allowed += 1;

    // Two that count by themselves allow twice the limit; a window that slides meanwhile allows a little more than it.
    expect(allowed).toBeGreaterThanOrEqual(LIMIT);
    expect(allowed).toBeLessThan(1.5 * LIMIT);
  });

  test('signing out is known at once at every router', async () => {
    const tenant = await createTenant(near.url, database);
    const { accessToken: token } = tenant.users.EDITOR;
    expect(await isRefused(far, token)).toBe(false);

    await signOut(token);
    const from = performance.now();
    await until('the token is refused', () => isRefused(far, token));

    expect(performance.now() - from).toBeLessThan(SLACK_MS);
  });

  test('while Redis is away work goes on, a revoked token ends by renewal, and on its return at once', async () => {
    const tenant = await createTenant(near.url, database);
    const { accessToken: token } = tenant.users.EDITOR;
    const { accessToken: colleague } = tenant.users.VIEWER;
    const id = await startDesign(tenant);
    await using sockets = new AsyncDisposableStack();
    const revoked = sockets.use(followDesign(far.url, { id, token }));
    const other = sockets.use(followDesign(far.url, { id, token: colleague }));
    await Promise.all([revoked.reaches('QUEUED'), other.reaches('QUEUED'), ask(renewing, token)]);

    await redis.kill();
    const answers = [];
    for (let index = 0; index < 30; index += 1)
      answers.push(await ask(index % 2 === 0 ? near : far, colleague));
    await signOut(token);
    const from = performance.now();
    const metrics = await (await fetch(`${far.url}/metrics`)).text();
    const worksFarAway = !(await isRefused(far, token));
    await until('the token is refused by renewal', () => isRefused(renewing, token));
    const byRenewal = performance.now() - from;
    await redis.start();
    await until('the token is refused after the return', () => isRefused(far, token));

    expect(answers.flatMap((answer) => [...codesOf(answer)])).toEqual([]);
    expect(metrics).toMatch(/^shared_state_away\{service="router"\} 1$/m);
    expect(worksFarAway).toBe(true);
    expect(byRenewal).toBeLessThan(1.5 * RENEW_SECONDS * 1000 + SLACK_MS);
    expect(await revoked.ended).toEqual(UNAUTHORIZED);
    expect(await isRefused(far, colleague)).toBe(false);
    expect(await Promise.race([other.ended, Promise.resolve('open')])).toBe('open');
    // Auth, design and three routers: each says once that it is away, and once that it is back.
    await until('everybody is back', () => outageLines().length >= 10);
    expect(outageLines()).toHaveLength(10);
  });
});
