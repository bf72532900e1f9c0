/** Jira through the service: Cloud by an API token, Data Center by a personal access token. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { startJiraServer, type JiraServer } from '../../../subgraphs/integrations/src/testkit/jira-server.ts';
import { ALL_PERMISSIONS } from '../../../subgraphs/integrations/src/testkit/jira-world.ts';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { CREATE as CONNECT, type Payload } from './operations.ts';
import { startIntegrations, type Ask, type IntegrationsService } from './service.ts';

const EMAIL = 'bot@example.test';
const API_TOKEN = 'ATATT3xFfGF0-jira-token-0001';
const ACCESS_TOKEN = 'NjY2NjY2OmFjY2Vzcy10b2tlbi0wMDAx';
const BASIC = `Basic ${Buffer.from(`${EMAIL}:${API_TOKEN}`).toString('base64')}`;
const BEARER = `Bearer ${ACCESS_TOKEN}`;

const EDITIONS = {
  CLOUD: { authorization: BASIC, credential: { email: EMAIL, apiToken: API_TOKEN } },
  DATA_CENTER: { authorization: BEARER, credential: { personalAccessToken: ACCESS_TOKEN } },
} as const;
type Edition = keyof typeof EDITIONS;

let service: IntegrationsService;
const servers = new Map<Edition, JiraServer>();

beforeAll(async () => {
  for (const edition of ['CLOUD', 'DATA_CENTER'] as const) {
    const server = await startJiraServer({ edition, majorVersion: 10 });
    server.addAccount({ authorization: EDITIONS[edition].authorization, login: EMAIL });
    server.addProject('OPS');
    servers.set(edition, server);
  }
  service = await startIntegrations([...servers.values()].map(({ host }) => host));
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  for (const server of servers.values()) await server[Symbol.asyncDispose]();
});

const TEST = `mutation ($id: ID!) { result: testIntegration(input: { id: $id }) {
  integration { status } report { ok account message capabilities { capability status missing } } } }`;
const ITEMS = `query ($id: ID!, $search: String, $after: String) { integration(id: $id) { id
  items(search: $search, first: 2, after: $after) { edges { node { key } } pageInfo { hasNextPage endCursor } } } }`;
const ITEM = `query ($id: ID!, $key: String!) { integration(id: $id) { id item(key: $key) { key title state body url } } }`;

interface Page {
  readonly edges: readonly { readonly node: { readonly key: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

describe.each(['CLOUD', 'DATA_CENTER'] as const)('Jira %s', (edition) => {
  const serverOf = (): JiraServer => {
    const server = servers.get(edition);
    if (!server) throw new Error('not started');
    return server;
  };
  const connect = async (ask: Ask): Promise<string> => {
    const { credential } = EDITIONS[edition];
    const input = { kind: 'JIRA', name: newId(), baseUrl: serverOf().baseUrl, credential };
    const { integration, errors } = dataOf<{ result: Payload }>(await ask(CONNECT, { input })).result;
    if (!integration) throw new Error(JSON.stringify(errors));
    return integration.id;
  };

  test('is tested for what its rights allow', async () => {
    const { owner } = await service.tenant();
    const server = serverOf();
    const id = await connect(owner);

    const all = await owner(TEST, { id });
    const permissions = ALL_PERMISSIONS.filter((permission) => permission !== 'ADD_COMMENTS');
    server.addAccount({ authorization: EDITIONS[edition].authorization, login: EMAIL, permissions });
    const fewer = await owner(TEST, { id });
    server.addAccount({ authorization: EDITIONS[edition].authorization, login: EMAIL });

    expect(dataOf(all)).toMatchObject({
      result: { integration: { status: 'HEALTHY' }, report: { ok: true, account: EMAIL } },
    });
    const { report } = dataOf<{ result: { report: { capabilities: object[] } } }>(fewer).result;
    expect(report.capabilities).toContainEqual({
      capability: 'COMMENT',
      status: 'MISSING',
      missing: 'Grant the permission "Add Comments" in a project.',
    });
  });

  test('shows its issues page by page, and each as the context of a design', async () => {
    const { owner, viewer } = await service.tenant();
    const server = serverOf();
    const word = `paged${newId().replaceAll('-', '')}`;
    const added = Array.from({ length: 5 }, (_, index) =>
      server.addIssue({
        project: 'OPS',
        summary: `Claim ${index} ${word}`,
        updated: Date.now() + index * 1_000,
      }),
    );
    const id = await connect(owner);
    const keys: string[] = [];
    let after: string | null = null;

    do {
      const answer: { integration: { items: Page } } = dataOf(
        await viewer(ITEMS, { id, search: word, after }),
      );
      const { edges, pageInfo } = answer.integration.items;
      keys.push(...edges.map(({ node }) => node.key));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null && keys.length < 10);
    const one = await viewer(ITEM, { id, key: keys[0]?.toLowerCase() });

    expect(keys).toEqual(added.map(({ key }) => key).toReversed());
    expect(dataOf(one)).toMatchObject({
      integration: { item: { key: keys[0], state: 'To Do', url: `${server.baseUrl}/browse/${keys[0]}` } },
    });
  });

  // Attack: words that make the query ask for another project.
  test('takes what is searched for as words alone', async () => {
    const { owner, viewer } = await service.tenant();
    const server = serverOf();
    server.addProject('SECRET');
    server.addIssue({ project: 'SECRET', summary: 'Confidential' });
    const id = await connect(owner);

    const found = await viewer(ITEMS, { id, search: 'nothing" OR project = "SECRET' });

    expect(dataOf<{ integration: { items: Page } }>(found).integration.items.edges).toEqual([]);
    expect(server.targets.at(-1)?.searchParams.get('jql')).toBe(
      'text ~ "nothing OR project SECRET" ORDER BY updated DESC',
    );
  });

  test('that limits its requests is left alone until the time that it says', async () => {
    const { owner, viewer } = await service.tenant();
    const server = serverOf();
    const { key } = server.addIssue({ project: 'OPS', summary: 'Claim' });
    const id = await connect(owner);
    server.fail('LIMITED');

    const limited = await viewer(ITEM, { id, key });
    const before = server.requests.length;
    const paused = await viewer(ITEM, { id, key });

    expect(limited.errors).toHaveLength(1);
    expect(codesOf(paused)).toEqual(['RATE_LIMITED']);
    expect(server.requests.length).toBe(before);
  });
});
