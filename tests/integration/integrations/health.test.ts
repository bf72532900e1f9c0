/** How connections are: from tests and from use, with history, for people who look and for those who watch. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  startGitHubServer,
  type GitHubServer,
} from '../../../subgraphs/integrations/src/testkit/github-server.ts';
import { codesOf, dataOf, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { until } from '../../testkit/wait.ts';
import { holdOutbox, listAudit, listEvents } from '../../testkit/outbox.ts';
import { CREATE, DELETE, ROTATE, TEST, UPDATE, type Payload, type Report } from './operations.ts';
import { startIntegrations, type IntegrationsService, type TestTenant } from './service.ts';

const CHECKS = 'capability status missing';
const LOOK = `query ($id: ID!) {
  integration(id: $id) {
    status lastError requestsPerMinute capabilities checkedCapabilities { ${CHECKS} }
    statusHistory(first: 10) { edges { cursor node { from to reason } } pageInfo { hasNextPage } }
    events(first: 10) { kind message sequence }
  }
}`;
const ITEM = 'query ($id: ID!, $key: String!) { integration(id: $id) { item(key: $key) { key } } }';
const KEY = 'acme/claims#1';

interface Look {
  readonly status: string;
  readonly lastError: string | null;
  readonly requestsPerMinute: number | null;
  readonly capabilities: readonly string[];
  readonly checkedCapabilities:
    | readonly { capability: string; status: string; missing: string | null }[]
    | null;
  readonly statusHistory: {
    readonly edges: readonly { cursor: string; node: { from: string; to: string; reason: string } }[];
    readonly pageInfo: { readonly hasNextPage: boolean };
  };
  readonly events: readonly { readonly kind: string; readonly message: string; readonly sequence: number }[];
}

let github: GitHubServer;
let service: IntegrationsService;
let token: string;
let limitedToken: string;
let tenant: TestTenant;

beforeAll(async () => {
  github = await startGitHubServer();
  const repository = github.state.addRepository('acme/claims', { roles: { octocat: 'admin' } });
  github.state.addIssue(repository, { title: 'Claim' });
  token = github.state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: ['repo'] });
  limitedToken = github.state.addAccount({ kind: 'CLASSIC', login: 'hubot', scopes: ['read:org'] });
  service = await startIntegrations([github.host]);
  await holdOutbox(service.rows, 'integrations');
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
});
beforeEach(async () => {
  github.recover();
  tenant = await service.tenant();
});

async function connect(input: object = {}): Promise<string> {
  const whole = { kind: 'GITHUB', name: 'Code', baseUrl: github.url, credential: { token }, ...input };
  const { integration, errors } = dataOf<{ result: Payload }>(
    await tenant.owner(CREATE, { input: whole }),
  ).result;
  if (!integration) throw new Error(JSON.stringify(errors));
  return integration.id;
}

const readItem = (id: string): Promise<GraphQLAnswer> => tenant.owner(ITEM, { id, key: KEY });

async function look(id: string): Promise<Look> {
  return dataOf<{ integration: Look }>(await tenant.viewer(LOOK, { id })).integration;
}

const messagesOf = (answer: GraphQLAnswer): readonly string[] => answer.errors.map(({ message }) => message);
const historyOf = ({ statusHistory }: Look): readonly string[] =>
  statusHistory.edges.map(({ node }) => `${node.from} ${node.to}`);

/** What was to end then, has ended. */
async function pass(id: string, column: 'open_until' | 'paused_until'): Promise<void> {
  await service.rows(
    `UPDATE integrations.connection_state SET ${column} = now() WHERE integration_id = $1 AND ${column} IS NOT NULL`,
    [id],
  );
}

test('the first answer makes a connection healthy, the following ones write nothing of it', async () => {
  const id = await connect();

  dataOf(await readItem(id));
  const [first] = await service.rows('SELECT xmin::text FROM integrations.integration WHERE id = $1', [id]);
  dataOf(await readItem(id));

  expect(await look(id)).toMatchObject({
    status: 'HEALTHY',
    lastError: null,
    statusHistory: {
      edges: [{ node: { from: 'UNTESTED', to: 'HEALTHY', reason: 'GitHub answers as it should.' } }],
    },
    events: [{ kind: 'STATUS_CHANGED', sequence: 1, message: expect.stringContaining('HEALTHY') }],
  });
  expect(await service.rows('SELECT xmin::text FROM integrations.integration WHERE id = $1', [id])).toEqual([
    first,
  ]);
  const events = await listEvents(service.rows, 'integrations', tenant.id);
  expect(events.at(-1)).toMatchObject({
    type: 'integration.status_changed',
    subject: id,
    actorkind: 'SYSTEM',
    data: { from: 'UNTESTED', to: 'HEALTHY', integration: { id, status: 'HEALTHY' } },
  });
  const pairs = events.map(({ id: eventId, type }) => ({ id: eventId, action: type }));
  expect(pairs).toEqual(await listAudit(service.rows, 'integrations', tenant.id));
});

test('a credential that is taken back breaks a connection until another one is entered', async () => {
  const id = await connect();
  dataOf(await readItem(id));
  github.fail('UNAUTHORIZED', { times: 1 });

  const refused = await readItem(id);
  const broken = await look(id);
  await tenant.owner(ROTATE, { input: { id, credential: { token } } });
  const rotated = await look(id);

  expect(codesOf(refused)).toEqual(['CONFLICT']);
  expect(broken).toMatchObject({
    status: 'BROKEN',
    lastError: 'GitHub does not accept the credential (401). Enter a valid one.',
  });
  expect(rotated).toMatchObject({ status: 'UNTESTED', lastError: null });
  expect(historyOf(rotated)).toEqual(['BROKEN UNTESTED', 'HEALTHY BROKEN', 'UNTESTED HEALTHY']);
});

test('a broken connection is healthy again by itself when its system answers', async () => {
  const id = await connect();
  github.fail('UNAUTHORIZED', { times: 1 });
  await readItem(id);
  const broken = await look(id);

  dataOf(await readItem(id));

  expect(broken.status).toBe('BROKEN');
  expect(await look(id)).toMatchObject({ status: 'HEALTHY', lastError: null });
});

test('rights that are missing for what is used break a connection, one forbidden thing does not', async () => {
  const id = await connect();
  dataOf(await readItem(id));
  github.fail('FORBIDDEN', { times: 3 });

  await readItem(id);
  await readItem(id);
  const before = await look(id);
  await readItem(id);

  expect(before.status).toBe('HEALTHY');
  expect(await look(id)).toMatchObject({
    status: 'BROKEN',
    lastError: 'GitHub knows the credential and forbids what is asked (403). Check its permissions.',
  });
});

test('a system that fails again and again degrades a connection, is left alone, and recovers', async () => {
  const id = await connect();
  dataOf(await readItem(id));
  github.fail('BROKEN', { times: 1_000 });

  for (let tries = 0; tries < 5; tries += 1) await readItem(id);
  const degraded = await look(id);
  const asked = github.requests.length;
  const refused = await readItem(id);
  const askedThen = github.requests.length;
  github.recover();
  await pass(id, 'open_until');
  const answers = [await readItem(id), await readItem(id), await readItem(id)];

  expect(degraded.status).toBe('DEGRADED');
  expect(degraded.lastError).toMatch(/^GitHub fails again and again\. GitHub answered with the status 502/);
  expect(codesOf(refused)).toEqual(['RATE_LIMITED']);
  expect(messagesOf(refused)).toEqual([
    expect.stringMatching(/^GitHub has failed several times\. This connection waits until \d{4}-.* UTC/),
  ]);
  expect(askedThen).toBe(asked);
  expect(answers.flatMap(codesOf)).toEqual([]);
  const recovered = await look(id);
  expect(recovered).toMatchObject({ status: 'HEALTHY', lastError: null });
  expect(historyOf(recovered)).toEqual(['DEGRADED HEALTHY', 'HEALTHY DEGRADED', 'UNTESTED HEALTHY']);
});

test.each(['SECONDARY_403', 'SECONDARY_403_UNNAMED', 'SECONDARY_429', 'RATE_LIMIT'] as const)(
  'after %s whoever asks is told until when the connection waits, and GitHub is not asked',
  async (fault) => {
    const id = await connect();
    dataOf(await readItem(id));
    github.fail(fault, { times: 1 });

    await readItem(id);
    const asked = github.requests.length;
    const refused = await readItem(id);

    expect(codesOf(refused)).toEqual(['RATE_LIMITED']);
    expect(messagesOf(refused)).toEqual([
      expect.stringMatching(
        /^GitHub limits its requests\. This connection waits until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/,
      ),
    ]);
    expect(github.requests.length).toBe(asked);
    // One refusal is everyday life.
    expect((await look(id)).status).toBe('HEALTHY');
    const { report, integration } = dataOf<{ result: Payload & { report: Report } }>(
      await tenant.owner(TEST, { input: { id } }),
    ).result;
    expect(report).toMatchObject({ ok: false, message: expect.stringContaining('waits until') });
    expect(integration).toMatchObject({ status: 'DEGRADED', lastError: report.message });
    expect(github.requests.length).toBe(asked);
  },
);

test('a limit of the tenant is kept, and can be changed', async () => {
  const id = await connect({ requestsPerMinute: 2 });

  const first = await readItem(id);
  const second = await readItem(id);
  const updated = dataOf<{ result: Payload }>(
    await tenant.owner(UPDATE, { input: { id, requestsPerMinute: null } }),
  ).result;
  // What the bucket lacks comes back as fast as the new limit says.
  const third = await until('there is a turn again', async () => {
    const answer = await readItem(id);
    return codesOf(answer).length === 0 && answer;
  });

  expect(codesOf(first)).toEqual([]);
  expect(messagesOf(second)).toEqual([
    expect.stringMatching(/^This connection has used up its requests\. It waits until .* UTC/),
  ]);
  expect(updated.errors).toEqual([]);
  expect((await look(id)).requestsPerMinute).toBeNull();
  expect(dataOf(third)).toEqual({ integration: { item: { key: KEY } } });
});

test.each([0, -1, 10_001])('%d requests a minute are refused', async (requestsPerMinute) => {
  const id = await connect();

  const answer = await tenant.owner(UPDATE, { input: { id, requestsPerMinute } });

  expect(dataOf<{ result: Payload }>(answer).result).toMatchObject({
    integration: null,
    errors: [{ path: ['requestsPerMinute'] }],
  });
});

test('a test says what the granted rights allow and what is missing, and it is kept', async () => {
  const id = await connect();
  const limitedId = await connect({ name: 'Limited', credential: { token: limitedToken } });
  const untested = await look(id);
  const run = (tested: string): Promise<GraphQLAnswer> =>
    tenant.owner(
      `mutation ($input: TestIntegrationInput!) {
        testIntegration(input: $input) { report { ok capabilities { ${CHECKS} } } }
      }`,
      { input: { id: tested } },
    );
  type Tested = { testIntegration: { report: { ok: boolean; capabilities: Look['checkedCapabilities'] } } };

  const full = dataOf<Tested>(await run(id)).testIntegration.report;
  const limited = dataOf<Tested>(await run(limitedId)).testIntegration.report;

  const tested = await look(id);
  expect(untested.checkedCapabilities).toBeNull();
  expect(untested.capabilities).toContain('PULL_REQUESTS');
  expect(full.ok).toBe(true);
  expect(full.capabilities?.map(({ capability }) => capability).toSorted()).toEqual(
    tested.capabilities.toSorted(),
  );
  expect(tested.checkedCapabilities).toEqual(full.capabilities);
  const missing = limited.capabilities?.filter(({ status }) => status === 'MISSING') ?? [];
  expect(missing.map(({ capability }) => capability)).toContain('CREATE_ITEMS');
  for (const check of missing) expect(check.missing).toEqual(expect.any(String));
  expect((await look(limitedId)).checkedCapabilities).toEqual(limited.capabilities);
});

test('the history comes page by page', async () => {
  const id = await connect();
  for (let round = 0; round < 2; round += 1) {
    await tenant.owner(TEST, { input: { id } });
    await tenant.owner(ROTATE, { input: { id, credential: { token } } });
  }
  const page = `query ($id: ID!, $after: String) {
    integration(id: $id) {
      statusHistory(first: 3, after: $after) { edges { cursor node { from to } } pageInfo { hasNextPage endCursor } }
    }
  }`;
  type Page = {
    integration: Pick<Look, 'statusHistory'> & { statusHistory: { pageInfo: { endCursor: string } } };
  };

  const first = dataOf<Page>(await tenant.viewer(page, { id })).integration.statusHistory;
  const second = dataOf<Page>(await tenant.viewer(page, { id, after: first.pageInfo.endCursor })).integration
    .statusHistory;

  expect([first, second].map(({ edges }) => edges.map(({ node }) => node.to))).toEqual([
    ['UNTESTED', 'HEALTHY', 'UNTESTED'],
    ['HEALTHY'],
  ]);
  expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
});

test('what can be connected is described for forms', async () => {
  const answer = await tenant.viewer(
    '{ integrationKinds { kind name capabilities defaultBaseUrl signInWays { id fields { name label isSecret } } } }',
  );

  expect(dataOf<{ integrationKinds: unknown[] }>(answer).integrationKinds).toMatchObject([
    { kind: 'GITHUB', name: 'GitHub', capabilities: expect.arrayContaining(['READ_ITEMS']) },
    { kind: 'JIRA', name: 'Jira', defaultBaseUrl: null },
    { kind: 'SERVICENOW', name: 'ServiceNow' },
  ]);
});

async function registerHook(integrationId: string): Promise<void> {
  const made = await tenant.owner(
    'mutation ($input: CreateInboundHookInput!) { createInboundHook(input: $input) { hook { id } } }',
    { input: { integrationId, kind: 'GITHUB', name: 'Claims' } },
  );
  const { hook } = dataOf<{ createInboundHook: { hook: { id: string } } }>(made).createInboundHook;
  const registered = await tenant.owner(
    `mutation ($input: RegisterInboundHookInput!) {
      registerInboundHook(input: $input) { registration { id } errors { message } }
    }`,
    { input: { hookId: hook.id, scope: 'acme/claims' } },
  );
  expect(dataOf(registered)).toMatchObject({ registerInboundHook: { errors: [] } });
}

test.each([
  ['is there', 0],
  ['hangs', 1],
])('what was registered ends with its integration where the system %s', async (_what, left) => {
  const id = await connect();
  await registerHook(id);
  const hooks = github.state.repositories.get('acme/claims')?.hooks ?? [];
  const before = hooks.length;
  if (left > 0) github.fail('SILENT', { times: 10, on: /^DELETE/ });

  const deleted = await tenant.owner(DELETE, { input: { id } });

  expect(codesOf(deleted)).toEqual([]);
  expect([before, hooks.length]).toEqual([1, left]);
  expect(dataOf(await tenant.viewer(LOOK, { id }))).toEqual({ integration: null });
  hooks.splice(0);
});
