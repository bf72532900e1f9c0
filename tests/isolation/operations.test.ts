/**
 * Every operation of the public schema, asked by one tenant about the other's data. The list comes from the schema:
 * a new operation that takes an id fails here until it is added.
 */
import type { GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf, postGraphQL } from '../testkit/graphql.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import { subscribe } from '../testkit/subscription.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import { listRootFields, readSchema, type RootField } from './schema-walk.ts';
import { ELEMENT_ID, MARKER, fillTenant, unknownIds, type Ids } from './tenant-data.ts';

const platform = sharedPlatform();
const { graphqlUrl } = platform;

/** Variables for the operations that take ids. Everything but the ids is valid, so that only the ids decide. */
const WITH_IDS: Readonly<Record<string, (ids: Ids) => Record<string, unknown>>> = {
  'Query.agent': ({ agent }) => ({ id: agent }),
  'Query.agents': ({ user }) => ({ filter: { ownerId: user } }),
  'Query.archimateDelta': ({ archimateImport, session }) => ({
    importId: archimateImport,
    sessionId: session,
  }),
  'Query.archimateImport': ({ archimateImport }) => ({ id: archimateImport }),
  'Query.archimateModel': ({ session }) => ({ sessionId: session }),
  'Query.designSession': ({ session }) => ({ id: session }),
  'Query.inboundDeliveries': ({ hook }) => ({ hookId: hook }),
  'Query.inboundHook': ({ hook }) => ({ id: hook }),
  'Query.integration': ({ integration }) => ({ id: integration }),
  'Query.webhookDeliveries': ({ webhookEndpoint }) => ({ endpointId: webhookEndpoint }),
  'Query.webhookDelivery': ({ webhookDelivery }) => ({ id: webhookDelivery }),
  'Query.webhookEndpoint': ({ webhookEndpoint }) => ({ id: webhookEndpoint }),
  'Query.webhookReplay': ({ webhookReplay }) => ({ id: webhookReplay }),
  'Query.user': ({ user }) => ({ id: user }),
  'Mutation.acceptDesign': ({ session }) => ({ input: { sessionId: session, name: 'Taken over' } }),
  'Mutation.approveProcessModel': ({ session }) => ({ input: { sessionId: session } }),
  'Mutation.archiveAgent': ({ agent }) => ({ input: { id: agent } }),
  'Mutation.cancelDesign': ({ session }) => ({ input: { sessionId: session } }),
  'Mutation.commentOnExternalItem': ({ integration }) => ({
    input: { integrationId: integration, key: 'acme/claims#1', body: 'Mine' },
  }),
  'Mutation.createAgent': ({ agent }) => ({ input: { id: agent, name: 'Mine' } }),
  'Mutation.createExternalItem': ({ integration }) => ({
    input: { integrationId: integration, container: 'acme/claims', title: 'Mine' },
  }),
  'Mutation.createInboundHook': ({ hook }) => ({ input: { id: hook, kind: 'GENERIC', name: 'Mine' } }),
  'Mutation.createIntegrationRule': ({ rule, integration, agent }) => ({
    input: {
      id: rule,
      name: 'Mine',
      trigger: 'ITEM_CHANGED',
      action: 'TIE_TO_AGENT',
      integrationId: integration,
      agentId: agent,
    },
  }),
  'Mutation.createIntegration': ({ integration }) => ({
    input: { id: integration, kind: 'GITHUB', name: 'Mine', credential: { token: `ghp_${'b'.repeat(36)}` } },
  }),
  'Mutation.createPullRequest': ({ integration }) => ({
    input: {
      integrationId: integration,
      repository: 'acme/claims',
      branch: 'mine',
      title: 'Mine',
      files: [{ path: 'README.md', content: 'Mine' }],
    },
  }),
  'Mutation.createWebhookEndpoint': ({ webhookEndpoint }) => ({
    input: { id: webhookEndpoint, url: 'https://hooks.invalid/mine', events: ['agent.*'] },
  }),
  'Mutation.deleteWebhookEndpoint': ({ webhookEndpoint }) => ({ input: { id: webhookEndpoint } }),
  'Mutation.disableWebhookEndpoint': ({ webhookEndpoint }) => ({ input: { id: webhookEndpoint } }),
  'Mutation.enableWebhookEndpoint': ({ webhookEndpoint }) => ({ input: { id: webhookEndpoint } }),
  'Mutation.redeliverWebhook': ({ webhookDelivery }) => ({ input: { id: webhookDelivery } }),
  'Mutation.replayWebhooks': ({ webhookEndpoint }) => ({
    input: { endpointId: webhookEndpoint, since: '2026-01-01T00:00:00Z' },
  }),
  'Mutation.rotateWebhookSecret': ({ webhookEndpoint }) => ({ input: { id: webhookEndpoint } }),
  'Mutation.sendTestWebhook': ({ webhookEndpoint }) => ({
    input: { endpointId: webhookEndpoint, type: 'agent.created' },
  }),
  'Mutation.updateWebhookEndpoint': ({ webhookEndpoint }) => ({
    input: { id: webhookEndpoint, description: 'Taken over' },
  }),
  'Mutation.deleteAgent': ({ agent }) => ({ input: { id: agent } }),
  'Mutation.deleteArchimateImport': ({ archimateImport }) => ({ input: { id: archimateImport } }),
  'Mutation.deleteInboundHook': ({ hook }) => ({ input: { id: hook } }),
  'Mutation.deleteIntegrationRule': ({ rule }) => ({ input: { id: rule } }),
  'Mutation.deleteIntegration': ({ integration }) => ({ input: { id: integration } }),
  'Mutation.importArchimate': ({ upload }) => ({ input: { name: 'Mine', uploadId: upload } }),
  'Mutation.linkAgentIntegration': ({ agent, integration }) => ({
    input: { agentId: agent, integrationId: integration },
  }),
  'Mutation.linkAgentToArchimate': (ids) => ({ input: linkOf(ids) }),
  'Mutation.publishAgent': ({ agent }) => ({ input: { id: agent } }),
  'Mutation.pushArtifact': ({ artifact, integration }) => ({
    input: { artifactId: artifact, integrationId: integration, repository: 'acme/claims' },
  }),
  'Mutation.registerInboundHook': ({ hook }) => ({ input: { hookId: hook } }),
  'Mutation.restoreAgentVersion': ({ agent }) => ({ input: { id: agent, number: 1 } }),
  'Mutation.refineDesign': ({ session }) => ({ input: { sessionId: session, message: 'Be brief.' } }),
  'Mutation.retryDesign': ({ session }) => ({ input: { sessionId: session } }),
  'Mutation.retryInboundDelivery': ({ delivery }) => ({ input: { id: delivery } }),
  'Mutation.rotateInboundHookSecret': ({ hook }) => ({ input: { id: hook } }),
  'Mutation.rotateIntegrationCredential': ({ integration }) => ({
    input: { id: integration, credential: { token: `ghp_${'b'.repeat(36)}` } },
  }),
  'Mutation.startDesign': (ids) => ({ input: redesignOf(ids) }),
  'Mutation.startIntegrationAuthorization': ({ integration }) => ({ input: { integrationId: integration } }),
  'Mutation.startSync': ({ integration }) => ({ input: { integrationId: integration } }),
  'Mutation.stopSync': ({ sync }) => ({ input: { id: sync } }),
  'Mutation.syncNow': ({ sync }) => ({ input: { id: sync } }),
  'Mutation.testIntegration': ({ integration }) => ({ input: { id: integration } }),
  'Mutation.transitionExternalItem': ({ integration }) => ({
    input: { integrationId: integration, key: 'acme/claims#1', transitionId: 'CLOSE' },
  }),
  'Mutation.unarchiveAgent': ({ agent }) => ({ input: { id: agent } }),
  'Mutation.unlinkAgentFromArchimate': (ids) => ({ input: linkOf(ids) }),
  'Mutation.unlinkAgentIntegration': ({ agent, integration }) => ({
    input: { agentId: agent, integrationId: integration },
  }),
  'Mutation.unregisterInboundHook': ({ hook }) => ({ input: { id: hook } }),
  'Mutation.updateAgent': ({ agent }) => ({ input: { id: agent, expectedRevision: 1, name: 'Taken over' } }),
  'Mutation.updateInboundHook': ({ hook }) => ({ input: { id: hook, name: 'Taken over' } }),
  'Mutation.updateIntegrationRule': ({ rule }) => ({ input: { id: rule, name: 'Taken over' } }),
  'Mutation.updateIntegration': ({ integration }) => ({ input: { id: integration, name: 'Taken over' } }),
  'Mutation.validateArchimate': ({ upload }) => ({ input: { uploadId: upload } }),
  'Mutation.updateProcessModel': ({ session }) => ({
    input: { sessionId: session, expectedRevision: 1, model: { activities: [{ verb: 'check' }] } },
  }),
  'Subscription.webhookDeliveryChanged': ({ webhookEndpoint }) => ({ endpointId: webhookEndpoint }),
  'Subscription.designProgress': ({ session }) => ({ sessionId: session }),
  'Subscription.integrationEvents': ({ integration }) => ({ integrationId: integration }),
};

function linkOf({ archimateImport, agent }: Ids): Record<string, unknown> {
  return { importId: archimateImport, elementId: ELEMENT_ID, agentId: agent };
}

function redesignOf({ session, agent }: Ids): Record<string, unknown> {
  return { id: session, agentId: agent, title: 'Mine', description: 'The clerk checks the claim.' };
}

/** Narrower than everything, where the rest changes while a worker is at it or is too much. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  // Each hook has an address and a secret of its own.
  'Mutation.createInboundHook': `mutation ($input: CreateInboundHookInput!) {
    createInboundHook(input: $input) { hook { id name kind } errors { code message path } }
  }`,
  // Everything of the integrations and agents of all rules is more than the router lets anyone ask for.
  'Query.integrationRules': `{
    integrationRules {
      id name title body container authorName integration { id name } agent { id name }
      runs(first: 5) { edges { node { id } } }
    }
  }`,
  'Mutation.startDesign': `mutation ($input: StartDesignInput!) {
    startDesign(input: $input) { session { id title description createdBy { name } } errors { code message path } }
  }`,
};

/** Operations that take an id to make something under it: asked by a fresh tenant each time, which has nothing yet. */
const CREATING = new Set([
  'Mutation.createInboundHook',
  'Mutation.createAgent',
  'Mutation.createIntegration',
  'Mutation.startDesign',
  'Mutation.createWebhookEndpoint',
]);

/** Variables for queries without ids that need some. */
const WITHOUT_IDS: Readonly<Record<string, Record<string, unknown>>> = {
  'Query.analyzeProcess': { text: 'The clerk checks the claim.' },
  // Everything of a whole page, with its history, is more than the router lets anyone ask for.
  'Query.designSessions': { first: 5 },
};

let owner: TestTenant;
let stranger: TestTenant;
let foreign: Ids;
let schema: GraphQLSchema;
let fields: readonly RootField[];

beforeAll(async () => {
  [owner, stranger] = await Promise.all([platform.createTenant(), platform.createTenant()]);
  foreign = await fillTenant(owner, platform.routerUrl);
  schema = await readSchema(graphqlUrl, stranger.users.OWNER.accessToken);
  fields = listRootFields(schema);
});

/** What the stranger, with every permission in a tenant of its own, gets. Ids and times are made alike. */
async function ask(field: RootField, variables: Record<string, unknown>, ids: Ids): Promise<string> {
  const { name, kind } = field;
  const document = DOCUMENTS[name] ?? field.document;
  const asking = CREATING.has(name) ? await platform.createTenant() : stranger;
  const token = asking.users.OWNER.accessToken;
  const answer =
    kind === 'subscription'
      ? await firstAnswer(document, variables, token)
      : await postGraphQL(graphqlUrl, { query: document, variables }, token);
  return normalise(JSON.stringify(answer).replaceAll(asking.slug, '<slug>'), ids);
}

async function firstAnswer(
  query: string,
  variables: Record<string, unknown>,
  token: string,
): Promise<unknown> {
  await using subscription = subscribe({ query, variables }, { url: graphqlUrl, token });
  const ended = await subscription.ended;
  return { ended: ended instanceof Error ? ended.message : ended, events: subscription.events };
}

function normalise(text: string, ids: Ids): string {
  const named = Object.entries(ids).reduce((result, [name, id]) => result.replaceAll(id, `<${name}>`), text);
  return named
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/whsec_[\w+/=]+/g, '<secret>')
    .replaceAll(/"latencyMs":\d+/g, '"latencyMs":0');
}

function fieldOf(name: string): RootField {
  const field = fields.find((candidate) => candidate.name === name);
  if (!field) throw new Error(`${name} is not in the schema`);
  return field;
}

test('every operation that takes an id is covered, and none that is gone', () => {
  const taking = fields.filter(({ takesIds }) => takesIds).map(({ name }) => name);

  expect(Object.keys(WITH_IDS).toSorted()).toEqual(taking.toSorted());
});

describe('the id of another tenant is answered like one that does not exist', () => {
  test.each(Object.keys(WITH_IDS))('%s', async (name) => {
    const unknown = unknownIds();
    const variables = WITH_IDS[name];
    if (!variables) throw new Error(`no variables for ${name}`);

    const toUnknown = await ask(fieldOf(name), variables(unknown), unknown);
    const toForeign = await ask(fieldOf(name), variables(foreign), foreign);

    expect(toForeign).toBe(toUnknown);
    expect(toForeign).not.toContain(MARKER);
  });
});

// The worker reads the agent after the request: with a foreign id it must end as with one that does not exist.
test('a redesign of an agent of another tenant fails like one of no agent', async () => {
  const runWith = async (ids: Ids): Promise<string> => {
    const asking = await platform.createTenant();
    await asking.get(DOCUMENTS['Mutation.startDesign'] ?? '', { input: redesignOf(ids) });
    const query = `subscription ($id: ID!) { designProgress(sessionId: $id) { sequence phase state message } }`;
    const events = await firstAnswer(query, { id: ids.session }, asking.users.EDITOR.accessToken);
    return normalise(JSON.stringify(events), ids);
  };
  const unknown = unknownIds();

  const toUnknown = await runWith(unknown);
  const toForeign = await runWith({ ...unknown, agent: foreign.agent });

  expect(toForeign).toBe(toUnknown);
  expect(toForeign).toContain('"state":"FAILED"');
});

test('queries that take no id show nothing of another tenant', async () => {
  const queries = fields.filter(({ kind, takesIds }) => kind === 'query' && !takesIds);

  for (const field of queries) {
    const variables = WITHOUT_IDS[field.name] ?? {};
    const answer = await postGraphQL(
      graphqlUrl,
      { query: DOCUMENTS[field.name] ?? field.document, variables },
      stranger.users.OWNER.accessToken,
    );
    const text = JSON.stringify(answer);

    expect(answer.errors, field.name).toEqual([]);
    expect(text, field.name).not.toContain(MARKER);
    for (const id of Object.values(foreign)) expect(text, field.name).not.toContain(id);
  }
});

test('after all attempts the other tenant is as it was', async () => {
  const answer = await owner.ask(
    'OWNER',
    `query ($agent: ID!, $session: ID!, $integration: ID!, $archimateImport: ID!, $webhookEndpoint: ID!) {
      agent(id: $agent) { name status revision draft { number } integrations { id } }
      designSession(id: $session) { state }
      integration(id: $integration) { name status }
      archimateImport(id: $archimateImport) { name links { element { id } agent { id } } }
      webhookEndpoint(id: $webhookEndpoint) { url description status secrets { expiresAt } }
    }`,
    { ...foreign },
  );
  const state = dataOf<unknown>(answer);

  expect(state).toEqual({
    agent: {
      name: `${MARKER} agent`,
      status: 'PUBLISHED',
      revision: 2,
      draft: { number: 1 },
      integrations: [{ id: foreign.integration }],
    },
    designSession: { state: 'SUCCEEDED' },
    integration: { name: `${MARKER} GitHub`, status: 'UNTESTED' },
    archimateImport: {
      name: `${MARKER} model`,
      links: [{ element: { id: ELEMENT_ID }, agent: { id: foreign.agent } }],
    },
    webhookEndpoint: {
      url: 'https://hooks.invalid/',
      description: MARKER,
      status: 'ENABLED',
      secrets: [{ expiresAt: null }],
    },
  });
});
