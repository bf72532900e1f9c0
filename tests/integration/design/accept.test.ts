import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { codesOf, dataOf, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { until } from '../../testkit/wait.ts';
import {
  createDesignTenant,
  startDesignService,
  type DesignService,
  type TestTenant,
} from './design-service.ts';

let service: DesignService;

beforeAll(async () => {
  service = await startDesignService();
  await service.platform.start('design-worker');
});
beforeEach(() => {
  service.neighbours.agents.clear();
  service.neighbours.grants.length = 0;
  service.neighbours.behave = () => 'work';
});
afterAll(() => service[Symbol.asyncDispose]());

interface Accepted {
  session: { id: string; acceptedAt: string | null; agent: { id: string } | null } | null;
  agent: { id: string } | null;
  errors: { code: string; path: string[] }[];
}

const ACCEPT = `mutation Accept($input: AcceptDesignInput!) {
  acceptDesign(input: $input) { session { id acceptedAt agent { id } } agent { id } errors { code path } } }`;

const tryAccept = (tenant: TestTenant, input: object): Promise<GraphQLAnswer> =>
  tenant.ask(ACCEPT, { input });

async function accept(tenant: TestTenant, input: object): Promise<Accepted> {
  return dataOf<{ acceptDesign: Accepted }>(await tryAccept(tenant, input)).acceptDesign;
}

const agentIds = (): string[] => [...service.neighbours.agents.keys()];

test('a design becomes one agent, however often it is accepted, in the name of the session', async () => {
  const tenant = await createDesignTenant(service);
  const { id } = await tenant.design({ title: 'Claims handling' });
  service.neighbours.grants.length = 0;

  const first = await accept(tenant, { sessionId: id, name: 'Claims', slug: 'claims' });
  const again = await accept(tenant, { sessionId: id, name: 'Claims', slug: 'claims' });

  expect(first.errors).toEqual([]);
  expect(again).toEqual(first);
  expect(agentIds()).toEqual([first.agent?.id]);
  expect(first.session?.agent).toEqual(first.agent);
  expect(first.session?.acceptedAt).not.toBeNull();
  expect(service.neighbours.grants).toHaveLength(1);
  expect(service.neighbours.grants[0]).toMatchObject({
    audience: 'agents',
    permissions: ['agent:read', 'agent:write'],
    job: { kind: 'DESIGN_JOB', id, name: 'Claims handling' },
  });
});

test('without a name the agent gets the proposed one', async () => {
  const tenant = await createDesignTenant(service);
  const { id, proposal } = await tenant.design();

  const { agent } = await accept(tenant, { sessionId: id });

  expect(service.neighbours.agents.get(agent?.id ?? '')?.name).toBe(proposal?.name);
});

test('a call that was cut off after the agent was made is finished by the next, under the same name', async () => {
  const tenant = await createDesignTenant(service);
  const { id } = await tenant.design();
  service.neighbours.behave = (operation) => (operation === 'AcceptDesignCreate' ? 'drop' : 'work');
  const cutOff = await tryAccept(tenant, { sessionId: id, name: 'First' });
  service.neighbours.behave = () => 'work';

  const finished = await accept(tenant, { sessionId: id, name: 'Second' });

  expect(codesOf(cutOff)).toEqual(['SERVICE_UNAVAILABLE']);
  expect([...service.neighbours.agents.values()].map(({ name }) => name)).toEqual(['First']);
  expect(finished.agent).toEqual({ id: agentIds()[0] });
});

test('a service that is killed after the agent was made makes no second one', async () => {
  await using own = await startDesignService();
  await own.platform.start('design-worker');
  const tenant = await createDesignTenant(own);
  const { id } = await tenant.design();
  own.neighbours.behave = (operation) => (operation === 'AcceptDesignCreate' ? 'stall' : 'work');
  const lost = tryAccept(tenant, { sessionId: id, slug: 'claims' }).catch(() => 'cut off');
  await until('the agent is made', () => own.neighbours.agents.size === 1);
  own.platform.process('design').kill('SIGKILL');
  await own.platform.process('design').exited;
  own.neighbours.behave = () => 'work';
  await own.platform.start('design');

  const finished = await accept(tenant, { sessionId: id, slug: 'claims' });

  expect(await lost).toBe('cut off');
  expect(finished.errors).toEqual([]);
  expect([...own.neighbours.agents.keys()]).toEqual([finished.agent?.id]);
});

test('calls at once make one agent', async () => {
  const tenant = await createDesignTenant(service);
  const { id } = await tenant.design();

  const all = await Promise.all(
    ['One', 'Two', 'Two', 'One', 'Three'].map((name) => accept(tenant, { sessionId: id, name })),
  );

  expect(all.map(({ errors }) => errors)).toEqual([[], [], [], [], []]);
  expect(new Set(all.map(({ agent }) => agent?.id))).toEqual(new Set(agentIds()));
  expect(agentIds()).toHaveLength(1);
});

test('a taken slug is told with its path, and another one can be chosen', async () => {
  const tenant = await createDesignTenant(service);
  const [first, second] = [await tenant.design(), await tenant.design()];
  await accept(tenant, { sessionId: first.id, name: 'Claims', slug: 'claims' });

  const refused = await accept(tenant, { sessionId: second.id, name: 'Claims', slug: 'claims' });
  const accepted = await accept(tenant, { sessionId: second.id, name: 'Claims', slug: 'claims-two' });

  expect(refused).toEqual({ session: null, agent: null, errors: [{ code: 'TAKEN', path: ['slug'] }] });
  expect(accepted.errors).toEqual([]);
  expect([...service.neighbours.agents.values()].map(({ slug }) => slug)).toEqual(['claims', 'claims-two']);
});

test('only a design that succeeded is accepted', async () => {
  const tenant = await createDesignTenant(service);
  const id = await tenant.start({ reviewProcess: true });
  await tenant.reaches(id, 'AWAITING_REVIEW');

  const answer = await tryAccept(tenant, { sessionId: id });

  expect(codesOf(answer)).toEqual(['CONFLICT']);
  expect(agentIds()).toEqual([]);
});

test('who may no longer write agents accepts nothing', async () => {
  const tenant = await createDesignTenant(service);
  const { id } = await tenant.design();
  service.neighbours.behave = (operation) => (operation === 'grant' ? 'refuse' : 'work');

  expect(codesOf(await tryAccept(tenant, { sessionId: id }))).toEqual(['FORBIDDEN']);
});

test('a colleague accepts under a job of its own', async () => {
  const author = await createDesignTenant(service);
  const { id } = await author.design();
  const colleague = await createDesignTenant(service, { tenantId: author.tenantId });
  service.neighbours.grants.length = 0;

  await accept(colleague, { sessionId: id });

  expect(service.neighbours.grants[0]?.job.id).not.toBe(id);
});

async function redesign(tenant: TestTenant): Promise<{ sessionId: string; agentId: string }> {
  const made = await accept(tenant, { sessionId: (await tenant.design()).id });
  const agentId = made.agent?.id ?? '';
  const description =
    'The clerk records the claim in Jira. The manager approves the payment. The clerk informs the customer.';
  const session = await tenant.design({ agentId, description });
  return { sessionId: session.id, agentId };
}

test('a redesign becomes the next revision of its agent, once, also when a call was cut off', async () => {
  const tenant = await createDesignTenant(service);
  const { sessionId, agentId } = await redesign(tenant);
  service.neighbours.behave = (operation) => (operation === 'AcceptDesignUpdate' ? 'drop' : 'work');
  const cutOff = await tryAccept(tenant, { sessionId });
  service.neighbours.behave = () => 'work';

  const finished = await accept(tenant, { sessionId });

  expect(codesOf(cutOff)).toEqual(['SERVICE_UNAVAILABLE']);
  expect(finished).toMatchObject({ agent: { id: agentId }, errors: [] });
  expect(agentIds()).toEqual([agentId]);
  expect(service.neighbours.agents.get(agentId)?.revision).toBe(2);
});

test('a redesign of an agent that was changed meanwhile is stale', async () => {
  const tenant = await createDesignTenant(service);
  const { sessionId, agentId } = await redesign(tenant);
  const agent = service.neighbours.agents.get(agentId);
  if (agent) agent.revision = 7;

  const { errors, session } = await accept(tenant, { sessionId });

  expect(errors).toEqual([{ code: 'STALE_REVISION', path: ['sessionId'] }]);
  expect(session).toBeNull();
});

test('an agent that does not exist cannot be redesigned', async () => {
  const tenant = await createDesignTenant(service);

  const session = await tenant.reaches(await tenant.start({ agentId: newId() }), 'FAILED');

  expect(session.failure).toMatchObject({ phase: 'CONTEXT', code: 'AGENT_NOT_FOUND', retryable: false });
});
