/**
 * Entities of every subgraph, asked directly with a valid context token of another tenant: the router would never do
 * it, and row level security must not depend on the router. The list comes from the subgraphs' own schemas.
 */
import { readFile, readdir } from 'node:fs/promises';
import { Kind, parse } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { postGraphQL } from '../testkit/graphql.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import { MARKER, fillTenant, unknownIds, type Ids } from './tenant-data.ts';

const platform = sharedPlatform();

/** Which id belongs to an entity type, and what to ask of it in the subgraph. */
const ENTITIES: Readonly<Record<string, { readonly id: keyof Ids; readonly selection: string }>> = {
  'agents.Agent': { id: 'agent', selection: 'name description status draft { number }' },
  'agents.AgentVersion': { id: 'agentVersion', selection: 'number definition { instructions }' },
  'auth.Tenant': { id: 'tenant', selection: 'slug name' },
  'auth.User': { id: 'user', selection: 'email name' },
  'design.Agent': { id: 'designedAgent', selection: 'designSessions { edges { node { title } } }' },
  'design.DesignSession': { id: 'session', selection: 'title description' },
  'integrations.Agent': {
    id: 'agent',
    selection: 'integrations { name } recentItems { edges { node { title } } }',
  },
  'integrations.Integration': { id: 'integration', selection: 'name credentialHint syncs { scope }' },
};

let owner: TestTenant;
let stranger: TestTenant;
let foreign: Ids;

beforeAll(async () => {
  [owner, stranger] = await Promise.all([platform.createTenant(), platform.createTenant()]);
  foreign = await fillTenant(owner, platform.routerUrl);
});

async function contextToken(tenant: TestTenant, subgraph: string): Promise<string> {
  const response = await fetch(`${platform.url('auth')}/internal/context`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tenant.users.OWNER.accessToken}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ audiences: [subgraph] }),
  });
  const { tokens } = (await response.json()) as { tokens: Record<string, string> };
  return String(tokens[subgraph]);
}

async function resolve(name: string, ids: Ids, tenant: TestTenant): Promise<unknown> {
  const [subgraph = '', type = ''] = name.split('.');
  const entity = ENTITIES[name];
  if (!entity) throw new Error(`${name} is not covered`);
  const answer = await postGraphQL(
    `${platform.url(subgraph as 'agents')}/graphql`,
    {
      query: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${type} { ${entity.selection} } } }`,
      variables: { r: [{ __typename: type, id: ids[entity.id] }] },
    },
    await contextToken(tenant, subgraph),
  );
  return answer;
}

/** `subgraph.Type` of each entity that a subgraph resolves. */
async function declaredEntities(): Promise<readonly string[]> {
  const folder = new URL('../../subgraphs/', import.meta.url);
  const files = (await readdir(folder, { recursive: true })).filter((path) =>
    /^\w+\/src\/.*\.graphql$/.test(path),
  );
  const declared = await Promise.all(
    files.map(async (path) => {
      const { definitions } = parse(await readFile(new URL(path, folder), 'utf8'));
      return definitions.flatMap((node) => {
        if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.OBJECT_TYPE_EXTENSION) return [];
        const key = node.directives?.find(({ name }) => name.value === 'key');
        const isReference = key?.arguments?.some(
          ({ name, value }) => name.value === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value,
        );
        return key && !isReference ? [`${path.split('/')[0]}.${node.name.value}`] : [];
      });
    }),
  );
  return [...new Set(declared.flat())].toSorted();
}

test('every entity of every subgraph is covered, and none that is gone', async () => {
  expect(Object.keys(ENTITIES)).toEqual(await declaredEntities());
});

describe('an entity of another tenant is answered like one that does not exist', () => {
  test.each(Object.keys(ENTITIES))('%s', async (name) => {
    const toUnknown = await resolve(name, unknownIds(), stranger);
    const toForeign = await resolve(name, foreign, stranger);
    const toOwner = await resolve(name, foreign, owner);

    expect(toForeign).toEqual(toUnknown);
    // The same question by the owner has another answer: the comparison above is not of two mistakes.
    expect(toOwner).not.toEqual(toUnknown);
    expect(JSON.stringify(toForeign)).not.toContain(MARKER);
  });
});
