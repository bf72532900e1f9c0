/** Tickets and issues of connected systems through the service: paged, guarded, and apart for each tenant. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import {
  GITHUB_TOKEN,
  JIRA_CREDENTIAL,
  SERVICENOW_CREDENTIAL,
} from '../../../subgraphs/integrations/src/testkit/vendor-servers.ts';
import { codesOf, dataOf, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { CREATE, type Payload } from './operations.ts';
import { startIntegrations, type Ask, type IntegrationsService } from './service.ts';

let service: IntegrationsService;

beforeAll(async () => {
  service = await startIntegrations();
});
afterAll(() => service[Symbol.asyncDispose]());

const ITEM = 'key title body state type assignee url updatedAt';
const ITEMS = `query ($id: ID!, $search: String, $first: Int, $after: String) {
  integration(id: $id) { id items(search: $search, first: $first, after: $after) {
    edges { cursor node { key } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`;
const ONE_ITEM = `query ($id: ID!, $key: String!) { integration(id: $id) { id item(key: $key) { ${ITEM} } } }`;
const ENTITY = `query ($id: ID!) { _entities(representations: [{ __typename: "Integration", id: $id }]) {
  ... on Integration { item(key: "acme/claims#1") { title } items { edges { node { title } } } } } }`;

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly key: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const KINDS = {
  GITHUB: { token: GITHUB_TOKEN },
  JIRA: JIRA_CREDENTIAL,
  SERVICENOW: SERVICENOW_CREDENTIAL,
} as const;

const ADDRESSES = {
  GITHUB: () => `${service.vendor.url}/base`,
  JIRA: () => service.vendor.jira.baseUrl,
  SERVICENOW: () => service.vendor.serviceNow.url,
} as const;

async function connect(ask: Ask, kind: keyof typeof KINDS, baseUrl = ADDRESSES[kind]()): Promise<string> {
  const input = { kind, name: newId(), baseUrl, credential: KINDS[kind] };
  const { integration } = dataOf<{ result: Payload }>(await ask(CREATE, { input })).result;
  if (!integration) throw new Error('not created');
  return integration.id;
}

async function readPage(ask: Ask, variables: Readonly<Record<string, unknown>>): Promise<Page> {
  const { integration } = dataOf<{ integration: { items: Page } }>(await ask(ITEMS, variables));
  return integration.items;
}

test.each(['GITHUB', 'JIRA', 'SERVICENOW'] as const)(
  'the items of %s come page by page, whatever the size of the pages',
  async (kind) => {
    const { owner, viewer } = await service.tenant();
    const id = await connect(owner, kind);
    const keys: string[] = [];

    let page = await readPage(viewer, { id, first: 3 });
    keys.push(...page.edges.map(({ node }) => node.key));
    // From the middle of what the other system gives at once, in steps of another size.
    page = await readPage(viewer, { id, first: 1, after: page.edges[0]?.cursor });
    expect(page.edges.map(({ node }) => node.key)).toEqual([keys[1]]);
    keys.splice(2);
    for (let count = 0; page.pageInfo.hasNextPage && count < 10; count += 1) {
      page = await readPage(viewer, { id, first: 2, after: page.pageInfo.endCursor });
      keys.push(...page.edges.map(({ node }) => node.key));
    }

    expect(keys).toHaveLength(5);
    expect(new Set(keys).size).toBe(5);
    expect(page.pageInfo.hasNextPage).toBe(false);
  },
);

const URLS = {
  GITHUB: /^https:\/\/github\.com\/acme\/claims\/issues\/1$/,
  JIRA: /^http:\/\/127\.0\.0\.1:\d+\/browse\/CLM-1$/,
  SERVICENOW: /^http:\/\/127\.0\.0\.1:\d+\/nav_to\.do\?uri=incident\.do%3Fsys_id%3D[0-9a-f]{32}$/,
} as const;
const BODY = 'The clerk checks the claim.\nThen the clerk pays.';
const CLAIM = { title: 'Claim 1 is late', body: BODY, updatedAt: '2026-03-01T10:00:00.000Z' };

test.each([
  ['GITHUB', 'acme/claims#1', { state: 'open', type: 'Issue', assignee: 'hubot' }],
  ['JIRA', 'CLM-1', { state: 'To Do', type: 'Bug', assignee: 'Ann' }],
  ['SERVICENOW', 'INC0010001', { state: 'New', type: 'Incident', assignee: 'User Ann' }],
] as const)('an item of %s is read by its key', async (kind, key, told) => {
  const { owner, viewer } = await service.tenant();
  const id = await connect(owner, kind);

  const found = await viewer(ONE_ITEM, { id, key });
  const missing = await viewer(ONE_ITEM, { id, key: key.replace(/1$/, '99') });

  const url = expect.stringMatching(URLS[kind]);
  expect(dataOf(found)).toEqual({ integration: { id, item: { key, ...CLAIM, ...told, url } } });
  expect(dataOf(missing)).toEqual({ integration: { id, item: null } });
});

test('what the other system refuses is said in words, beside what is there', async () => {
  const { owner, viewer } = await service.tenant();
  const id = await connect(owner, 'GITHUB', `${service.vendor.url}/unauthorized`);

  const answer = await viewer(ITEMS, { id });

  expect(answer.data).toEqual({ integration: { id, items: null } });
  expect(answer.errors).toMatchObject([
    {
      message: 'GitHub does not accept the credential (401). Enter a valid one.',
      path: ['integration', 'items'],
      extensions: { code: 'CONFLICT' },
    },
  ]);
  expect(JSON.stringify(answer)).not.toContain(GITHUB_TOKEN);
});

test('a size or a cursor that is none is refused', async () => {
  const { owner } = await service.tenant();
  const id = await connect(owner, 'GITHUB');
  const forged = Buffer.from(JSON.stringify({ size: 2, token: '../../user', shown: 0 })).toString(
    'base64url',
  );

  const answers: GraphQLAnswer[] = [
    await owner(ITEMS, { id, first: 0 }),
    await owner(ITEMS, { id, first: 101 }),
    await owner(ITEMS, { id, after: 'x' }),
    await owner(ITEMS, { id, search: 'x'.repeat(1001) }),
  ];

  expect(answers.map(codesOf)).toEqual(answers.map(() => ['BAD_USER_INPUT']));
  // A cursor of one's own making leads nowhere but to a page of the same list.
  expect((await readPage(owner, { id, first: 2, after: forged })).edges).toHaveLength(2);
});

// Attack: reading the tickets of another tenant through its integration, by id or as an entity.
test('the items of an integration of another tenant are as absent as those of none', async () => {
  const [tenant, stranger] = [await service.tenant(), await service.tenant()];
  const id = await connect(tenant.owner, 'GITHUB');
  const before = service.vendor.requests.length;
  const ask = async (other: string): Promise<unknown> => [
    await stranger.owner(ITEMS, { id: other }),
    await stranger.owner(ONE_ITEM, { id: other, key: 'acme/claims#1' }),
    await stranger.owner(ENTITY, { id: other }),
  ];

  expect(await ask(id)).toEqual(await ask(newId()));
  expect(service.vendor.requests.length).toBe(before);
  expect(JSON.stringify(await tenant.owner(ENTITY, { id }))).toContain('Claim 1');
});

test('a tenant whose systems hang is refused more, and another is served', async () => {
  const [slow, other] = [await service.tenant(), await service.tenant()];
  const id = await connect(slow.owner, 'GITHUB', `${service.vendor.url}/held`);
  const otherId = await connect(other.owner, 'GITHUB');
  const asked = service.vendor.requests.length;

  const hanging = Array.from({ length: 5 }, () => slow.owner(ITEMS, { id }));
  await expect.poll(() => service.vendor.requests.length).toBeGreaterThanOrEqual(asked + 5);
  const refused = await slow.owner(ITEMS, { id });
  const served = await readPage(other.owner, { id: otherId });
  service.vendor.release();

  expect(codesOf(refused)).toEqual(['RATE_LIMITED']);
  expect(served.edges).toHaveLength(5);
  expect((await Promise.all(hanging)).map(codesOf)).toEqual(Array.from({ length: 5 }, () => ['CONFLICT']));
});
