/** A proposal of several agents, and revisions after one that was accepted: each agent is made once, and written as often as it is accepted. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { codesOf, dataOf, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { until } from '../../testkit/wait.ts';
import {
  createDesignTenant,
  startDesignService,
  type DesignService,
  type SessionView,
  type TestTenant,
} from './design-service.ts';
import type { FakeAgent } from './neighbours.ts';

let service: DesignService;

beforeAll(async () => {
  service = await startDesignService();
  await service.platform.start('design-worker');
});
beforeEach(() => {
  service.neighbours.agents.clear();
  service.neighbours.behave = () => 'work';
});
afterAll(() => service[Symbol.asyncDispose]());

/** Two roles whose work is done in systems, one after the other. */
const TWO_ROLES = `The service desk records the incident in ServiceNow and assigns the incident to a developer.
The developer opens an issue in GitHub and closes the issue when the fix is released. Then the service desk closes the incident in ServiceNow.`;

interface Accepted {
  session: {
    acceptedRevision: number | null;
    agents: { key: string; agent: { id: string } | null }[];
  } | null;
  agent: { id: string } | null;
  agents: { id: string }[] | null;
  errors: { code: string; path: string[] }[];
}

const ACCEPT = `mutation Accept($input: AcceptDesignInput!) { acceptDesign(input: $input) {
  session { acceptedRevision agents { key agent { id } } } agent { id } agents { id } errors { code path } } }`;

const tryAccept = (tenant: TestTenant, input: object): Promise<GraphQLAnswer> =>
  tenant.ask(ACCEPT, { input });

async function accept(tenant: TestTenant, input: object): Promise<Accepted> {
  return dataOf<{ acceptDesign: Accepted }>(await tryAccept(tenant, input)).acceptDesign;
}

interface Proposed {
  readonly key: string;
  readonly name: string;
  readonly handsOffTo: readonly string[];
}

async function designTeam(tenant: TestTenant): Promise<{ id: string; agents: readonly Proposed[] }> {
  const { id } = await tenant.design({ description: TWO_ROLES, split: 'BY_ROLE' });
  return { id, agents: await proposedBy(tenant, id) };
}

async function proposedBy(tenant: TestTenant, id: string): Promise<readonly Proposed[]> {
  const { designSession } = dataOf<{ designSession: { agents: Proposed[] } }>(
    await tenant.ask('query ($id: ID!) { designSession(id: $id) { agents { key name handsOffTo } } }', {
      id,
    }),
  );
  expect(designSession.agents.length).toBeGreaterThan(1);
  return designSession.agents;
}

async function refine(tenant: TestTenant, id: string, message: string): Promise<SessionView> {
  dataOf(
    await tenant.ask(
      'mutation ($input: RefineDesignInput!) { refineDesign(input: $input) { errors { message } } }',
      { input: { sessionId: id, message } },
    ),
  );
  return tenant.reaches(id, 'SUCCEEDED');
}

const made = (of = service): FakeAgent[] => [...of.neighbours.agents.values()];
const idsOf = (agents: readonly FakeAgent[]): string[] => agents.map(({ id }) => id);
const definitionOf = ({
  draft,
}: FakeAgent): { settings: { handOffAgentIds?: string[] }; instructions: string } =>
  draft.definition as { settings: { handOffAgentIds?: string[] }; instructions: string };

test('every agent of a proposal is made once, under its name, and knows those that it hands work to', async () => {
  const tenant = await createDesignTenant(service);
  const { id, agents } = await designTeam(tenant);
  const second = agents[1]?.key ?? '';
  const input = { sessionId: id, name: 'Desk', agents: [{ key: second, name: 'Fixer', slug: 'fixer' }] };

  const first = await accept(tenant, input);
  const again = await accept(tenant, input);

  expect(first.errors).toEqual([]);
  expect(again).toEqual(first);
  expect(first.agents).toEqual(idsOf(made()).map((agentId) => ({ id: agentId })));
  expect(first.agent).toEqual(first.agents?.[0]);
  expect(first.session?.agents).toEqual(
    agents.map(({ key }, index) => ({ key, agent: first.agents?.[index] })),
  );
  expect(made().map(({ name }) => name)).toEqual([
    'Desk',
    'Fixer',
    ...agents.slice(2).map(({ name }) => name),
  ]);
  const idOf = new Map(agents.map(({ key }, index) => [key, first.agents?.[index]?.id]));
  expect(agents.some(({ handsOffTo }) => handsOffTo.length > 0)).toBe(true);
  for (const [index, { handsOffTo }] of agents.entries()) {
    const agent = made()[index];
    const handOffs = agent === undefined ? [] : definitionOf(agent).settings.handOffAgentIds;
    expect(handOffs).toEqual(expect.arrayContaining(handsOffTo.map((key) => idOf.get(key))));
  }
});

test('a name that is taken is told with its place, what was made stays, and the next call makes the rest', async () => {
  const tenant = await createDesignTenant(service);
  const other = await tenant.design();
  await accept(tenant, { sessionId: other.id, slug: 'fixer' });
  const { id, agents } = await designTeam(tenant);
  const second = agents[1]?.key ?? '';

  const refused = await accept(tenant, { sessionId: id, agents: [{ key: second, slug: 'fixer' }] });
  const halfway = idsOf(made());
  const accepted = await accept(tenant, { sessionId: id, agents: [{ key: second, slug: 'fixer-two' }] });

  expect(refused).toEqual({
    session: null,
    agent: null,
    agents: null,
    errors: [{ code: 'TAKEN', path: ['agents', '0', 'slug'] }],
  });
  expect(halfway).toHaveLength(2);
  expect(accepted.errors).toEqual([]);
  expect(idsOf(made()).slice(0, 2)).toEqual(halfway);
  expect(made()).toHaveLength(1 + agents.length);
});

test('keys that the proposal does not have, or that are named twice, are refused', async () => {
  const tenant = await createDesignTenant(service);
  const { id, agents } = await designTeam(tenant);
  const key = agents[0]?.key ?? '';

  const { errors } = await accept(tenant, { sessionId: id, agents: [{ key }, { key: 'nobody' }, { key }] });

  expect(errors).toEqual([
    { code: 'INVALID', path: ['agents', '1', 'key'] },
    { code: 'INVALID', path: ['agents', '2', 'key'] },
  ]);
  expect(made()).toEqual([]);
});

test('a service that is killed between two agents goes on with the second', async () => {
  await using own = await startDesignService();
  await own.platform.start('design-worker');
  const tenant = await createDesignTenant(own);
  const { id, agents } = await designTeam(tenant);
  let calls = 0;
  own.neighbours.behave = (operation) => {
    if (operation === 'AcceptDesignCreate') calls += 1;
    return operation === 'AcceptDesignCreate' && calls === 2 ? 'stall' : 'work';
  };
  const lost = tryAccept(tenant, { sessionId: id }).catch(() => 'cut off');
  await until('the second agent is made', () => made(own).length === 2);
  own.platform.process('design').kill('SIGKILL');
  await own.platform.process('design').exited;
  const before = idsOf(made(own));
  await own.platform.start('design');

  const finished = await accept(tenant, { sessionId: id });

  expect(await lost).toBe('cut off');
  expect(finished.errors).toEqual([]);
  expect(idsOf(made(own)).slice(0, 2)).toEqual(before);
  expect(finished.agents).toEqual(idsOf(made(own)).map((agentId) => ({ id: agentId })));
  expect(made(own)).toHaveLength(agents.length);
  expect(finished.session?.acceptedRevision).toBe(1);
});

test('calls at once make each agent once', async () => {
  const tenant = await createDesignTenant(service);
  const { id, agents } = await designTeam(tenant);

  const all = await Promise.all(Array.from({ length: 5 }, () => accept(tenant, { sessionId: id })));

  expect(all.map(({ errors }) => errors)).toEqual([[], [], [], [], []]);
  expect(new Set(all.map(({ agents: accepted }) => JSON.stringify(accepted))).size).toBe(1);
  expect(made()).toHaveLength(agents.length);
});

test('a refinement of an accepted design becomes the next version of the same agent', async () => {
  const tenant = await createDesignTenant(service);
  const { id } = await tenant.design();
  const first = await accept(tenant, { sessionId: id, name: 'Claims' });
  await refine(tenant, id, 'The agent must always answer in French.');

  const second = await accept(tenant, { sessionId: id });
  const again = await accept(tenant, { sessionId: id });

  expect(second).toMatchObject({ errors: [], agent: first.agent, session: { acceptedRevision: 2 } });
  expect(again).toEqual(second);
  expect(made()).toMatchObject([{ name: 'Claims', revision: 2 }]);
  expect(made().map((agent) => definitionOf(agent).instructions)).toEqual([
    expect.stringContaining('French'),
  ]);
});

test('an agent that was published since is written all the same, and one whose definition was changed is not', async () => {
  const tenant = await createDesignTenant(service);
  const { id } = await tenant.design();
  await accept(tenant, { sessionId: id });
  const [agent] = made();
  if (!agent) throw new Error('no agent was made');
  // Publishing, renaming and tagging raise the revision.
  agent.revision = 7;
  await refine(tenant, id, 'The agent must always answer in French.');

  const published = await accept(tenant, { sessionId: id });
  await refine(tenant, id, 'The agent must always answer in Spanish.');
  agent.draft = { definition: { ...(agent.draft.definition as object), instructions: 'By hand.' } };
  agent.revision += 1;
  const changed = await accept(tenant, { sessionId: id });

  expect(published).toMatchObject({ errors: [], session: { acceptedRevision: 2 } });
  expect(changed).toMatchObject({
    session: null,
    errors: [{ code: 'STALE_REVISION', path: ['sessionId'] }],
  });
  expect(definitionOf(agent).instructions).toBe('By hand.');
});

test('an earlier revision is accepted by its number, also when the newest failed or was cancelled', async () => {
  const tenant = await createDesignTenant(service);
  const { id } = await tenant.design();
  const first = (await tenant.session(id)).definition?.instructions;
  await refine(tenant, id, 'The agent must always answer in French.');
  service.neighbours.behave = (operation) => (operation === 'grant' ? 'hang' : 'work');
  dataOf(
    await tenant.ask(
      'mutation ($id: ID!) { refineDesign(input: { sessionId: $id, message: "Wait." }) { errors { code } } }',
      { id },
    ),
  );
  const whileAtWork = await tryAccept(tenant, { sessionId: id, revision: 1 });
  await tenant.ask('mutation ($id: ID!) { cancelDesign(input: { sessionId: $id }) { errors { code } } }', {
    id,
  });
  service.neighbours.behave = () => 'work';

  const newest = await tryAccept(tenant, { sessionId: id });
  const unfinished = await tryAccept(tenant, { sessionId: id, revision: 3 });
  const none = await accept(tenant, { sessionId: id, revision: 9 });
  const earlier = await accept(tenant, { sessionId: id, revision: 1 });

  expect([whileAtWork, newest, unfinished].map(codesOf)).toEqual([['CONFLICT'], ['CONFLICT'], ['CONFLICT']]);
  expect(none.errors).toEqual([{ code: 'NOT_FOUND', path: ['revision'] }]);
  expect(earlier).toMatchObject({ errors: [], session: { acceptedRevision: 1 } });
  expect(made().map((agent) => definitionOf(agent).instructions)).toEqual([first]);
});

test('a revision whose acceptance was cut off is finished before another one, so that no agent is made twice', async () => {
  const tenant = await createDesignTenant(service);
  const { id } = await tenant.design();
  await refine(tenant, id, 'The agent must always answer in French.');
  service.neighbours.behave = (operation) => (operation === 'AcceptDesignCreate' ? 'drop' : 'work');
  const cutOff = await tryAccept(tenant, { sessionId: id, revision: 1, name: 'First' });
  service.neighbours.behave = () => 'work';

  const other = await accept(tenant, { sessionId: id, name: 'Second' });

  expect(codesOf(cutOff)).toEqual(['SERVICE_UNAVAILABLE']);
  expect(other).toMatchObject({ errors: [], session: { acceptedRevision: 2 } });
  expect(made()).toMatchObject([{ name: 'First', revision: 2 }]);
  expect(made().map((agent) => definitionOf(agent).instructions)).toEqual([
    expect.stringContaining('French'),
  ]);
});
