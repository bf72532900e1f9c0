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
  wholeDefinition,
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
            name: 'claude-sonnet-5-5',
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

  test('without a definition has the model that the service is configured with', async () => {
    await using configured = await startAgentsService({
      DEFAULT_MODEL_PROVIDER: 'openai',
      DEFAULT_MODEL_NAME: 'any-model',
    });

    const agent = await createAgent(await configured.client('EDITOR'));

    expect(agent.draft.definition.model).toMatchObject({ provider: 'openai', name: 'any-model' });
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
