import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import {
  AGENT,
  ARCHIVE,
  CREATE,
  DELETE,
  PUBLISH,
  RESTORE,
  UNARCHIVE,
  UPDATE,
  createAgent,
  startAgentsService,
  type AgentsClient,
  type AgentsService,
} from './agents-service.ts';

let service: AgentsService;
beforeAll(async () => {
  service = await startAgentsService();
});
afterAll(() => service[Symbol.asyncDispose]());

const ENTITIES = `query Read($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Agent { id name } ... on AgentVersion { id number definition { instructions } } } }`;

const MUTATIONS: readonly [string, string, Record<string, unknown>][] = [
  ['updateAgent', UPDATE, { expectedRevision: 1, name: 'Mine now' }],
  ['publishAgent', PUBLISH, {}],
  ['restoreAgentVersion', RESTORE, { number: 1 }],
  ['archiveAgent', ARCHIVE, {}],
  ['unarchiveAgent', UNARCHIVE, {}],
  ['deleteAgent', DELETE, {}],
];

describe('the agent of another tenant', () => {
  test.each(MUTATIONS)('%s answers as for an id that does not exist', async (_name, mutation, rest) => {
    // Attack: change or find out about a foreign agent by its id.
    const theirs = await service.client('OWNER');
    const mine = await service.client('OWNER');
    const foreign = await createAgent(theirs);

    const answers = [];
    for (const id of [foreign.id, newId(), 'no id', '']) {
      answers.push(await mine.send(mutation, { input: { id, ...rest } }));
    }

    const [first, ...others] = answers;
    expect(first?.errors.map(({ message, extensions }) => [message, extensions])).toEqual([
      ['Agent not found.', { code: 'NOT_FOUND' }],
    ]);
    for (const answer of others) expect(answer).toEqual(first);
    expect((await theirs.data(AGENT, { id: foreign.id })).agent).toEqual(foreign);
  });

  test('is null by id, by slug and as an entity, and in no list', async () => {
    const theirs = await service.client('OWNER');
    const mine = await service.client('OWNER');
    const foreign = await createAgent(theirs, { slug: 'foreign', tags: ['t'] });
    const representations = [
      { __typename: 'Agent', id: foreign.id },
      { __typename: 'AgentVersion', id: foreign.draft.id },
      { __typename: 'Agent', id: newId() },
      { __typename: 'Agent', id: 'no id' },
      { __typename: 'AgentVersion', id: 'no id' },
    ];

    const byId = await mine.data(AGENT, { id: foreign.id });
    const bySlug = await mine.data(AGENT, { slug: 'foreign' });
    const entities = await mine.data(ENTITIES, { representations });
    const list = await mine.data(
      'query Read($ownerId: ID!) { all: agents { totalCount } owned: agents(filter: { ownerId: $ownerId }) { totalCount } }',
      { ownerId: theirs.userId },
    );

    expect(byId.agent).toBeNull();
    expect(bySlug.agent).toBeNull();
    expect(entities).toEqual({ _entities: [null, null, null, null, null] });
    expect(list).toEqual({ all: { totalCount: 0 }, owned: { totalCount: 0 } });
  });

  test('a cursor of another tenant shows nothing of it', async () => {
    const theirs = await service.client('OWNER');
    const mine = await service.client('OWNER');
    await createAgent(theirs);
    const query =
      'query Read($after: String) { agents(after: $after) { edges { node { name } } pageInfo { endCursor } } }';
    const { agents } = await theirs.data(query);

    const answer = await mine.data(query, { after: agents.pageInfo.endCursor });

    expect(answer.agents.edges).toEqual([]);
  });
});

describe('entities of the own tenant', () => {
  test('are resolved in order, duplicates and other forms of an id included', async () => {
    const viewer = await service.client('EDITOR');
    const agent = await createAgent(viewer, { definition: { instructions: 'Do.' } });
    const reference = { __typename: 'Agent', id: agent.id };
    const representations = [
      reference,
      { __typename: 'AgentVersion', id: agent.draft.id },
      { __typename: 'Agent', id: newId() },
      { __typename: 'Agent', id: agent.id.toUpperCase() },
      reference,
    ];

    const { data } = await viewer.send(ENTITIES, { representations });

    const expected = { id: agent.id, name: agent.name };
    const version = { id: agent.draft.id, number: 1, definition: { instructions: 'Do.' } };
    expect(data).toEqual({ _entities: [expected, version, null, expected, expected] });
  });
});

describe('permissions', () => {
  const ROLES = ['OWNER', 'ADMIN', 'EDITOR', 'VIEWER'] as const;

  test.each(ROLES)('%s reads', async (role) => {
    const editor = await service.client('EDITOR');
    const { id } = await createAgent(editor);
    const reader = await service.client(role, editor.tenantId);

    const { agent } = await reader.data(AGENT, { id });

    expect(agent.id).toBe(id);
  });

  test.each(ROLES)('%s writes and publishes unless it is a viewer', async (role) => {
    const editor = await service.client('EDITOR');
    const { id } = await createAgent(editor);
    const client = await service.client(role, editor.tenantId);

    const codes = await codesOfAll(client, id);

    expect(codes).toEqual(codes.map(() => (role === 'VIEWER' ? 'FORBIDDEN' : 'none')));
    expect(codes).toHaveLength(MUTATIONS.length + 1);
  });

  test('without any permission nothing is read, written or resolved', async () => {
    const editor = await service.client('EDITOR');
    const { id, draft } = await createAgent(editor);
    const actor = { kind: 'USER', id: newId(), name: 'Nobody', userId: null } as const;
    const nobody = await service.clientOf({ tenantId: editor.tenantId, permissions: [], actor });
    const representations = [
      { __typename: 'Agent', id },
      { __typename: 'AgentVersion', id: draft.id },
    ];

    const answers = [
      await nobody.send(AGENT, { id }),
      await nobody.send('{ agents { totalCount } }'),
      await nobody.send(ENTITIES, { representations }),
    ];

    expect(await codesOfAll(nobody, id)).toEqual(Array.from({ length: 7 }, () => 'FORBIDDEN'));
    for (const answer of answers) {
      expect(JSON.stringify(answer.data)).not.toContain(id);
      expect(new Set(answer.errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['FORBIDDEN']));
    }
  });

  test('who may write and not publish does not publish', async () => {
    const editor = await service.client('EDITOR');
    const { id } = await createAgent(editor);
    const actor = { kind: 'SERVICE_ACCOUNT', id: newId(), name: 'Robot', userId: null } as const;
    const writer = await service.clientOf({
      tenantId: editor.tenantId,
      permissions: ['agent:read', 'agent:write'],
      actor,
    });

    const answer = await writer.send(PUBLISH, { input: { id } });

    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
    expect(await createAgent(writer)).toMatchObject({ owner: null, createdBy: null });
  });

  test('the service answers nobody without a context token', async () => {
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ _service { sdl } }' }),
    });

    expect(response.status).toBe(401);
  });
});

/** The code with which each mutation is refused, or `none`. */
async function codesOfAll(client: AgentsClient, id: string): Promise<readonly string[]> {
  const codes = [];
  for (const [name, mutation, rest] of MUTATIONS) {
    if (name === 'deleteAgent') await client.send(ARCHIVE, { input: { id } });
    const answer = await client.send(mutation, { input: { id, ...rest } });
    codes.push(answer.errors[0]?.extensions.code ?? 'none');
  }
  const answer = await client.send(CREATE, { input: { name: 'New' } });
  return [...codes, answer.errors[0]?.extensions.code ?? 'none'];
}
