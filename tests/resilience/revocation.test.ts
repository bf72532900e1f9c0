/** A session that ends: with its notice at once, without it by renewal, and by time alone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningProcess } from '../../local/src/index.ts';
import { createTestDatabase, type TestDatabase } from '../testkit/database.ts';
import { codesOf, dataOf, postGraphQL } from '../testkit/graphql.ts';
import { createPlatform, type TestPlatform } from '../testkit/platform.ts';
import { startTcpProxy, type TcpProxy } from '../testkit/tcp-proxy.ts';
import { createTenant, PASSWORD, type TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { followDesign, startDesign, type Followed } from './design-journey.ts';

const RENEW_SECONDS = 2;
const ACCESS_TOKEN_SECONDS = 4;
/** What two busy cores may add to a time that is stated. */
const SLACK_MS = 2_000;

let stack: AsyncDisposableStack;
let database: TestDatabase;
let platform: TestPlatform;
/** Carries revocation notices to `far` and `renewing`. */
let notices: TcpProxy;
/** Hears of revocations through the proxy alone, as its renewals come late. */
let far: RunningProcess;
/** Renews often. */
let renewing: RunningProcess;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  database = stack.use(await createTestDatabase());
  const pubsub = new URL(database.url('flowgrid_router'));
  notices = stack.use(await startTcpProxy({ host: pubsub.hostname, port: Number(pubsub.port) }));
  pubsub.port = String(notices.port);
  const PUBSUB_URL = pubsub.toString();
  platform = stack.use(await createPlatform({ database }));
  await Promise.all((['auth', 'agents', 'design'] as const).map((name) => platform.start(name)));
  [, far, renewing] = await Promise.all([
    platform.start('router'),
    platform.start('router', { env: { PUBSUB_URL } }),
    platform.start('router', { env: { PUBSUB_URL, CONTEXT_RENEW_SECONDS: String(RENEW_SECONDS) } }),
  ]);
});
afterAll(() => stack.disposeAsync());

const SIGN_OUT = `mutation SignOut($input: SignOutInput!) { signOut(input: $input) { endedSessions errors { code } } }`;
const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { accessToken expiresAt errors { code message } } }`;

interface SignedIn {
  readonly accessToken: string;
  readonly expiresAt: string;
}

async function signIn(routerUrl: string, { slug, users }: TestTenant): Promise<SignedIn> {
  const input = { email: users.EDITOR.email, password: PASSWORD, tenant: slug };
  const answer = await postGraphQL(`${routerUrl}/graphql`, { query: SIGN_IN, variables: { input } });
  return dataOf<{ signIn: SignedIn }>(answer).signIn;
}

/** Signs out at the router that always hears the notices. */
async function signOut(accessToken: string, everywhere = false): Promise<number> {
  const request = { query: SIGN_OUT, variables: { input: { everywhere } } };
  const answer = await postGraphQL(`${platform.url('router')}/graphql`, request, accessToken);
  return dataOf<{ signOut: { endedSessions: number } }>(answer).signOut.endedSessions;
}

async function isRefused(router: Pick<RunningProcess, 'url'>, token: string): Promise<boolean> {
  const answer = await postGraphQL(
    `${router.url}/graphql`,
    { query: '{ agents { edges { node { id } } } }' },
    token,
  );
  return codesOf(answer).includes('UNAUTHENTICATED');
}

/** Milliseconds until the token is refused, asked for again and again. */
async function timeToRefusal(router: Pick<RunningProcess, 'url'>, token: string): Promise<number> {
  const from = performance.now();
  await until('the token is refused', () => isRefused(router, token));
  return performance.now() - from;
}

/** A socket that stays open: no worker takes the job, so the stream stays where it is. */
async function openSocket(router: Pick<RunningProcess, 'url'>, token: string, id: string): Promise<Followed> {
  const followed = followDesign(router.url, { id, token });
  await followed.reaches('QUEUED');
  return followed;
}

const UNAUTHORIZED = { code: 4401, reason: 'Unauthorized' };

test('signing out is known at once at every router, for requests and for open sockets, and to nobody else', async () => {
  const tenant = await createTenant(platform.url('router'), database);
  const { accessToken: token } = tenant.users.EDITOR;
  const { accessToken: colleague } = tenant.users.VIEWER;
  const id = await startDesign(tenant);
  const routers = [platform.process('router'), far];
  await using sockets = new AsyncDisposableStack();
  const open = await Promise.all(
    routers.map(async (router) => sockets.use(await openSocket(router, token, id))),
  );
  const other = sockets.use(await openSocket(far, colleague, id));

  expect(await signOut(token)).toBe(1);
  const from = performance.now();
  const times = await Promise.all(routers.map((router) => timeToRefusal(router, token)));
  const ends = await Promise.all(open.map(({ ended }) => ended));
  const time = performance.now() - from;

  expect(Math.max(...times, time)).toBeLessThan(SLACK_MS);
  expect(ends).toEqual([UNAUTHORIZED, UNAUTHORIZED]);
  expect(await isRefused(far, colleague)).toBe(false);
  expect(await Promise.race([other.ended, Promise.resolve('open')])).toBe('open');
});

test('signing out everywhere ends every session of the user at once', async () => {
  const tenant = await createTenant(platform.url('router'), database);
  const { accessToken: second } = await signIn(far.url, tenant);
  const { accessToken: first } = tenant.users.EDITOR;
  expect(await Promise.all([first, second].map((token) => isRefused(far, token)))).toEqual([false, false]);

  expect(await signOut(first, true)).toBe(2);
  const times = await Promise.all([first, second].map((token) => timeToRefusal(far, token)));

  expect(Math.max(...times)).toBeLessThan(SLACK_MS);
});

test('when the notice is lost, requests and open sockets end within one and a half renewal times', async () => {
  const tenant = await createTenant(platform.url('router'), database);
  const { accessToken: token } = tenant.users.EDITOR;
  const { accessToken: silent } = await signIn(platform.url('router'), tenant);
  const id = await startDesign(tenant);
  await using sockets = new AsyncDisposableStack();
  notices.setDown(true);
  using _ = { [Symbol.dispose]: () => notices.setDown(false) };
  const open = sockets.use(await openSocket(renewing, silent, id));
  expect(await isRefused(renewing, token)).toBe(false);

  expect(await signOut(token, true)).toBe(2);
  const from = performance.now();
  const stillWorks = !(await isRefused(renewing, token));
  const timeOfRequests = timeToRefusal(renewing, token);
  const end = await open.ended;
  const timeOfSocket = performance.now() - from;

  const limit = 1.5 * RENEW_SECONDS * 1000 + SLACK_MS;
  expect(stillWorks).toBe(true);
  expect(await timeOfRequests).toBeLessThan(limit);
  expect(timeOfSocket).toBeLessThan(limit);
  expect(end).toEqual(UNAUTHORIZED);
});

test('what was revoked while a router heard no notices is refused as soon as it hears again', async () => {
  const tenant = await createTenant(platform.url('router'), database);
  const { accessToken: token } = tenant.users.EDITOR;
  const { accessToken: colleague } = tenant.users.VIEWER;
  const id = await startDesign(tenant);
  await using sockets = new AsyncDisposableStack();
  const open = sockets.use(await openSocket(far, token, id));
  const other = sockets.use(await openSocket(far, colleague, id));
  notices.setDown(true);
  await signOut(token);
  const worksMeanwhile = !(await isRefused(far, token));

  notices.setDown(false);
  await timeToRefusal(far, token);

  expect(worksMeanwhile).toBe(true);
  expect(await open.ended).toEqual(UNAUTHORIZED);
  expect(await isRefused(far, colleague)).toBe(false);
  expect(await Promise.race([other.ended, Promise.resolve('open')])).toBe('open');
});

test('a socket is closed when its access token expires', async () => {
  const auth = await platform.start('auth', { env: { ACCESS_TOKEN_SECONDS: String(ACCESS_TOKEN_SECONDS) } });
  const router = await platform.start('router', { env: { AUTH_URL: auth.url, SUBGRAPH_AUTH_URL: auth.url } });
  const tenant = await createTenant(platform.url('router'), database);
  const id = await startDesign(tenant);
  const { accessToken, expiresAt } = await signIn(router.url, tenant);
  await using open = await openSocket(router, accessToken, id);

  const end = await open.ended;
  const late = Date.now() - Date.parse(expiresAt);

  expect(end).toEqual(UNAUTHORIZED);
  expect(late).toBeGreaterThan(-100);
  expect(late).toBeLessThan(SLACK_MS);
  expect(open.progress()).toHaveLength(1);
});
