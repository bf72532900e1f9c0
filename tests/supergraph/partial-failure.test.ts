/** A platform of its own, of which one part after the other goes away and comes back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProcessName } from '../../local/src/index.ts';
import { createTestDatabase } from '../testkit/database.ts';
import { codesOf, dataOf, postGraphQL, type GraphQLAnswer } from '../testkit/graphql.ts';
import { PATIENT_ROUTER, startWholePlatform, type TestPlatform } from '../testkit/platform.ts';
import { startTcpProxy, type TcpProxy } from '../testkit/tcp-proxy.ts';
import { PASSWORD, createTenant, type TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { START, DESCRIPTION, createAgent, startDesign, waitForState } from './designs.ts';

const stack = new AsyncDisposableStack();
let platform: TestPlatform;
let proxy: TcpProxy;
let tenant: TestTenant;
let agentId: string;
let sessionId: string;

beforeAll(async () => {
  const database = stack.use(await createTestDatabase());
  const { hostname, port } = new URL(database.url('flowgrid_agents'));
  proxy = stack.use(await startTcpProxy({ host: hostname, port: Number(port) }));
  const url: typeof database.url = (role) => {
    const proxied = new URL(database.url(role));
    proxied.port = String(proxy.port);
    return proxied.href;
  };
  platform = stack.use(await startWholePlatform({ database: { ...database, url }, env: PATIENT_ROUTER }));
  tenant = await createTenant(platform.url('router'), database);
  agentId = (await createAgent(tenant, 'Claims handler')).id;
  sessionId = await startDesign(tenant, { agentId });
  await waitForState(tenant, sessionId, 'SUCCEEDED');
});
afterAll(() => stack.disposeAsync());

const LOOK = `query($agent: ID!, $session: ID!) {
  viewer { tenant { slug } }
  agent(id: $agent) { name owner { name } integrations { id } designSessions { edges { node { id } } } }
  designSession(id: $session) { state agent { name } createdBy { name } }
  integrations { id } }`;

interface Look {
  viewer: { tenant: { slug: string } } | null;
  agent: object | null;
  designSession: object | null;
  integrations: unknown[] | null;
}

const look = (): Promise<GraphQLAnswer> => tenant.ask('EDITOR', LOOK, { agent: agentId, session: sessionId });

/** What `look` sees when everything is there. */
function everything(): Look & { agent: object; designSession: object } {
  const name = `EDITOR of ${tenant.slug}`;
  return {
    viewer: { tenant: { slug: tenant.slug } },
    agent: {
      name: 'Claims handler',
      owner: { name },
      integrations: [],
      designSessions: { edges: [{ node: { id: sessionId } }] },
    },
    designSession: { state: 'SUCCEEDED', agent: { name: 'Claims handler' }, createdBy: { name } },
    integrations: [],
  };
}

/** The errors of an answer, as `CODE path`. */
const placesOf = ({ errors }: GraphQLAnswer): string[] =>
  errors.map(({ extensions, path }) => `${extensions.code} ${path?.join('.') ?? ''}`).toSorted();

/** Stops a process, looks, and starts it again. */
async function withoutProcess<Result>(name: ProcessName, work: () => Promise<Result>): Promise<Result> {
  await platform.process(name).stop();
  try {
    return await work();
  } finally {
    await platform.start(name);
  }
}

function untilEverythingIsBack(): Promise<true> {
  return until('everything is answered', async () => {
    const answer = await look();
    return answer.errors.length === 0;
  }).then(() => true);
}

test('with everything there, nothing is missing', async () => {
  expect(dataOf(await look())).toEqual(everything());
});

test('without integrations, only what it owns is null, and it comes back by itself', async () => {
  const answer = await withoutProcess('integrations', look);
  await untilEverythingIsBack();

  const { agent, ...rest } = everything();
  expect(answer.status).toBe(200);
  expect(answer.data).toEqual({ ...rest, agent: { ...agent, integrations: null }, integrations: null });
  expect(placesOf(answer)).toEqual([
    'SERVICE_UNAVAILABLE agent.integrations',
    'SERVICE_UNAVAILABLE integrations',
  ]);
});

test('without design, agents are answered as before', async () => {
  const answer = await withoutProcess('design', look);
  await untilEverythingIsBack();

  const { agent, ...rest } = everything();
  expect(answer.data).toEqual({ ...rest, agent: { ...agent, designSessions: null }, designSession: null });
  expect(placesOf(answer)).toEqual([
    'SERVICE_UNAVAILABLE agent.designSessions',
    'SERVICE_UNAVAILABLE designSession',
  ]);
});

test('without agents, a session keeps everything but its agent', async () => {
  const answer = await withoutProcess('agents', look);
  await untilEverythingIsBack();

  const { designSession, ...rest } = everything();
  expect(answer.data).toEqual({ ...rest, agent: null, designSession: { ...designSession, agent: null } });
  expect(placesOf(answer)).toEqual([
    'SERVICE_UNAVAILABLE agent',
    'SERVICE_UNAVAILABLE designSession.agent.name',
  ]);
});

test('without auth, those at work go on, and a sign-in says that it cannot be done now', async () => {
  const graphqlUrl = `${platform.url('router')}/graphql`;
  const signIn = 'mutation($input: SignInInput!) { signIn(input: $input) { accessToken } }';
  const input = { email: tenant.users.VIEWER.email, password: PASSWORD, tenant: tenant.slug };
  await look();

  const [answer, made, signedIn, unknown] = await withoutProcess('auth', () =>
    Promise.all([
      look(),
      tenant.ask(
        'EDITOR',
        'mutation { createAgent(input: { name: "Made meanwhile" }) { agent { name } errors { code } } }',
      ),
      postGraphQL(graphqlUrl, { query: signIn, variables: { input } }),
      postGraphQL(graphqlUrl, { query: '{ agents { totalCount } }' }, tenant.users.ADMIN.accessToken),
    ]),
  );
  await untilEverythingIsBack();

  const { agent, designSession, ...rest } = everything();
  expect(answer.data).toEqual({
    ...rest,
    viewer: null,
    agent: { ...agent, owner: null },
    designSession: { ...designSession, createdBy: null },
  });
  expect(placesOf(answer)).toEqual([
    'SERVICE_UNAVAILABLE agent.owner.name',
    'SERVICE_UNAVAILABLE designSession.createdBy.name',
    'SERVICE_UNAVAILABLE viewer',
  ]);
  expect(dataOf(made)).toEqual({ createAgent: { agent: { name: 'Made meanwhile' }, errors: [] } });
  expect(codesOf(signedIn)).toEqual(['SERVICE_UNAVAILABLE']);
  // This token was not seen before: whose it is can only be told by auth.
  expect({ status: unknown.status, codes: codesOf(unknown) }).toEqual({
    status: 503,
    codes: ['SERVICE_UNAVAILABLE'],
  });
  expect(dataOf(await tenant.ask('ADMIN', '{ viewer { tenant { slug } } }'))).toEqual({
    viewer: { tenant: { slug: tenant.slug } },
  });
});

test('without the worker, a design is accepted, and done when a worker is there', async () => {
  const id = await withoutProcess('design-worker', async () => {
    const started = await startDesign(tenant);
    const { designSession } = await tenant.get<{ designSession: { state: string } }>(
      'query($id: ID!) { designSession(id: $id) { state } }',
      { id: started },
    );
    expect(designSession.state).toBe('QUEUED');
    return started;
  });

  expect(await waitForState(tenant, id, 'SUCCEEDED')).toBe(true);
});

const SUBGRAPHS = ['agents', 'auth', 'design', 'integrations'] as const;
const readiness = (): Promise<number[]> =>
  Promise.all(SUBGRAPHS.map(async (name) => (await fetch(`${platform.url(name)}/readyz`)).status));

test('without the database every answer says so, and all goes on when it is back, without a restart', async () => {
  await untilEverythingIsBack();
  const pids = SUBGRAPHS.map((name) => platform.process(name).pid);

  proxy.setDown(true);
  const [answer, start, ready] = await Promise.all([
    look(),
    tenant.ask('EDITOR', START, { input: { title: 'Claims', description: DESCRIPTION } }),
    readiness(),
  ]).finally(() => proxy.setDown(false));

  expect(answer.data).toEqual({ viewer: null, agent: null, designSession: null, integrations: null });
  expect(placesOf(answer)).toEqual([
    'SERVICE_UNAVAILABLE agent',
    'SERVICE_UNAVAILABLE designSession',
    'SERVICE_UNAVAILABLE integrations',
    'SERVICE_UNAVAILABLE viewer.tenant',
  ]);
  expect(start.data).toEqual({ startDesign: null });
  expect(codesOf(start)).toEqual(['SERVICE_UNAVAILABLE']);
  expect(ready).toEqual([503, 503, 503, 503]);

  await untilEverythingIsBack();
  await until('all are ready', async () => (await readiness()).every((status) => status === 200));
  expect(SUBGRAPHS.map((name) => platform.process(name).pid)).toEqual(pids);
  const id = await startDesign(tenant);
  expect(await waitForState(tenant, id, 'SUCCEEDED')).toBe(true);
});

test('connections that broke while nobody used them are replaced', async () => {
  await untilEverythingIsBack();

  proxy.cut();
  const answers = await until('the broken connections are gone', async () => {
    const seen = await Promise.all([look(), look(), look()]);
    return seen.every(({ errors }) => errors.length === 0) && seen;
  });

  expect(answers.map(({ data }) => data)).toEqual(answers.map(everything));
});
