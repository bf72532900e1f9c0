/** The whole platform behind the edge, as its clients see it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { RunningProcess } from '../../local/src/index.ts';
import { createTestDatabase, type TestDatabase } from '../testkit/database.ts';
import { dataOf } from '../testkit/graphql.ts';
import { PATIENT_ROUTER, startWholePlatform, type TestPlatform } from '../testkit/platform.ts';
import { createTenant, PASSWORD, type TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { ask, postThrough, type Answer } from './client.ts';
import { keepAsking } from './load.ts';
import { findNginx, startEdge, type Edge } from './nginx.ts';

const BEHIND_EDGE = { ...PATIENT_ROUTER.router, TRUST_PROXY: 'true' };
const DESCRIPTION = `A customer sends a claim by email. The claims clerk records the claim in Jira and checks the policy.
If the policy is valid, the team lead approves the claim. Otherwise the clerk rejects the claim and informs the customer.`;

const START = `mutation Start($input: StartDesignInput!) {
  startDesign(input: $input) { session { id } errors { code } } }`;
const PROGRESS =
  'subscription Progress($id: ID!) { designProgress(sessionId: $id) { sequence state session { title } } }';
const ARTIFACTS =
  'query Artifacts($id: ID!) { designSession(id: $id) { artifacts { id url size mediaType } } }';
const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { accessToken errors { code } viewer { tenant { slug } } } }`;

interface ProgressEvent {
  readonly designProgress: { readonly sequence: number; readonly state: string };
}

describe.skipIf(findNginx() === null)('the platform behind the edge', () => {
  const stack = new AsyncDisposableStack();
  let database: TestDatabase;
  let platform: TestPlatform;
  let secondRouter: RunningProcess;
  let edge: Edge;
  let tenant: TestTenant;
  let token: string;
  let sessionId: string;
  let events: readonly ProgressEvent[];

  beforeAll(async () => {
    database = stack.use(await createTestDatabase());
    platform = stack.use(await startWholePlatform({ database, env: { router: BEHIND_EDGE } }));
    secondRouter = stack.use(await platform.start('router', { env: BEHIND_EDGE }));
    const services = ['auth', 'agents', 'design', 'integrations'] as const;
    edge = stack.use(
      await startEdge({
        upstreams: {
          router: [platform.url('router'), secondRouter.url],
          ...Object.fromEntries(services.map((name) => [name, [platform.url(name)]])),
        },
      }),
    );
    tenant = await createTenant(platform.url('router'), database);
    token = tenant.users.EDITOR.accessToken;
    const input = { title: 'Claims', description: DESCRIPTION };
    const started = await postThrough(edge, { query: START, variables: { input } }, { token });
    sessionId = dataOf<{ startDesign: { session: { id: string } } }>(started).startDesign.session.id;
    events = await follow(sessionId);
  });
  afterAll(() => stack.disposeAsync());

  /** Follows a design through the edge until it is complete. */
  async function follow(id: string): Promise<readonly ProgressEvent[]> {
    const client = createClient({
      url: `${edge.url.replace('https', 'wss')}/graphql`,
      webSocketImpl: class extends WebSocket {
        constructor(address: string, protocols: string) {
          super(address, protocols, { ca: edge.certificate });
        }
      },
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    const received: ProgressEvent[] = [];
    await new Promise<void>((resolve, reject) => {
      client.subscribe<ProgressEvent>(
        { query: PROGRESS, variables: { id } },
        {
          next: ({ data }) => {
            if (data) received.push(data);
          },
          complete: resolve,
          error: reject,
        },
      );
    });
    await client.dispose();
    return received;
  }

  const artifacts = async (): Promise<readonly { id: string; url: string; size: number }[]> =>
    dataOf<{ designSession: { artifacts: { id: string; url: string; size: number }[] } }>(
      await postThrough(edge, { query: ARTIFACTS, variables: { id: sessionId } }, { token }),
    ).designSession.artifacts;

  const open = (path: string, accessToken?: string): Promise<Answer> =>
    ask(edge, path, {
      headers: accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` },
    });

  test('a person signs in and asks who they are', async () => {
    const input = { email: tenant.users.VIEWER.email, password: PASSWORD, tenant: tenant.slug };
    const signedIn = await postThrough(edge, { query: SIGN_IN, variables: { input } });
    const { signIn } = dataOf<{ signIn: { accessToken: string } }>(signedIn);
    const viewer = await postThrough(
      edge,
      { query: '{ viewer { tenant { slug } } }' },
      { token: signIn.accessToken },
    );

    expect(dataOf(viewer)).toEqual({ viewer: { tenant: { slug: tenant.slug } } });
  });

  test('a subscription brings every event to the end, in order', () => {
    expect(events.map(({ designProgress }) => designProgress.sequence)).toEqual(
      events.map((_event, index) => index + 1),
    );
    expect(events.at(-1)?.designProgress.state).toBe('SUCCEEDED');
  });

  test('a socket with a bad token is closed as the router says', async () => {
    const closed = new Promise((resolve) => {
      const socket = new WebSocket(`${edge.url.replace('https', 'wss')}/graphql`, 'graphql-transport-ws', {
        ca: edge.certificate,
      });
      socket.once('open', () => {
        socket.send(
          JSON.stringify({ type: 'connection_init', payload: { authorization: 'Bearer nonsense' } }),
        );
      });
      socket.once('close', (code) => resolve(code));
    });

    expect(await closed).toBe(4403);
  });

  test('the playground comes with the policy of its own page, once', async () => {
    const { status, headers, body } = await ask(edge, '/graphql', { headers: { accept: 'text/html' } });

    expect({ status, type: headers['content-type'] }).toEqual({
      status: 200,
      type: 'text/html; charset=utf-8',
    });
    expect(String(headers['content-security-policy']).match(/default-src/g)).toHaveLength(1);
    const script = /src="(\/graphiql\/assets\/[^"]+\.js)"/.exec(body)?.[1] ?? '';
    expect(await ask(edge, script)).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/javascript; charset=utf-8' },
    });
  });

  test('the issuer is where its tokens say', async () => {
    const [configuration, keys] = await Promise.all([
      open('/.well-known/openid-configuration'),
      open('/.well-known/jwks.json'),
    ]);

    expect(JSON.parse(configuration.body)).toMatchObject({ jwks_uri: expect.stringMatching(/jwks\.json$/) });
    expect(JSON.parse(keys.body)).toMatchObject({ keys: [{ kty: expect.any(String) }] });
    expect(keys.headers['cache-control']).toBe('public, max-age=300');
  });

  test('an artifact opens by its link, by a session of its tenant, and to nobody else', async () => {
    const [artifact] = await artifacts();
    const path = `/artifacts/${artifact?.id}`;
    const link = new URL(artifact?.url ?? '');
    const foreign = await createTenant(platform.url('router'), database);
    const bare = await tenantUserWithoutRoles();

    const answers = {
      link: await open(`${link.pathname}${link.search}`),
      changedLink: await open(`${link.pathname}${link.search}0`),
      session: await open(path, token),
      viewer: await open(path, tenant.users.VIEWER.accessToken),
      foreign: await open(path, foreign.users.OWNER.accessToken),
      withoutPermission: await open(path, bare),
      badToken: await open(path, 'nonsense'),
      forgedToken: await open(path, `${token.slice(0, -4)}AAAA`),
      nobody: await open(path),
    };

    // Without an edge the router answers alike.
    const byRouter = await Promise.all(
      [token, foreign.users.OWNER.accessToken, bare, 'nonsense'].map((accessToken) =>
        fetch(`${platform.url('router')}${path}`, { headers: { authorization: `Bearer ${accessToken}` } }),
      ),
    );

    expect(byRouter.map(({ status }) => status)).toEqual([200, 404, 403, 401]);
    expect(Object.fromEntries(Object.entries(answers).map(([name, { status }]) => [name, status]))).toEqual({
      link: 200,
      changedLink: 404,
      session: 200,
      viewer: 200,
      foreign: 404,
      withoutPermission: 403,
      badToken: 401,
      forgedToken: 401,
      nobody: 404,
    });
    expect(answers.session.body).toBe(answers.link.body);
    expect(answers.session.headers['content-security-policy']).toBe("default-src 'none'; sandbox");
  });

  /** A user of the tenant who may do nothing. */
  async function tenantUserWithoutRoles(): Promise<string> {
    const { id, accessToken } = tenant.users.ADMIN;
    const { Client } = await import('pg');
    const client = new Client({ connectionString: database.superuserUrl });
    await client.connect();
    await client.query('DELETE FROM auth.user_role WHERE user_id = $1', [id]);
    await client.end();
    return accessToken;
  }

  test.each(['agents', 'auth', 'design', 'integrations'])(
    '%s is not reached past the router',
    async (name) => {
      const paths = [`/${name}`, `/${name}/graphql`, `/graphql/${name}`, '/internal/context', '/metrics'];

      const answers = await Promise.all(
        paths.map((path) => ask(edge, path, { method: 'POST', headers: { host: 'localhost' }, body: '{}' })),
      );

      expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 404));
    },
  );

  test('an answer carries the id under which the edge logged it', async () => {
    const { status, headers } = await ask(edge, '/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });

    expect(status).toBe(400);
    expect(await edge.lineOf(String(headers['x-request-id']))).toMatchObject({
      path: '/graphql',
      status: 400,
      upstreamStatus: '400',
    });
  });

  // The last one: it leaves a single router.
  test('a router killed under load fails no query by GET, and of the others those under way at most', async () => {
    const query = '{ viewer { tenant { slug } } }';
    const expected = JSON.stringify({ data: { viewer: { tenant: { slug: tenant.slug } } } });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const gets = keepAsking(
      () =>
        ask(edge, `/graphql?query=${encodeURIComponent(query)}`, {
          headers: { ...headers, 'apollo-require-preflight': 'true' },
        }),
      2,
    );
    const posts = keepAsking(
      () => ask(edge, '/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) }),
      2,
    );
    const isServing = (url: string): boolean =>
      edge.log().filter(({ upstream }) => upstream === new URL(url).host).length > 20;
    await until(
      'load on both routers',
      () => isServing(secondRouter.url) && isServing(platform.url('router')),
    );

    secondRouter.kill('SIGKILL');
    await secondRouter.exited;
    const before = gets.answers.length + posts.answers.length;
    await until('load on the other', () => gets.answers.length + posts.answers.length > before + 60);
    const [ofGets, ofPosts] = await Promise.all([gets.stop(), posts.stop()]);

    // At the rate of a fast machine the limit of the token may be met; that is no failure of the router.
    const failedGets = ofGets.filter(({ status, body }) => status !== 429 && body.trim() !== expected);
    const failedPosts = ofPosts.filter(({ status, body }) => status !== 429 && body.trim() !== expected);
    expect(failedGets).toEqual([]);
    expect(failedPosts.every(({ status }) => status === 503)).toBe(true);
    expect(failedPosts.length).toBeLessThanOrEqual(2);
  });
});
