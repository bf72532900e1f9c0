/** The items that concern an agent, as they were last seen. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import type { ExternalItem } from '../../../subgraphs/integrations/src/adapters/external-item.ts';
import {
  openIntegrationsDatabase,
  type IntegrationsDatabase,
} from '../../../subgraphs/integrations/src/database.ts';
import {
  saveItems,
  tieItem,
} from '../../../subgraphs/integrations/src/modules/external-item/external-item-store.ts';
import { RecentItemsService } from '../../../subgraphs/integrations/src/modules/external-item/recent-items-service.ts';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { CREATE, LINK, type Payload } from './operations.ts';
import { startIntegrations, type Ask, type IntegrationsService, type TestTenant } from './service.ts';

let service: IntegrationsService;
let database: IntegrationsDatabase;

beforeAll(async () => {
  service = await startIntegrations();
  database = openIntegrationsDatabase(service.databaseUrl);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

const ITEMS = `query ($ids: [_Any!]!, $first: Int, $after: String) { _entities(representations: $ids) { ... on Agent {
  id recentItems(first: $first, after: $after) { edges { cursor node { key title body state url updatedAt } }
    pageInfo { hasNextPage hasPreviousPage endCursor } } } } }`;
const at = (minute: number): Date => new Date(Date.UTC(2026, 2, 1, 10, minute));

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly key: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const item = (key: string, updatedAt: Date | null): ExternalItem => ({
  key,
  title: `Claim ${key}`,
  body: 'The clerk checks the claim.',
  state: 'open',
  type: 'Issue',
  assignee: null,
  url: `https://example.test/${key}`,
  updatedAt,
});

async function connect(ask: Ask): Promise<string> {
  const input = { kind: 'GITHUB', name: newId(), credential: { token: 'ghp_0123456789' } };
  const { integration } = dataOf<{ result: Payload }>(await ask(CREATE, { input })).result;
  return integration?.id ?? '';
}

async function keep(
  { id: tenantId }: TestTenant,
  integrationId: string,
  items: readonly ExternalItem[],
): Promise<void> {
  await database.inTenant(tenantId, (tx) => saveItems(tx, { tenantId, integrationId }, items, at(59)));
}

async function tie(tenant: TestTenant, agentId: string, integrationId: string, key: string): Promise<void> {
  const owner = { tenantId: tenant.id, integrationId };
  await database.inTenant(tenant.id, (tx) =>
    tieItem(tx, { ...owner, agentId, key, reason: 'Rule "claims"', at: at(0) }),
  );
}

async function read(
  ask: Ask,
  agentIds: readonly string[],
  page: { readonly first?: number; readonly after?: string | null } = {},
): Promise<readonly Page[]> {
  const ids = agentIds.map((id) => ({ __typename: 'Agent', id }));
  const answer = await ask(ITEMS, { ids, ...page });
  return dataOf<{ _entities: { recentItems: Page }[] }>(answer)._entities.map(
    ({ recentItems }) => recentItems,
  );
}

const keysOf = ({ edges }: Page): readonly string[] => edges.map(({ node }) => node.key);

test('are those of its integrations and those tied to it, the last changed first, each once', async () => {
  const tenant = await service.tenant();
  const agentId = newId();
  const [given, other] = [await connect(tenant.owner), await connect(tenant.owner)];
  await tenant.owner(LINK, { input: { agentId, integrationId: given } });
  await keep(tenant, given, [item('A-1', at(1)), item('A-3', at(3)), item('A-now', null)]);
  await keep(tenant, other, [item('B-2', at(2)), item('B-9', at(9))]);
  await tie(tenant, agentId, other, 'B-2');
  await tie(tenant, agentId, given, 'A-3');

  const [page] = await read(tenant.viewer, [agentId]);

  expect(page && keysOf(page)).toEqual(['A-now', 'A-3', 'B-2', 'A-1']);
  expect(page?.edges[1]?.node).toEqual({
    key: 'A-3',
    title: 'Claim A-3',
    body: 'The clerk checks the claim.',
    state: 'open',
    url: 'https://example.test/A-3',
    updatedAt: '2026-03-01T10:03:00.000Z',
  });
});

test('come page by page, complete and once, though many were changed at the same moment', async () => {
  const tenant = await service.tenant();
  const agentId = newId();
  const integrationIds = [await connect(tenant.owner), await connect(tenant.owner)];
  const all = new Set<string>();
  for (const [index, integrationId] of integrationIds.entries()) {
    await tenant.owner(LINK, { input: { agentId, integrationId } });
    const items = Array.from({ length: 12 }, (_, number) =>
      item(`P${index}-${number}`, at(Math.floor(number / 5))),
    );
    await keep(tenant, integrationId, items);
    for (const { key } of items) all.add(key);
  }
  await tie(tenant, agentId, integrationIds[0] ?? '', 'P0-3');
  const found: string[] = [];
  let after: string | null = null;

  for (let pages = 0; pages < 20; pages += 1) {
    const [page]: readonly Page[] = await read(tenant.viewer, [agentId], { first: 5, after });
    if (!page) throw new Error('no page');
    found.push(...keysOf(page));
    after = page.pageInfo.endCursor;
    if (!page.pageInfo.hasNextPage) break;
  }

  expect(found).toHaveLength(all.size);
  expect(new Set(found)).toEqual(all);
});

test('of many agents are read by one statement', async () => {
  const tenant = await service.tenant();
  const integrationId = await connect(tenant.owner);
  await keep(tenant, integrationId, [item('A-1', at(1))]);
  const agentIds = Array.from({ length: 30 }, () => newId());
  for (const agentId of agentIds.slice(0, 10)) await tie(tenant, agentId, integrationId, 'A-1');
  let statements = 0;
  const counted = new RecentItemsService({
    readInTenant: (tenantId, work) => {
      statements += 1;
      return database.readInTenant(tenantId, work);
    },
  });
  const viewer = {
    kind: 'tenant',
    tenantId: tenant.id,
    actor: { kind: 'USER', id: 'ada', name: 'Ada', userId: null },
    permissions: new Set(['integration:read'] as const),
    sessionId: null,
    contextToken: '',
  } as const;

  const pages = await counted.listByAgents(
    { viewer, requestId: 'test' },
    agentIds.map((agentId) => ({ agentId, first: 20, after: null })),
  );

  expect(statements).toBe(1);
  expect(pages.map((page) => ('edges' in page ? page.edges.length : -1))).toEqual([
    ...Array.from({ length: 10 }, () => 1),
    ...Array.from({ length: 20 }, () => 0),
  ]);
});

test('a size or a cursor that is none is refused', async () => {
  const { viewer } = await service.tenant();
  const ids = [{ __typename: 'Agent', id: newId() }];

  expect(codesOf(await viewer(ITEMS, { ids, first: 0 }))).toEqual(['BAD_USER_INPUT']);
  expect(codesOf(await viewer(ITEMS, { ids, first: 101 }))).toEqual(['BAD_USER_INPUT']);
  expect(codesOf(await viewer(ITEMS, { ids, after: 'nonsense' }))).toEqual(['BAD_USER_INPUT']);
});

// Attack: reading what another tenant's systems told, by the id of its agent.
test('are none for another tenant', async () => {
  const [tenant, stranger] = [await service.tenant(), await service.tenant()];
  const agentId = newId();
  const integrationId = await connect(tenant.owner);
  await tenant.owner(LINK, { input: { agentId, integrationId } });
  await keep(tenant, integrationId, [item('A-1', at(1))]);
  await tie(tenant, agentId, integrationId, 'A-1');

  const [own] = await read(tenant.owner, [agentId]);
  const [foreign] = await read(stranger.owner, [agentId]);

  expect(own && keysOf(own)).toEqual(['A-1']);
  expect(foreign).toEqual({
    edges: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, endCursor: null },
  });
});
