/** Hooks that other systems were told to send to, by the connectors' own registrars: what these systems then send is taken. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLogger, newId } from '@flowgrid/platform';
import { deliver } from '../../../subgraphs/integrations/src/testkit/github/deliveries.ts';
import { createGitHubConnector } from '../../../subgraphs/integrations/src/adapters/github/github-connector.ts';
import { openIntegrationsDatabase } from '../../../subgraphs/integrations/src/database.ts';
import type { Connections } from '../../../subgraphs/integrations/src/modules/connection/connections.ts';
import { RedeliveryService } from '../../../subgraphs/integrations/src/modules/inbound-hook/redelivery-service.ts';
import { findIntegration } from '../../../subgraphs/integrations/src/modules/integration/integration-store.ts';
import type { GitHubServer } from '../../../subgraphs/integrations/src/testkit/github-server.ts';
import {
  startConnectedGitHub,
  type ConnectedGitHub,
} from '../../../subgraphs/integrations/src/testkit/github-connection.ts';
import {
  appToken,
  issuePayload,
  jiraMessage,
} from '../../../subgraphs/integrations/src/testkit/hook-messages.ts';
import { startJiraServer, type JiraServer } from '../../../subgraphs/integrations/src/testkit/jira-server.ts';
import {
  OAUTH_CLIENT,
  startOAuthServer,
  type OAuthServer,
} from '../../../subgraphs/integrations/src/testkit/oauth-server.ts';
import { dataOf } from '../../testkit/graphql.ts';
import { until } from '../../testkit/wait.ts';
import { REGISTER_HOOK, UPDATE_HOOK, makeHook, send, worked, type MadeHook } from './hook-operations.ts';
import { CREATE, type Payload } from './operations.ts';
import { startIntegrations, type IntegrationsService, type TestTenant } from './service.ts';

const PUBLIC_URL = 'https://flowgrid.test';
const ACCESS_TOKEN = 'NjY2NjY2OmFjY2Vzcy10b2tlbi0wMDAx';
const START = `mutation($input: StartIntegrationAuthorizationInput!) {
  result: startIntegrationAuthorization(input: $input) { authorizationUrl }
}`;
const COMPLETE = `mutation($input: CompleteIntegrationAuthorizationInput!) {
  result: completeIntegrationAuthorization(input: $input) { integration { status } errors { message } }
}`;

const stack = new AsyncDisposableStack();
let connected: ConnectedGitHub;
let github: GitHubServer;
let oauth: OAuthServer;
let cloud: JiraServer;
let dataCenter: JiraServer;
let service: IntegrationsService;
let tenant: TestTenant;

beforeAll(async () => {
  connected = stack.use(await startConnectedGitHub());
  github = connected.server;
  oauth = stack.use(await startOAuthServer());
  cloud = stack.use(await startJiraServer({ isTokenOfApp: (token) => oauth.secrets.includes(token) }));
  dataCenter = stack.use(await startJiraServer({ edition: 'DATA_CENTER', majorVersion: 10 }));
  dataCenter.addAccount({ authorization: `Bearer ${ACCESS_TOKEN}` });
  for (const jira of [cloud, dataCenter]) jira.addProject('CLM');
  const hosts = [github, oauth, cloud, dataCenter].map(({ host }) => host);
  service = stack.use(
    await startIntegrations(hosts, {
      PUBLIC_URL,
      ATLASSIAN_AUTH_URL: oauth.url,
      ATLASSIAN_API_URL: cloud.baseUrl,
    }),
  );
  github.state.hooksArriveAt = service.url;
  await service.platform.start('delivery-worker');
});
afterAll(() => stack.disposeAsync());
beforeEach(async () => {
  tenant = await service.tenant();
});

async function connect(kind: string, baseUrl: string, credential: object): Promise<string> {
  const input = { kind, name: newId(), baseUrl, credential };
  const { integration, errors } = dataOf<{ result: Payload }>(await tenant.owner(CREATE, { input })).result;
  if (!integration) throw new Error(JSON.stringify(errors));
  return integration.id;
}

/** As an OAuth app in whose name somebody signed in in the browser. */
async function connectCloud(): Promise<string> {
  const integrationId = await connect('JIRA', cloud.baseUrl, OAUTH_CLIENT);
  const started = await tenant.owner(START, { input: { integrationId } });
  const { authorizationUrl } = dataOf<{ result: { authorizationUrl: string } }>(started).result;
  const handedOver = Object.fromEntries(oauth.signIn(authorizationUrl).searchParams);
  const completed = await tenant.owner(COMPLETE, { input: handedOver });
  expect(dataOf(completed)).toMatchObject({ result: { integration: { status: 'HEALTHY' }, errors: [] } });
  return integrationId;
}

const connectDataCenter = (): Promise<string> =>
  connect('JIRA', dataCenter.baseUrl, { personalAccessToken: ACCESS_TOKEN });

function connectGitHub(): Promise<string> {
  const token = github.state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: ['repo'] });
  return connect('GITHUB', github.url, { token });
}

async function register({ hook }: MadeHook, scope: string): Promise<unknown> {
  const answer = await tenant.owner(REGISTER_HOOK, { input: { hookId: hook.id, scope } });
  return dataOf<{ result: unknown }>(answer).result;
}

const jiraPayload = (key: string): object => ({
  webhookEvent: 'jira:issue_created',
  issue: {
    key,
    fields: {
      summary: 'Claims are late',
      status: { name: 'To Do' },
      issuetype: { name: 'Task' },
      updated: '2026-01-01T12:00:00.000+0000',
    },
  },
});

/** As a Jira signs what was registered at it. */
function jiraWebhook({ world }: JiraServer, url: string, key: string) {
  const webhook = world.webhooks.find((each) => each.url === url);
  if (webhook === undefined) throw new Error('nothing was registered');
  const message = jiraMessage(webhook.secret ?? '', { identifier: newId(), payload: jiraPayload(key) });
  if (webhook.secret !== null) return message;
  const seconds = Math.floor(Date.now() / 1000);
  const token = appToken(OAUTH_CLIENT.clientSecret, { iat: seconds, exp: seconds + 180 });
  const { 'x-hub-signature': _unsigned, ...headers } = message.headers;
  return { ...message, headers: { ...headers, authorization: `Bearer ${token}` } };
}

test('GitHub is told the address and the secret, and what it sends is taken', async () => {
  const repository = github.state.addRepository(`acme/${newId()}`, { roles: { octocat: 'admin' } });
  const made = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId: await connectGitHub() });

  const registered = await register(made, `acme/${repository.name}`);
  const [hook] = repository.hooks;
  if (hook === undefined) throw new Error('nothing was registered');
  const payload = issuePayload('opened', {
    number: 1,
    title: 'Claims are late',
    updatedAt: '2026-01-01T12:00:00Z',
  });
  const { statusCode } = await deliver(github.state, hook, { event: 'issues', payload });

  expect(registered).toMatchObject({ registration: { scope: `acme/${repository.name}` }, errors: [] });
  expect(statusCode).toBe(202);
  expect(await worked(tenant, made.hook.id, 1)).toMatchObject([
    { state: 'DONE', note: 'acme/claims#1 is new.' },
  ]);
});

test.each([
  ['Cloud', () => cloud, connectCloud, { verification: 'BEARER_JWT', secret: OAUTH_CLIENT.clientSecret }],
  ['Data Center', () => dataCenter, connectDataCenter, { verification: 'HMAC_SHA256' }],
] as const)(
  'Jira %s is told the address, and what it sends is taken',
  async (_edition, jiraOf, open, how) => {
    const jira = jiraOf();
    jira.world.webhooks.splice(0);
    const made = await makeHook(tenant.owner, { kind: 'JIRA', integrationId: await open(), ...how });

    const registered = await register(made, 'CLM');
    const response = await send(service, made.path, jiraWebhook(jira, made.hook.url, 'CLM-1'));

    expect(registered).toMatchObject({ registration: { scope: 'CLM' }, errors: [] });
    expect(response.status).toBe(202);
    expect(await worked(tenant, made.hook.id, 1)).toMatchObject([{ state: 'DONE', note: 'CLM-1 is new.' }]);
  },
);

test.each([
  [
    'an app of Jira Cloud',
    () => cloud,
    connectCloud,
    { kind: 'JIRA' },
    /the verification BEARER_JWT and the client secret/,
  ],
  [
    'Jira Data Center',
    () => dataCenter,
    connectDataCenter,
    { kind: 'JIRA', verification: 'BEARER_JWT', secret: 'a-secret-of-some-app' },
    /the verification HMAC_SHA256, and register that/,
  ],
  [
    'Jira Data Center',
    () => dataCenter,
    connectDataCenter,
    { kind: 'GENERIC' },
    /of the kind of the integration/,
  ],
] as const)(
  '%s is not told of a hook that would refuse its messages',
  async (_name, jiraOf, open, how, words) => {
    const jira = jiraOf();
    jira.world.webhooks.splice(0);
    const made = await makeHook(tenant.owner, { integrationId: await open(), ...how });

    const refused = await register(made, 'CLM');

    expect(refused).toMatchObject({
      hook: null,
      registration: null,
      errors: [{ code: 'INVALID', path: ['hookId'], message: expect.stringMatching(words) }],
    });
    expect(jira.world.webhooks).toEqual([]);
  },
);

test('what GitHub could not deliver is asked for, and taken once', async () => {
  await using database = openIntegrationsDatabase(service.databaseUrl);
  const token = github.state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: ['repo'] });
  const connection = connected.connect(token);
  const use: Connections['use'] = async ({ tenantId, integrationId }, work) => {
    const integration = await database.readInTenant(tenantId, (tx) =>
      findIntegration(tx, tenantId, integrationId),
    );
    return integration && work({ connector: createGitHubConnector(), connection, integration });
  };
  const logger = createLogger({ name: 'test', level: 'silent' });
  const redeliveries = new RedeliveryService({ database, connections: { use }, logger });
  const repository = github.state.addRepository(`acme/${newId()}`, { roles: { octocat: 'admin' } });
  const made = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId: await connectGitHub() });
  await register(made, `acme/${repository.name}`);
  const [hook] = repository.hooks;
  if (hook === undefined) throw new Error('nothing was registered');
  const tell = (number: number) =>
    deliver(github.state, hook, {
      event: 'issues',
      payload: issuePayload('opened', { number, title: 'Claims', updatedAt: '2026-01-01T12:00:00Z' }),
    });
  const triesAfter = async (count: number) => {
    await service.rows('UPDATE integrations.inbound_registration SET redeliver_after = now()');
    await redeliveries.redeliverDue();
    return until(`${count} tries`, async () => (hook.deliveries.length >= count ? hook.deliveries : null));
  };

  await tell(1);
  github.state.hooksArriveAt = 'http://127.0.0.1:1';
  const lost = await tell(2);
  github.state.hooksArriveAt = service.url;
  await triesAfter(3);
  // Nobody is asked again before the time is over.
  await redeliveries.redeliverDue();
  const tries = await triesAfter(3);
  const taken = await worked(tenant, made.hook.id, 2);

  expect(lost.statusCode).toBe(0);
  expect(tries.map(({ guid, statusCode }) => [guid === lost.guid, statusCode])).toEqual([
    [true, 202],
    [true, 0],
    [false, 202],
  ]);
  expect(new Set(taken.map(({ note }) => note))).toEqual(
    new Set(['acme/claims#1 is new.', 'acme/claims#2 is new.']),
  );
});

test('a disabled hook is not asked about', async () => {
  const made = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId: await connectGitHub() });
  const repository = github.state.addRepository(`acme/${newId()}`, { roles: { octocat: 'admin' } });
  await register(made, `acme/${repository.name}`);
  await service.rows('UPDATE integrations.inbound_registration SET redeliver_after = now()');
  const claim = () =>
    service.rows<{ tenant_id: string }>(
      'SELECT tenant_id FROM integrations.claim_inbound_redeliveries(600, 100)',
    );
  const isOurs = ({ tenant_id: id }: { readonly tenant_id: string }): boolean => id === tenant.id;

  await tenant.owner(UPDATE_HOOK, { input: { id: made.hook.id, isEnabled: false } });
  const disabled = await claim();
  await tenant.owner(UPDATE_HOOK, { input: { id: made.hook.id, isEnabled: true } });
  const enabled = await claim();

  expect(disabled.filter(isOurs)).toEqual([]);
  expect(enabled.filter(isOurs)).toHaveLength(1);
  expect((await claim()).filter(isOurs)).toEqual([]);
});
