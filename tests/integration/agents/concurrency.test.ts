import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import {
  CREATE,
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

const PARALLEL = 16;
const each = <Result>(work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: PARALLEL }, (_, index) => work(index)));

const NUMBERS =
  'query Read($id: ID!) { agent(id: $id) { revision versions(first: 100) { edges { node { number parentNumber } } } } }';

describe('writers at the same time', () => {
  test('of updates with one expected revision exactly one wins', async () => {
    const editor = await service.client('EDITOR');
    const { id } = await createAgent(editor);

    const payloads = await each(async (index) => {
      const definition = { instructions: `Version of ${index}` };
      return (await editor.data(UPDATE, { input: { id, expectedRevision: 1, definition } })).updateAgent;
    });

    const winners = payloads.filter(({ errors }) => errors.length === 0);
    expect(winners).toHaveLength(1);
    expect(winners[0]?.agent).toMatchObject({ revision: 2, draft: { number: 2 } });
    for (const payload of payloads.filter(({ errors }) => errors.length > 0)) {
      expect(errorsOf(payload)).toEqual(['STALE_REVISION expectedRevision']);
      expect(payload.agent).toEqual(winners[0]?.agent);
    }
  });

  test('of any kind leave version numbers without gaps and a revision per write', async () => {
    const owner = await service.client('OWNER');
    const { id } = await createAgent(owner, { definition: { instructions: 'first' } });
    await owner.data(UPDATE, { input: { id, expectedRevision: 1, definition: { instructions: 'second' } } });

    await each(async (index) => {
      if (index % 4 === 0) await owner.data(PUBLISH, { input: { id, environment: `stage-${index}` } });
      else await owner.data(RESTORE, { input: { id, number: 1 + (index % 2) } });
    });

    const { agent } = await owner.data(NUMBERS, { id });
    const numbers = agent.versions.edges
      .map(({ node }: { node: VersionNumbers }) => node.number)
      .toReversed();
    const parents = agent.versions.edges
      .map(({ node }: { node: VersionNumbers }) => node.parentNumber)
      .toReversed();
    expect(numbers).toEqual(numbers.map((_: number, index: number) => index + 1));
    expect(parents).toEqual([null, ...numbers.slice(0, -1)]);
    const [audit] = await service.rows(
      'SELECT count(*)::int AS writes FROM agents.audit_event WHERE tenant_id = $1',
      [owner.tenantId],
    );
    expect(audit).toEqual({ writes: agent.revision });
  });

  test('with one id make one agent', async () => {
    const editor = await service.client('EDITOR');
    const input = { id: newId(), name: 'Once' };

    const payloads = await each(async () => (await editor.data(CREATE, { input })).createAgent);

    expect(payloads).toEqual(payloads.map(() => ({ agent: payloads[0]?.agent, errors: [] })));
    const { agents } = await editor.data('{ agents { totalCount } }');
    expect(agents.totalCount).toBe(1);
  });

  test('with one name get a slug each', async () => {
    const editor = await service.client('EDITOR');

    const agents = await each(() => createAgent(editor, { name: 'Same' }));

    const slugs = new Set(agents.map(({ slug }) => slug));
    expect(slugs.size).toBe(PARALLEL);
    expect(slugs).toContain('same');
  });

  test('with one slug: one has it, the others are told', async () => {
    const editor = await service.client('EDITOR');

    const payloads = await each(
      async (index) => (await editor.data(CREATE, { input: { name: `n${index}`, slug: 'one' } })).createAgent,
    );

    expect(payloads.flatMap(errorsOf)).toEqual(Array.from({ length: PARALLEL - 1 }, () => 'TAKEN slug'));
  });
});

interface VersionNumbers {
  readonly number: number;
  readonly parentNumber: number | null;
}
