/** `acceptDesign` is cut off at either side of the call that makes the agent, called again, and called twice at once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase } from '../testkit/database.ts';
import { codesOf, postGraphQL, type GraphQLAnswer } from '../testkit/graphql.ts';
import { createPlatform, type TestPlatform } from '../testkit/platform.ts';
import { createTenant, type TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { openRows, type DatabaseRows } from './database-rows.ts';
import { getSession, startDesign } from './design-journey.ts';
import { startHoldingProxy, type HoldingProxy } from './holding-proxy.ts';

/** Long enough for a job on a busy machine. */
const DESIGN_LIMIT_MS = 60_000;

let stack: AsyncDisposableStack;
let rows: DatabaseRows;
let platform: TestPlatform;
let tenant: TestTenant;
/** Between the design and the agents subgraph. */
let proxy: HoldingProxy;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  rows = stack.use(await openRows(database.superuserUrl));
  proxy = stack.use(await startHoldingProxy());
  platform = stack.use(await createPlatform({ database, env: { design: { AGENTS_URL: proxy.url } } }));
  proxy.forwardTo(platform.url('agents'));
  const services = ['auth', 'agents', 'design', 'integrations', 'design-worker'] as const;
  await Promise.all(services.map((name) => platform.start(name)));
  await platform.start('router');
  tenant = await createTenant(platform.url('router'), database);
});
afterAll(() => stack.disposeAsync());

const ACCEPT = `mutation Accept($input: AcceptDesignInput!) { acceptDesign(input: $input) {
  agent { id name } session { id acceptedAt agent { id } } errors { code message path } } }`;

interface AcceptPayload {
  readonly agent: { readonly id: string; readonly name: string } | null;
  readonly errors: readonly object[];
}

const accept = (sessionId: string, name: string): Promise<GraphQLAnswer> =>
  tenant.ask('EDITOR', ACCEPT, { input: { sessionId, name } });

const payloadOf = ({ data }: GraphQLAnswer): AcceptPayload =>
  (data as { acceptDesign: AcceptPayload }).acceptDesign;

async function design(): Promise<string> {
  const id = await startDesign(tenant);
  const hasSucceeded = async (): Promise<boolean> => (await getSession(tenant, id)).state === 'SUCCEEDED';
  await until('the design has succeeded', hasSucceeded, DESIGN_LIMIT_MS);
  return id;
}

const listAgents = (name: string): Promise<readonly { id: string }[]> =>
  rows.rows('SELECT id FROM agents.agent WHERE tenant_id = $1 AND name LIKE $2', [tenant.id, `${name}%`]);

async function expectOneAgent(sessionId: string, name: string, answer: GraphQLAnswer): Promise<void> {
  const { agent, errors } = payloadOf(answer);
  const session = await getSession(tenant, sessionId);
  const acceptances = await rows.rows(
    `SELECT id FROM design.audit_event WHERE action = 'design_session.accepted' AND resource_id = $1`,
    [sessionId],
  );
  const versions = await rows.rows('SELECT id FROM agents.agent_version WHERE agent_id = $1', [agent?.id]);

  expect(errors).toEqual([]);
  expect(await listAgents(name)).toEqual([{ id: agent?.id }]);
  expect(session.agent).toMatchObject({ id: agent?.id });
  expect(session.acceptedAt).not.toBeNull();
  expect(acceptances).toHaveLength(1);
  expect(versions).toHaveLength(1);
}

test.each([
  { what: 'request', place: 'before', agents: 0 },
  { what: 'answer', place: 'after', agents: 1 },
] as const)(
  'a call that is killed $place the agent was made is finished by the next, with one agent',
  async ({ what, agents }) => {
    const id = await design();
    const name = `Killed at its ${what}`;
    const hold = proxy.hold('AcceptDesignCreate', what);
    const cutOff = accept(id, name);
    await until('the call to agents is held', () => hold.held > 0);
    const madeBefore = await listAgents(name);

    platform.process('design').kill('SIGKILL');
    await platform.process('design').exited;
    const first = await cutOff;
    await platform.start('design');
    // Whatever the dead process had sent arrives as well, before or after what its successor sends.
    hold.release();
    const second = await accept(id, name);
    const third = await accept(id, name);

    expect(madeBefore).toHaveLength(agents);
    expect(codesOf(first)).toEqual(['SERVICE_UNAVAILABLE']);
    await expectOneAgent(id, name, second);
    expect(payloadOf(third)).toEqual(payloadOf(second));
  },
);

test('a request of a killed process that arrives after its successor has done the work makes no second agent', async () => {
  const id = await design();
  const name = 'Late request';
  const hold = proxy.hold('AcceptDesignCreate', 'request');
  const cutOff = accept(id, name);
  await until('the call to agents is held', () => hold.held > 0);
  platform.process('design').kill('SIGKILL');
  await Promise.all([platform.process('design').exited, cutOff]);
  // The successor reaches agents by another way.
  const other = await platform.start('design', { env: { AGENTS_URL: platform.url('agents') } });
  const router = await platform.start('router', { env: { SUBGRAPH_DESIGN_URL: other.url } });
  const operation = { query: ACCEPT, variables: { input: { sessionId: id, name } } };

  const answer = await postGraphQL(`${router.url}/graphql`, operation, tenant.users.EDITOR.accessToken);
  const arrived = proxy.answered;
  hold.release();
  await until('the late request was answered', () => proxy.answered > arrived);

  expect(await listAgents(name)).toHaveLength(1);
  await platform.start('design');
  await expectOneAgent(id, name, answer);
});

test('two calls at once make one agent', async () => {
  const id = await design();
  const hold = proxy.hold('AcceptDesignCreate', 'request');
  const calls = Promise.all([accept(id, 'At once'), accept(id, 'At once')]);
  await until('both are about to make it', () => hold.held === 2);

  hold.release();
  const [first, second] = await calls;

  await expectOneAgent(id, 'At once', first);
  expect(payloadOf(second)).toEqual(payloadOf(first));
});
