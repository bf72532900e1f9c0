import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ARCHIVE,
  PUBLISH,
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

const LIST = `query List($first: Int, $after: String, $filter: AgentFilter, $orderBy: AgentOrder) {
  agents(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    totalCount edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

const NAMES = ['Zebra', 'apple', 'Äpfel', 'apple', 'mango', 'apple', 'Banana'];

describe('paging', () => {
  test.each([
    ['NAME', 'ASC'],
    ['NAME', 'DESC'],
    ['CREATED_AT', 'ASC'],
    ['CREATED_AT', 'DESC'],
    ['UPDATED_AT', 'ASC'],
    ['UPDATED_AT', 'DESC'],
  ])('by %s %s gives every agent once, in the order of the whole list', async (field, direction) => {
    const editor = await service.client('EDITOR');
    for (const name of NAMES) await createAgent(editor, { name });
    const orderBy = { field, direction };
    const whole = await pageOf(editor, { first: 100, orderBy });

    const paged = [];
    let after: string | null = null;
    do {
      const page: Page = await pageOf(editor, { first: 2, after, orderBy });
      paged.push(...page.edges);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);

    expect(paged).toEqual(whole.edges);
    expect(new Set(paged.map(({ cursor }) => cursor)).size).toBe(NAMES.length);
  });

  test('names are ordered without regard to case and accents', async () => {
    const editor = await service.client('EDITOR');
    for (const name of ['Zebra', 'apple', 'Äpfel', 'Banana']) await createAgent(editor, { name });

    const { edges } = await pageOf(editor, { orderBy: { field: 'NAME' } });

    expect(edges.map(({ node }) => node.name)).toEqual(['Äpfel', 'apple', 'Banana', 'Zebra']);
  });

  test('an agent made or deleted meanwhile moves no other from one page to the next', async () => {
    const editor = await service.client('EDITOR');
    for (const name of ['b', 'd', 'f', 'h']) await createAgent(editor, { name });
    const orderBy = { field: 'NAME' };
    const { pageInfo } = await pageOf(editor, { first: 2, orderBy });
    await createAgent(editor, { name: 'a' });
    await createAgent(editor, { name: 'e' });

    const { edges } = await pageOf(editor, { after: pageInfo.endCursor, orderBy });

    expect(edges.map(({ node }) => node.name)).toEqual(['e', 'f', 'h']);
  });

  test('a cursor of another order is bad input', async () => {
    const editor = await service.client('EDITOR');
    await createAgent(editor);
    const { pageInfo } = await pageOf(editor, { orderBy: { field: 'NAME' } });
    const after = pageInfo.endCursor;

    const answers = [
      await editor.send(LIST, { after }),
      await editor.send(LIST, { after, orderBy: { field: 'NAME', direction: 'DESC' } }),
      await editor.send(LIST, { after, orderBy: { field: 'UPDATED_AT' } }),
    ];

    for (const answer of answers) {
      expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
      expect(answer.data).toEqual({ agents: null });
    }
  });

  test('an empty tenant has an empty page', async () => {
    const viewer = await service.client('VIEWER');

    expect(await pageOf(viewer, {})).toEqual({
      totalCount: 0,
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });
});

describe('filters', () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ['a part of a name in another case', { search: 'TRIA' }, ['Claims triage']],
    ['a part of a description', { search: 'überweist' }, ['Payments']],
    ['a part of a tag', { search: 'insur' }, ['Claims triage']],
    ['a part of a slug', { search: 'pay-2' }, ['Payments']],
    ['a per cent sign', { search: '%' }, ['100% checks']],
    ['an underscore', { search: '_' }, ['snake_case']],
    ['a backslash', { search: '\\' }, ['back\\slash']],
    ['space around the text', { search: '  triage ' }, ['Claims triage']],
    ['nothing', { search: ' ' }, ['100% checks', 'back\\slash', 'Claims triage', 'Payments', 'snake_case']],
    ['all of two tags', { tags: ['insurance', 'eu'] }, ['Claims triage']],
    ['one tag', { tags: ['eu'] }, ['Claims triage', 'Payments']],
    ['a tag in another case', { tags: ['EU'] }, []],
    ['one status', { status: ['PUBLISHED'] }, ['Payments']],
    ['any of two statuses', { status: ['PUBLISHED', 'ARCHIVED'] }, ['Payments', 'snake_case']],
    ['status and tag', { status: ['DRAFT'], tags: ['eu'] }, ['Claims triage']],
    ['an owner that is no id', { ownerId: 'me' }, []],
  ])('%s', async (_what, filter, expected) => {
    const editor = await exampleTenant();

    const { edges, totalCount } = await pageOf(editor, { filter, orderBy: { field: 'NAME' } });

    expect(edges.map(({ node }) => node.name)).toEqual(expected);
    expect(totalCount).toBe(expected.length);
  });

  test('the owner', async () => {
    const editor = await exampleTenant();
    const colleague = await service.client('EDITOR', editor.tenantId);
    await createAgent(colleague, { name: 'Theirs' });

    const { edges } = await pageOf(editor, { filter: { ownerId: colleague.userId } });

    expect(edges.map(({ node }) => node.name)).toEqual(['Theirs']);
  });
});

let example: AgentsClient | undefined;

async function exampleTenant(): Promise<AgentsClient> {
  if (example) return example;
  const editor = await service.client('EDITOR');
  await createAgent(editor, { name: 'Claims triage', tags: ['insurance', 'eu'] });
  const payments = await createAgent(editor, {
    name: 'Payments',
    slug: 'pay-2-people',
    description: 'Überweist Geld.',
    tags: ['eu'],
  });
  await createAgent(editor, { name: '100% checks', slug: 'checks' });
  await createAgent(editor, { name: 'back\\slash' });
  const archived = await createAgent(editor, { name: 'snake_case' });
  await editor.data(PUBLISH, { input: { id: payments.id } });
  await editor.data(ARCHIVE, { input: { id: archived.id } });
  example = editor;
  return editor;
}

interface Page {
  readonly totalCount: number;
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly name: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

async function pageOf(client: AgentsClient, variables: Record<string, unknown>): Promise<Page> {
  return (await client.data(LIST, variables)).agents;
}
