import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AGENT,
  PUBLISH,
  RESTORE,
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
      const page = agents.edges.map(({ node }) => node.versions);
      pages.push(page.map((versions) => versions.edges.map(({ node }) => node.number)));
      expect(page[0]?.totalCount).toBe(5);
      after = page[1]?.pageInfo.hasNextPage ? page[1].pageInfo.endCursor : null;
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
