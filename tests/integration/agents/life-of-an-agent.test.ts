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
  errorsOf,
  startAgentsService,
  type AgentsService,
} from './agents-service.ts';

let service: AgentsService;
beforeAll(async () => {
  service = await startAgentsService();
});
afterAll(() => service[Symbol.asyncDispose]());

describe('createAgent', () => {
  test('gives an agent with its first version and the configured model', async () => {
    const editor = await service.client('EDITOR');

    const agent = await createAgent(editor, {
      name: '  Contrôle qualité  ',
      tags: ['b', 'a', 'b'],
      note: 'why',
    });

    expect(agent).toEqual({
      id: expect.any(String),
      slug: 'controle-qualite',
      name: 'Contrôle qualité',
      description: '',
      status: 'DRAFT',
      tags: ['b', 'a'],
      metadata: {},
      revision: 1,
      owner: { id: editor.userId },
      createdBy: { id: editor.userId },
      createdAt: expect.any(String),
      updatedAt: agent.createdAt,
      draft: {
        id: expect.any(String),
        number: 1,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        note: 'why',
        parentNumber: null,
        restoredFrom: null,
        author: { kind: 'USER', id: editor.userId, name: 'EDITOR of the test', user: { id: editor.userId } },
        createdAt: agent.createdAt,
        definition: {
          instructions: '',
          model: {
            provider: 'anthropic',
            name: 'claude-sonnet-4-5',
            temperature: null,
            maxOutputTokens: null,
          },
          tools: [],
          skills: [],
          guardrails: [],
          inputModes: ['text/plain'],
          outputModes: ['text/plain'],
          settings: {},
        },
      },
      publishedVersion: null,
      environments: [],
    });
    expect((await editor.data(AGENT, { slug: 'controle-qualite' })).agent).toEqual(agent);
  });

  test('the same id and content again gives the same agent, also after it was changed', async () => {
    const editor = await service.client('EDITOR');
    const input = { id: newId(), name: 'Once', definition: { instructions: 'Do it once.' } };
    const first = await createAgent(editor, input);
    const { updateAgent } = await editor.data(UPDATE, {
      input: { id: first.id, expectedRevision: 1, name: 'Renamed' },
    });

    const again = await createAgent(editor, input);

    expect(again).toEqual(updateAgent.agent);
    const { agents } = await editor.data('{ agents { totalCount } }');
    expect(agents.totalCount).toBe(1);
  });

  test('the same id with other content is taken', async () => {
    const editor = await service.client('EDITOR');
    const id = newId();
    await createAgent(editor, { id });

    const { createAgent: refused } = await editor.data(CREATE, { input: { id, name: 'Another' } });

    expect(refused.agent).toBeNull();
    expect(errorsOf(refused)).toEqual(['TAKEN id']);
  });

  test('an id that another tenant uses is free', async () => {
    // Attack: find out which ids exist elsewhere, or occupy them.
    const editor = await service.client('EDITOR');
    const other = await service.client('EDITOR');
    const id = newId();
    await createAgent(other, { id, name: 'Theirs' });

    const mine = await createAgent(editor, { id, name: 'Mine' });

    expect(mine).toMatchObject({ id, name: 'Mine', slug: 'mine' });
    expect((await other.data(AGENT, { id })).agent.name).toBe('Theirs');
  });

  test('a derived slug gets a suffix, a given one that is taken is refused', async () => {
    const editor = await service.client('EDITOR');
    const derived = [];
    for (let count = 0; count < 3; count += 1) derived.push((await createAgent(editor)).slug);

    const { createAgent: refused } = await editor.data(CREATE, {
      input: { name: 'x', slug: 'claims-triage-2' },
    });

    expect(derived).toEqual(['claims-triage', 'claims-triage-2', 'claims-triage-3']);
    expect(errorsOf(refused)).toEqual(['TAKEN slug']);
    expect((await createAgent(await service.client('EDITOR'))).slug).toBe('claims-triage');
  });

  test('keeps the whole definition as it was given', async () => {
    const editor = await service.client('EDITOR');
    const definition = wholeDefinition();

    const agent = await createAgent(editor, { definition });

    expect(agent.draft.definition).toEqual(definition);
  });

  test('a job writes as itself on behalf of its user', async () => {
    const userId = newId();
    const actor = { kind: 'DESIGN_JOB', id: newId(), name: 'Design of claims', userId } as const;
    const job = await service.clientOf({
      tenantId: newId(),
      permissions: ['agent:read', 'agent:write'],
      actor,
    });

    const agent = await createAgent(job);

    expect(agent.draft.author).toEqual({
      kind: 'DESIGN_JOB',
      id: actor.id,
      name: actor.name,
      user: { id: userId },
    });
    expect(agent.owner).toEqual({ id: userId });
  });
});

describe('updateAgent', () => {
  test('changes what is given and nothing else', async () => {
    const editor = await service.client('EDITOR');
    const before = await createAgent(editor, { definition: wholeDefinition(), metadata: { a: 1 } });

    const { updateAgent } = await editor.data(UPDATE, {
      input: {
        id: before.id,
        expectedRevision: 1,
        definition: { model: { name: 'claude-opus-4-5' } },
        note: 'Better',
      },
    });

    expect(updateAgent.errors).toEqual([]);
    expect(updateAgent.agent).toEqual({
      ...before,
      revision: 2,
      updatedAt: expect.any(String),
      draft: {
        ...before.draft,
        id: expect.any(String),
        number: 2,
        parentNumber: 1,
        note: 'Better',
        digest: expect.any(String),
        createdAt: updateAgent.agent.updatedAt,
        definition: {
          ...before.draft.definition,
          model: { ...before.draft.definition.model, name: 'claude-opus-4-5' },
        },
      },
    });
    expect(updateAgent.agent.draft.digest).not.toBe(before.draft.digest);
  });

  test('an identical save makes no version and no revision', async () => {
    const editor = await service.client('EDITOR');
    const { id, draft } = await createAgent(editor, { definition: wholeDefinition(), tags: ['a'] });
    const reordered = Object.fromEntries(Object.entries(wholeDefinition()).toReversed());

    const { updateAgent } = await editor.data(UPDATE, {
      input: {
        id,
        expectedRevision: 1,
        name: 'Claims triage',
        tags: ['a'],
        metadata: {},
        definition: reordered,
      },
    });

    expect(updateAgent.agent).toMatchObject({ revision: 1, draft });
    expect(updateAgent.errors).toEqual([]);
  });

  test('a change of the record alone raises the revision and makes no version', async () => {
    const editor = await service.client('EDITOR');
    const { id, draft } = await createAgent(editor);
    const record = {
      name: 'New',
      description: 'd',
      tags: ['t'],
      metadata: { deep: [{ x: null }] },
      slug: 'new-slug',
    };

    const { updateAgent } = await editor.data(UPDATE, {
      input: { id, expectedRevision: 1, ...record, note: 'unused' },
    });

    expect(updateAgent.agent).toMatchObject({ ...record, revision: 2, draft });
  });

  test('a stale revision is told with the agent as it is', async () => {
    const editor = await service.client('EDITOR');
    const { id } = await createAgent(editor);
    const { updateAgent: first } = await editor.data(UPDATE, {
      input: { id, expectedRevision: 1, name: 'First' },
    });

    const { updateAgent: second } = await editor.data(UPDATE, {
      input: { id, expectedRevision: 1, name: 'Second' },
    });

    expect(errorsOf(second)).toEqual(['STALE_REVISION expectedRevision']);
    expect(second.agent).toEqual(first.agent);
  });

  test('null is no value: what shall stay is left out', async () => {
    const editor = await service.client('EDITOR');
    const { id } = await createAgent(editor, { definition: { model: { temperature: 0.5 } } });

    const { updateAgent: refused } = await editor.data(UPDATE, {
      input: { id, expectedRevision: 1, name: null, tags: null, metadata: null, definition: { tools: null } },
    });
    const { updateAgent: accepted } = await editor.data(UPDATE, {
      input: { id, expectedRevision: 1, definition: { model: { temperature: null } } },
    });

    expect(errorsOf(refused)).toEqual([
      'REQUIRED name',
      'REQUIRED tags',
      'REQUIRED metadata',
      'REQUIRED definition.tools',
    ]);
    expect(accepted.agent.draft.definition.model.temperature).toBeNull();
  });

  test('a slug in use is taken', async () => {
    const editor = await service.client('EDITOR');
    await createAgent(editor, { slug: 'used' });
    const { id } = await createAgent(editor);

    const { updateAgent } = await editor.data(UPDATE, { input: { id, expectedRevision: 1, slug: 'used' } });

    expect(errorsOf(updateAgent)).toEqual(['TAKEN slug']);
  });
});

describe('publishAgent', () => {
  test('publishes the latest version in prod, and moves with the next call', async () => {
    const owner = await service.client('OWNER');
    const { id } = await createAgent(owner);

    const { publishAgent: first } = await owner.data(PUBLISH, { input: { id } });
    await owner.data(UPDATE, {
      input: { id, expectedRevision: 2, definition: { instructions: 'Version 2' } },
    });
    const { agent: between } = await owner.data(AGENT, { id });
    const { publishAgent: second } = await owner.data(PUBLISH, { input: { id } });
    const { publishAgent: back } = await owner.data(PUBLISH, { input: { id, version: 1 } });

    const states = [first.agent, between, second.agent, back.agent].map(
      ({ status, revision, publishedVersion, draft }) => [
        status,
        revision,
        publishedVersion.number,
        draft.number,
      ],
    );
    expect(states).toEqual([
      ['PUBLISHED', 2, 1, 1],
      ['PUBLISHED', 3, 1, 2],
      ['PUBLISHED', 4, 2, 2],
      ['PUBLISHED', 5, 1, 2],
    ]);
  });

  test('another environment does not publish the agent; publishing the same again writes nothing', async () => {
    const owner = await service.client('OWNER');
    const { id } = await createAgent(owner);

    const { publishAgent: first } = await owner.data(PUBLISH, { input: { id, environment: 'staging' } });
    const { publishAgent: again } = await owner.data(PUBLISH, { input: { id, environment: 'staging' } });

    expect(first.agent).toMatchObject({ status: 'DRAFT', revision: 2, publishedVersion: null });
    expect(first.agent.environments).toEqual([
      {
        name: 'staging',
        version: { number: 1 },
        publishedBy: { kind: 'USER', name: 'OWNER of the test' },
      },
    ]);
    expect(again.agent).toEqual(first.agent);
  });

  test('a version that does not exist and a name that is none are told', async () => {
    const owner = await service.client('OWNER');
    const { id } = await createAgent(owner);

    const answers = [
      await owner.data(PUBLISH, { input: { id, version: 2 } }),
      await owner.data(PUBLISH, { input: { id, version: 0 } }),
      await owner.data(PUBLISH, { input: { id, environment: 'Prod!' } }),
      await owner.data(PUBLISH, { input: { id, environment: '' } }),
    ];

    expect(answers.flatMap(({ publishAgent }) => errorsOf(publishAgent))).toEqual([
      'INVALID version',
      'INVALID version',
      'INVALID environment',
      'REQUIRED environment',
    ]);
  });

  test('an agent has a bounded number of environments', async () => {
    const owner = await service.client('OWNER');
    const { id } = await createAgent(owner);
    for (let index = 0; index < 20; index += 1) {
      await owner.data(PUBLISH, { input: { id, environment: `stage-${index}` } });
    }

    const { publishAgent } = await owner.data(PUBLISH, { input: { id } });

    expect(errorsOf(publishAgent)).toEqual(['INVALID environment']);
  });
});

describe('restoreAgentVersion', () => {
  test('copies a version forward as a new one', async () => {
    const editor = await service.client('EDITOR');
    const { id, draft: first } = await createAgent(editor, { definition: { instructions: 'One' } });
    await editor.data(UPDATE, { input: { id, expectedRevision: 1, definition: { instructions: 'Two' } } });

    const { restoreAgentVersion: restored } = await editor.data(RESTORE, {
      input: { id, number: 1, note: 'Two was wrong' },
    });
    const { restoreAgentVersion: again } = await editor.data(RESTORE, { input: { id, number: 1 } });

    expect(restored.agent.revision).toBe(3);
    expect(restored.agent.draft).toEqual({
      ...first,
      id: expect.any(String),
      number: 3,
      note: 'Two was wrong',
      parentNumber: 2,
      restoredFrom: 1,
      createdAt: expect.any(String),
    });
    expect(again.agent).toEqual(restored.agent);
  });

  test('a number that does not exist is told', async () => {
    const editor = await service.client('EDITOR');
    const { id } = await createAgent(editor);

    const { restoreAgentVersion } = await editor.data(RESTORE, { input: { id, number: 7 } });

    expect(errorsOf(restoreAgentVersion)).toEqual(['INVALID number']);
  });
});

describe('the archive', () => {
  test('an archived agent refuses changes and returns to its earlier status', async () => {
    const owner = await service.client('OWNER');
    const published = await createAgent(owner);
    const draft = await createAgent(owner);
    await owner.data(PUBLISH, { input: { id: published.id } });
    for (const { id } of [published, draft]) await owner.data(ARCHIVE, { input: { id } });

    const refused = [
      await owner.send(UPDATE, { input: { id: published.id, expectedRevision: 3, name: 'x' } }),
      await owner.send(PUBLISH, { input: { id: published.id } }),
      await owner.send(RESTORE, { input: { id: published.id, number: 1 } }),
    ];
    const { archiveAgent: again } = await owner.data(ARCHIVE, { input: { id: published.id } });
    const { unarchiveAgent: first } = await owner.data(UNARCHIVE, { input: { id: published.id } });
    const { unarchiveAgent: second } = await owner.data(UNARCHIVE, { input: { id: draft.id } });

    expect(refused.map(({ errors }) => errors.map(({ extensions }) => extensions.code))).toEqual([
      ['CONFLICT'],
      ['CONFLICT'],
      ['CONFLICT'],
    ]);
    expect(refused[0]?.errors[0]?.message).toContain('Unarchive it first');
    expect(again.agent).toMatchObject({ status: 'ARCHIVED', revision: 3 });
    expect(first.agent).toMatchObject({ status: 'PUBLISHED', revision: 4, publishedVersion: { number: 1 } });
    expect(second.agent).toMatchObject({ status: 'DRAFT', revision: 3 });
  });
});

describe('deleteAgent', () => {
  test('removes the agent with its versions and keeps its audit', async () => {
    const owner = await service.client('OWNER');
    const { id } = await createAgent(owner);
    await owner.data(PUBLISH, { input: { id } });

    const tooEarly = await owner.send(DELETE, { input: { id } });
    await owner.data(ARCHIVE, { input: { id } });
    const { deleteAgent } = await owner.data(DELETE, { input: { id } });
    const afterwards = await owner.send(DELETE, { input: { id } });

    expect(tooEarly.errors.map(({ extensions }) => extensions.code)).toEqual(['CONFLICT']);
    expect(deleteAgent).toEqual({ deletedAgentId: id, errors: [] });
    expect(afterwards.errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND']);
    expect((await owner.data(AGENT, { id })).agent).toBeNull();
    const left = await service.rows(
      `SELECT (SELECT count(*)::int FROM agents.agent WHERE tenant_id = $1) AS agents,
              (SELECT count(*)::int FROM agents.agent_version WHERE tenant_id = $1) AS versions,
              (SELECT count(*)::int FROM agents.agent_environment WHERE tenant_id = $1) AS environments,
              (SELECT array_agg(action ORDER BY at, id) FROM agents.audit_event WHERE tenant_id = $1) AS actions`,
      [owner.tenantId],
    );
    expect(left).toEqual([
      {
        agents: 0,
        versions: 0,
        environments: 0,
        actions: ['agent.created', 'agent.published', 'agent.archived', 'agent.deleted'],
      },
    ]);
  });
});

describe('versions', () => {
  test('are listed latest first, by page, for several agents at once', async () => {
    const editor = await service.client('EDITOR');
    for (const name of ['a', 'b']) {
      const { id } = await createAgent(editor, { name });
      for (let revision = 1; revision < 5; revision += 1) {
        const definition = { instructions: `${name} ${revision}` };
        await editor.data(UPDATE, { input: { id, expectedRevision: revision, definition } });
      }
    }
    const query = `query Read($after: String) { agents(orderBy: { field: NAME }) { edges { node { name
      versions(first: 2, after: $after) { totalCount edges { node { number definition { instructions } } } pageInfo { hasNextPage hasPreviousPage endCursor } }
    } } } }`;

    const pages = [];
    let after: string | null = null;
    do {
      const { agents } = await editor.data(query, { after });
      const page = agents.edges.map(({ node }: { node: VersionsOf }) => node.versions);
      pages.push(
        page.map((versions: VersionsOf['versions']) => versions.edges.map(({ node }) => node.number)),
      );
      expect(page[0].totalCount).toBe(5);
      after = page[1].pageInfo.hasNextPage ? page[1].pageInfo.endCursor : null;
    } while (after !== null);

    expect(pages).toEqual([
      [
        [5, 4],
        [5, 4],
      ],
      [
        [3, 2],
        [3, 2],
      ],
      [[1], [1]],
    ]);
  });

  test('are found by number; a number that does not exist is null', async () => {
    const editor = await service.client('EDITOR');
    const { id } = await createAgent(editor);
    const query = `query Read($id: ID!) { agent(id: $id) {
      one: version(number: 1) { number } two: version(number: 2) { number } none: version(number: -1) { number } } }`;

    const { agent } = await editor.data(query, { id });

    expect(agent).toEqual({ one: { number: 1 }, two: null, none: null });
  });
});

interface VersionsOf {
  versions: { edges: readonly { node: { number: number } }[] };
}

function wholeDefinition() {
  return {
    instructions: '# Triage\n\nSort the claims.',
    model: { provider: 'openai', name: 'gpt-5', temperature: 0.2, maxOutputTokens: 2000 },
    tools: [
      {
        name: 'openTicket',
        description: 'Opens a ticket.',
        inputSchema: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] },
        outputSchema: null,
        integrationKind: 'JIRA',
        requiresApproval: true,
      },
    ],
    skills: [{ id: 'sort', name: 'Sort', description: 'Sorts.', tags: ['x'], examples: ['Sort this'] }],
    guardrails: [{ id: 'limit', kind: 'THRESHOLD', description: 'Below 1,000 only.' }],
    inputModes: ['text/plain', 'application/json'],
    outputModes: ['text/plain'],
    settings: { nested: { list: [1, 2.5, null, true] } },
  };
}
