/** A design across the real services: what the stand-ins of the other files promise holds. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { startWholePlatform, type TestPlatform } from '../../testkit/platform.ts';
import { subscribe } from '../../testkit/subscription.ts';
import { untilKnown } from '../../testkit/known-agents.ts';
import { createTenant, type TestTenant } from '../../testkit/tenant.ts';
import { until } from '../../testkit/wait.ts';
import { DESCRIPTION } from './design-service.ts';

const stack = new AsyncDisposableStack();
let database: TestDatabase;
let platform: TestPlatform;
let tenant: TestTenant;

beforeAll(async () => {
  database = stack.use(await createTestDatabase());
  platform = stack.use(await startWholePlatform({ database }));
  tenant = await createTenant(platform.url('router'), database);
});
afterAll(() => stack.disposeAsync());

const START = `mutation($input: StartDesignInput!) {
  startDesign(input: $input) { session { id } errors { code message } } }`;
const ACCEPT = `mutation($input: AcceptDesignInput!) { acceptDesign(input: $input) {
  session { id agent { id } } errors { code path }
  agent { id slug name revision draft { number author { kind id name user { id } } definition { tools { name } } } } } }`;

interface AcceptedAgent {
  id: string;
  slug: string;
  name: string;
  revision: number;
  draft: { number: number; author: { kind: string; id: string; name: string; user: { id: string } | null } };
}

interface Accepted {
  acceptDesign: { agent: AcceptedAgent | null; errors: { code: string; path: string[] }[] };
}

async function design(input: object): Promise<string> {
  const { startDesign } = await tenant.get<{ startDesign: { session: { id: string } } }>(START, { input });
  const { id } = startDesign.session;
  await until('the design has succeeded', async () => {
    const { designSession } = await tenant.get<{ designSession: { state: string; failure: object | null } }>(
      'query($id: ID!) { designSession(id: $id) { state failure { code message } } }',
      { id },
    );
    if (designSession.failure) throw new Error(JSON.stringify(designSession.failure));
    return designSession.state === 'SUCCEEDED';
  });
  return id;
}

const accept = (input: object): Promise<Accepted> => tenant.get<Accepted>(ACCEPT, { input });

test('a design becomes an agent, and its redesign the next version, in the name of the session', async () => {
  const sessionId = await design({ title: 'Claims', description: DESCRIPTION });
  const made = await Promise.all([
    accept({ sessionId, name: 'Claims agent', slug: 'claims' }),
    accept({ sessionId, name: 'Claims agent', slug: 'claims' }),
  ]);
  const [agent] = made.map(({ acceptDesign }) => acceptDesign.agent);
  const description = `${DESCRIPTION} The clerk archives the claim in SharePoint.`;
  const redesignId = await design({ title: 'Claims with archive', description, agentId: agent?.id });

  const redesigned = await accept({ sessionId: redesignId });

  expect(made.map(({ acceptDesign }) => acceptDesign.errors)).toEqual([[], []]);
  expect(made.map(({ acceptDesign }) => acceptDesign.agent?.id)).toEqual([agent?.id, agent?.id]);
  expect(agent).toMatchObject({
    slug: 'claims',
    name: 'Claims agent',
    draft: {
      number: 1,
      author: { kind: 'DESIGN_JOB', id: sessionId, name: 'Claims', user: { id: tenant.users.EDITOR.id } },
    },
  });
  expect(redesigned.acceptDesign).toMatchObject({
    errors: [],
    agent: { id: agent?.id, revision: 2, draft: { number: 2, author: { id: redesignId } } },
  });
  const { agent: found } = await tenant.get<{
    agent: { designSessions: { edges: { node: { id: string } }[] } };
  }>('query($id: ID!) { agent(id: $id) { designSessions { edges { node { id } } } } }', { id: agent?.id });
  expect(found.designSessions.edges.map(({ node }) => node.id)).toEqual([redesignId, sessionId]);
});

test('a taken slug and a stale redesign are told as the agents subgraph says them', async () => {
  const [first, second] = await Promise.all([
    design({ title: 'One', description: DESCRIPTION }),
    design({ title: 'Two', description: DESCRIPTION }),
  ]);
  const made = await accept({ sessionId: first, slug: 'taken' });
  const agentId = made.acceptDesign.agent?.id;
  const redesignId = await design({
    title: 'Again',
    description: `${DESCRIPTION} The clerk calls the customer.`,
    agentId,
  });
  await tenant.get('mutation($input: UpdateAgentInput!) { updateAgent(input: $input) { errors { code } } }', {
    input: { id: agentId, expectedRevision: 1, name: 'Renamed' },
  });

  const taken = await accept({ sessionId: second, slug: 'taken' });
  const stale = await accept({ sessionId: redesignId });
  const free = await accept({ sessionId: second, slug: 'free' });

  expect(taken.acceptDesign).toEqual({
    session: null,
    agent: null,
    errors: [{ code: 'TAKEN', path: ['slug'] }],
  });
  expect(stale.acceptDesign.errors).toEqual([{ code: 'STALE_REVISION', path: ['sessionId'] }]);
  expect(free.acceptDesign).toMatchObject({ errors: [], agent: { slug: 'free' } });
});

test('a colleague accepts what another has designed; who only reads does not', async () => {
  const sessionId = await design({ title: 'Shared', description: DESCRIPTION });

  const refused = await tenant.ask('VIEWER', ACCEPT, { input: { sessionId } });
  const accepted = dataOf<Accepted>(await tenant.ask('ADMIN', ACCEPT, { input: { sessionId } }));

  expect(codesOf(refused)).toEqual(['FORBIDDEN']);
  expect(accepted.acceptDesign).toMatchObject({
    errors: [],
    agent: { draft: { author: { kind: 'DESIGN_JOB', name: 'Shared', user: { id: tenant.users.ADMIN.id } } } },
  });
});

test('progress is followed through the router, across three subgraphs', async () => {
  const { acceptDesign } = await accept({
    sessionId: await design({ title: 'Base', description: DESCRIPTION }),
  });
  const { startDesign } = await tenant.get<{ startDesign: { session: { id: string } } }>(START, {
    input: { title: 'Followed', description: DESCRIPTION, agentId: acceptDesign.agent?.id },
  });
  await using following = subscribe(
    {
      query: `subscription($id: ID!) { designProgress(sessionId: $id) {
        sequence state session { id agent { name owner { name } } } } }`,
      variables: { id: startDesign.session.id },
    },
    { url: `${platform.url('router')}/graphql`, token: tenant.users.EDITOR.accessToken },
  );

  const end = await following.ended;

  expect(end).toBe('completed');
  const events = following.events.map(
    ({ data }) =>
      (
        data as {
          designProgress: { sequence: number; session: { agent: { name: string; owner: { name: string } } } };
        }
      ).designProgress,
  );
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => index + 1));
  expect(events.at(-1)).toMatchObject({
    state: 'SUCCEEDED',
    session: {
      agent: { name: acceptDesign.agent?.name, owner: { name: expect.stringContaining('EDITOR') } },
    },
  });
});

test('a design knows the agents of its tenant while the agents service is away, and those of no other', async () => {
  const create = `mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }`;
  const own = await createTenant(platform.url('router'), database);
  const other = await createTenant(platform.url('router'), database);
  for (const each of [own, other, other]) {
    const { createAgent } = await each.get<{ createAgent: { agent: { id: string } } }>(create, {
      input: { name: 'Fraud check' },
    });
    await untilKnown(database, createAgent.agent);
  }
  const agents = platform.process('agents');
  agents.kill('SIGKILL');
  await agents.exited;

  const { startDesign } = await own.get<{ startDesign: { session: { id: string } } }>(START, {
    input: { title: 'Alone', description: DESCRIPTION },
  });
  const { id } = startDesign.session;
  const messages = await until('the design has ended', async () => {
    const { designSession } = await own.get<{
      designSession: { state: string; events: { message: string }[]; failure: object | null };
    }>('query($id: ID!) { designSession(id: $id) { state failure { code message } events { message } } }', {
      id,
    });
    if (designSession.failure) throw new Error(JSON.stringify(designSession.failure));
    return designSession.state === 'SUCCEEDED' && designSession.events.map(({ message }) => message);
  });

  await platform.start('agents');
  expect(messages).toContain('1 agent of the tenant read; nothing is connected.');
});
