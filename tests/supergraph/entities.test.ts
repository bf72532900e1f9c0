/** Entities that live in several services, and what of them somebody may see who may see only a part. */
import { beforeAll, describe, expect, test } from 'vitest';
import { codesOf, dataOf, postGraphQL } from '../testkit/graphql.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import { DESCRIPTION, START, createAgent, startDesign, waitForState, type CreatedAgent } from './designs.ts';

const platform = sharedPlatform();
let tenant: TestTenant;
let agent: CreatedAgent;
let sessionId: string;
let integrationId: string;

beforeAll(async () => {
  tenant = await platform.createTenant();
  agent = await createAgent(tenant, 'Claims handler');
  sessionId = await startDesign(tenant, { agentId: agent.id });
  await waitForState(tenant, sessionId, 'SUCCEEDED');
  const created = dataOf<{ createIntegration: { integration: { id: string } } }>(
    await tenant.ask('OWNER', CREATE_INTEGRATION, { input: INTEGRATION }),
  );
  integrationId = created.createIntegration.integration.id;
  const link = `mutation($input: LinkAgentIntegrationInput!) { linkAgentIntegration(input: $input) { agent { name } errors { code } } }`;
  dataOf(await tenant.ask('OWNER', link, { input: { agentId: agent.id, integrationId } }));
});

const CREATE_INTEGRATION = `mutation($input: CreateIntegrationInput!) {
  createIntegration(input: $input) { integration { id } errors { code path } } }`;
const INTEGRATION = {
  kind: 'JIRA',
  name: 'Tickets',
  baseUrl: 'https://jira.example.com',
  credential: { email: 'a@example.com', apiToken: 'a-secret-of-the-test' },
};

test('an agent is joined of the parts that four services know', async () => {
  const { EDITOR } = tenant.users;
  const name = `EDITOR of ${tenant.slug}`;

  const seen = await tenant.get(
    `query($id: ID!) { agent(id: $id) {
      name owner { email roles { name } } createdBy { name }
      versions { totalCount edges { node { number author { kind name user { email } } } } }
      integrations { id name kind status credentialHint }
      designSessions { edges { node { id state createdBy { name } agent { name owner { name } } } } } } }`,
    { id: agent.id },
  );

  expect(seen).toEqual({
    agent: {
      name: 'Claims handler',
      owner: { email: EDITOR.email, roles: [{ name: 'EDITOR' }] },
      createdBy: { name },
      versions: {
        totalCount: 1,
        edges: [{ node: { number: 1, author: { kind: 'USER', name, user: { email: EDITOR.email } } } }],
      },
      integrations: [
        { id: integrationId, name: 'Tickets', kind: 'JIRA', status: 'UNTESTED', credentialHint: 'test' },
      ],
      designSessions: {
        edges: [
          {
            node: {
              id: sessionId,
              state: 'SUCCEEDED',
              createdBy: { name },
              agent: { name: 'Claims handler', owner: { name } },
            },
          },
        ],
      },
    },
  });
});

test('a session knows its agent, and through it the integrations and the owner', async () => {
  const seen = await tenant.get(
    `query($id: ID!) { designSession(id: $id) { createdBy { email }
      agent { slug status draft { number } owner { email } integrations { name } designSessions(first: 1) { edges { node { id } } } } } }`,
    { id: sessionId },
  );

  const { email } = tenant.users.EDITOR;
  expect(seen).toEqual({
    designSession: {
      createdBy: { email },
      agent: {
        slug: agent.slug,
        status: 'DRAFT',
        draft: { number: 1 },
        owner: { email },
        integrations: [{ name: 'Tickets' }],
        designSessions: { edges: [{ node: { id: sessionId } }] },
      },
    },
  });
});

test('many agents are joined with as many owners, each with its own', async () => {
  const company = await platform.createTenant();
  const create =
    'mutation($name: String!) { createAgent(input: { name: $name }) { agent { id } errors { code } } }';
  const roles = ['EDITOR', 'OWNER', 'ADMIN', 'EDITOR', 'OWNER', 'ADMIN'] as const;
  for (const [index, role] of roles.entries())
    dataOf(await company.ask(role, create, { name: `${index} ${role}` }));

  const { agents } = await company.get<{
    agents: { edges: { node: { name: string; owner: { name: string } } }[] };
  }>('{ agents(orderBy: { field: NAME }) { edges { node { name owner { name } } } } }');

  expect(agents.edges.map(({ node }) => `${node.name}: ${node.owner.name}`)).toEqual(
    roles.map((role, index) => `${index} ${role}: ${role} of ${company.slug}`),
  );
});

test('what was deleted is gone from what refers to it', async () => {
  const company = await platform.createTenant();
  const gone = await createAgent(company);
  const id = await startDesign(company, { agentId: gone.id, reviewProcess: true });
  await waitForState(company, id, 'AWAITING_REVIEW');

  await company.get(
    'mutation($id: ID!) { deleteAgent(input: { id: $id }) { deletedAgentId errors { code } } }',
    {
      id: gone.id,
    },
  );

  const answer = await company.ask(
    'EDITOR',
    'query($id: ID!) { designSession(id: $id) { id agent { id name } } }',
    { id },
  );
  expect(answer.status).toBe(200);
  expect(answer.data).toMatchObject({ designSession: { id, agent: null } });
});

// Attack: doing or seeing, by a detour, what the role does not allow.
describe('a VIEWER', () => {
  test('sees everything and changes nothing', async () => {
    const before = await tenant.get('{ agents { totalCount } designSessions { edges { cursor } } }');
    const mutations: [string, string, Readonly<Record<string, unknown>>][] = [
      [
        'createAgent',
        'mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }',
        { name: 'X' },
      ],
      [
        'updateAgent',
        'mutation($input: UpdateAgentInput!) { updateAgent(input: $input) { agent { id } } }',
        { id: agent.id, expectedRevision: agent.revision, name: 'X' },
      ],
      [
        'deleteAgent',
        'mutation($input: DeleteAgentInput!) { deleteAgent(input: $input) { deletedAgentId } }',
        { id: agent.id },
      ],
      [
        'publishAgent',
        'mutation($input: PublishAgentInput!) { publishAgent(input: $input) { agent { id } } }',
        { id: agent.id },
      ],
      ['startDesign', START, { title: 'X', description: DESCRIPTION }],
      [
        'acceptDesign',
        'mutation($input: AcceptDesignInput!) { acceptDesign(input: $input) { agent { id } } }',
        { sessionId },
      ],
      ['createIntegration', CREATE_INTEGRATION, INTEGRATION],
      [
        'deleteIntegration',
        'mutation($input: DeleteIntegrationInput!) { deleteIntegration(input: $input) { errors { code } } }',
        { id: integrationId },
      ],
    ];

    for (const [name, mutation, input] of mutations) {
      const answer = await tenant.ask('VIEWER', mutation, { input });

      expect(answer.data).toEqual({ [name]: null });
      expect(answer.errors).toEqual([
        expect.objectContaining({ path: [name], extensions: { code: 'FORBIDDEN' } }),
      ]);
    }

    const look = `query($id: ID!) { agent(id: $id) { name owner { name } integrations { name } designSessions { edges { node { id } } } } }`;
    expect(dataOf(await tenant.ask('VIEWER', look, { id: agent.id }))).toMatchObject({
      agent: { name: 'Claims handler', integrations: [{ name: 'Tickets' }] },
    });
    expect(await tenant.get('{ agents { totalCount } designSessions { edges { cursor } } }')).toEqual(before);
  });

  test('is refused a text analysis, hidden in a fragment and under another name', async () => {
    const answer = await tenant.ask(
      'VIEWER',
      `query { ...Hidden agents { totalCount } }
       fragment Hidden on Query { innocent: analyzeProcess(text: "The clerk checks the claim.") { revision } }`,
    );

    expect(answer.data).toMatchObject({ innocent: null, agents: { totalCount: expect.any(Number) } });
    expect(answer.errors).toEqual([
      expect.objectContaining({ path: ['innocent'], extensions: { code: 'FORBIDDEN' } }),
    ]);
  });
});

test('an EDITOR is refused the forbidden half of a mutation, and the other half is done', async () => {
  const answer = await tenant.ask(
    'EDITOR',
    `mutation($integration: CreateIntegrationInput!) {
      made: createAgent(input: { name: "Half" }) { agent { name } errors { code } }
      refused: createIntegration(input: $integration) { integration { id } errors { code } } }`,
    { integration: INTEGRATION },
  );

  expect(answer.data).toEqual({ made: { agent: { name: 'Half' }, errors: [] }, refused: null });
  expect(answer.errors).toEqual([
    expect.objectContaining({ path: ['refused'], extensions: { code: 'FORBIDDEN' } }),
  ]);
});

test('nobody sees a field of an entity without the permission for it', async () => {
  const query = `{ agents { totalCount } users { edges { cursor } } designSessions { edges { cursor } } integrations { id } }`;

  const answer = await postGraphQL(platform.graphqlUrl, { query });

  expect(answer.data).toEqual({ agents: null, users: null, designSessions: null, integrations: null });
  expect(codesOf(answer)).toEqual([
    'UNAUTHENTICATED',
    'UNAUTHENTICATED',
    'UNAUTHENTICATED',
    'UNAUTHENTICATED',
  ]);
});
