/** A tenant that has something of everything, and the ids that another tenant must not be able to use. */
import { createHmac } from 'node:crypto';
import { newId } from '@flowgrid/platform';
import { subscribe } from '../testkit/subscription.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import { dataOf } from '../testkit/graphql.ts';
import { until } from '../testkit/wait.ts';

/** Stands in names and texts of the tenant, so that a leak shows wherever it comes out. */
export const MARKER = 'Confidential of tenant A';

/** One id of each kind. */
export interface Ids {
  readonly agent: string;
  /** An agent that came out of a design. */
  readonly designedAgent: string;
  readonly agentVersion: string;
  readonly user: string;
  readonly tenant: string;
  readonly session: string;
  readonly integration: string;
  /** An inbound hook, and a message that it received. */
  readonly hook: string;
  readonly delivery: string;
  readonly rule: string;
  /** What is followed at a connected system. */
  readonly sync: string;
  readonly artifact: string;
  readonly archimateImport: string;
  /** A file that was uploaded. */
  readonly upload: string;
  readonly webhookEndpoint: string;
  readonly webhookDelivery: string;
  readonly webhookReplay: string;
}

export function unknownIds(): Ids {
  return {
    agent: newId(),
    designedAgent: newId(),
    agentVersion: newId(),
    user: newId(),
    tenant: newId(),
    session: newId(),
    integration: newId(),
    hook: newId(),
    delivery: newId(),
    rule: newId(),
    sync: newId(),
    artifact: newId(),
    archimateImport: newId(),
    upload: newId(),
    webhookEndpoint: newId(),
    webhookDelivery: newId(),
    webhookReplay: newId(),
  };
}

const DESCRIPTION =
  'The clerk records the claim in GitHub. If the claim is complete, the clerk approves the claim. ' +
  'Otherwise, the clerk asks the customer for more documents.';

/** Fills a tenant through the router, as its users would. */
export async function fillTenant(tenant: TestTenant, routerUrl: string): Promise<Ids> {
  const agent = await createAgent(tenant);
  const integration = await createIntegration(tenant, agent.id);
  const hook = await createHook(tenant, routerUrl, integration);
  const session = await runDesign(tenant, routerUrl);
  const upload = await uploadFile(tenant, routerUrl);
  await startReviewedDesign(tenant, routerUrl, upload);
  return {
    agent: agent.id,
    designedAgent: session.agentId,
    agentVersion: agent.draft.id,
    user: tenant.users.EDITOR.id,
    tenant: tenant.id,
    session: session.id,
    integration,
    ...hook,
    rule: await createRule(tenant, integration),
    sync: await startSync(tenant),
    artifact: session.artifactId,
    archimateImport: await importArchimate(tenant, agent.id),
    upload,
    ...(await createWebhookEndpoint(tenant)),
  };
}

/** An endpoint that nobody answers at, an example that was sent to it, and what was sent again. */
async function createWebhookEndpoint(
  tenant: TestTenant,
): Promise<Pick<Ids, 'webhookEndpoint' | 'webhookDelivery' | 'webhookReplay'>> {
  const change = async (name: string, field: string, input: object): Promise<string> => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { result: ${name}(input: $input) { entity: ${field} { id } errors { message } } }`;
    const answer = await tenant.ask('ADMIN', query, { input });
    return dataOf<{ result: { entity: { id: string } } }>(answer).result.entity.id;
  };
  const webhookEndpoint = await change('createWebhookEndpoint', 'endpoint', {
    url: 'https://hooks.invalid/',
    events: ['integration.deleted'],
    description: MARKER,
  });
  const example = { endpointId: webhookEndpoint, type: 'agent.created' };
  const webhookDelivery = await change('sendTestWebhook', 'delivery', example);
  const range = { endpointId: webhookEndpoint, since: '2026-01-01T00:00:00Z' };
  return {
    webhookEndpoint,
    webhookDelivery,
    webhookReplay: await change('replayWebhooks', 'replay', range),
  };
}

export async function createAgent(tenant: TestTenant): Promise<{ id: string; draft: { id: string } }> {
  const { createAgent: created } = await tenant.get<{
    createAgent: { agent: { id: string; draft: { id: string } } };
  }>(`mutation ($input: CreateAgentInput!) { createAgent(input: $input) { agent { id draft { id } } } }`, {
    input: { name: `${MARKER} agent`, description: MARKER, tags: ['confidential'] },
  });
  await tenant.get(`mutation ($id: ID!) { publishAgent(input: { id: $id }) { agent { status } } }`, {
    id: created.agent.id,
  });
  return created.agent;
}

export async function createIntegration(tenant: TestTenant, agentId: string): Promise<string> {
  const answer = await tenant.ask(
    'ADMIN',
    `mutation ($input: CreateIntegrationInput!) { createIntegration(input: $input) { integration { id } errors { code } } }`,
    { input: { kind: 'GITHUB', name: `${MARKER} GitHub`, credential: { token: `ghp_${'a'.repeat(36)}` } } },
  );
  const { integration } = dataOf<{ createIntegration: { integration: { id: string } } }>(
    answer,
  ).createIntegration;
  const link = await tenant.ask(
    'ADMIN',
    `mutation ($input: LinkAgentIntegrationInput!) { linkAgentIntegration(input: $input) { errors { code } } }`,
    { input: { agentId, integrationId: integration.id } },
  );
  dataOf(link);
  return integration.id;
}

/** Of a system that is nowhere: nothing comes of it. */
async function startSync(tenant: TestTenant): Promise<string> {
  const credential = { username: 'bot', password: 'a password of the tenant' };
  const input = {
    kind: 'SERVICENOW',
    name: `${MARKER} tickets`,
    baseUrl: 'https://tickets.invalid',
    credential,
  };
  const { createIntegration: created } = dataOf<{ createIntegration: { integration: { id: string } } }>(
    await tenant.ask(
      'ADMIN',
      `mutation ($input: CreateIntegrationInput!) { createIntegration(input: $input) { integration { id } errors { code } } }`,
      { input },
    ),
  );
  const { startSync: started } = dataOf<{ startSync: { sync: { id: string } } }>(
    await tenant.ask(
      'ADMIN',
      `mutation ($input: StartSyncInput!) { startSync(input: $input) { sync { id } errors { code } } }`,
      { input: { integrationId: created.integration.id, scope: 'incident' } },
    ),
  );
  return started.sync.id;
}

/** A hook with a message that nothing can be made of. */
async function createHook(
  tenant: TestTenant,
  routerUrl: string,
  integrationId: string,
): Promise<{ hook: string; delivery: string }> {
  const made = await tenant.ask(
    'ADMIN',
    `mutation ($input: CreateInboundHookInput!) { createInboundHook(input: $input) { hook { id url } secret } }`,
    { input: { kind: 'GITHUB', name: `${MARKER} hook`, integrationId } },
  );
  const { hook, secret } = dataOf<{
    createInboundHook: { hook: { id: string; url: string }; secret: string };
  }>(made).createInboundHook;
  const body = JSON.stringify({ marker: MARKER });
  const headers = {
    'x-github-event': 'issues',
    'x-github-delivery': MARKER,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
  await fetch(`${routerUrl}${new URL(hook.url).pathname}`, { method: 'POST', headers, body });
  const query = `query ($id: ID!) { inboundDeliveries(hookId: $id) { edges { node { id state } } } }`;
  const delivery = await until('the message has failed', async () => {
    const { inboundDeliveries } = dataOf<{
      inboundDeliveries: { edges: { node: { id: string; state: string } }[] };
    }>(await tenant.ask('ADMIN', query, { id: hook.id }));
    return inboundDeliveries.edges.find(({ node }) => node.state === 'FAILED')?.node.id;
  });
  return { hook: hook.id, delivery };
}

async function createRule(tenant: TestTenant, integrationId: string): Promise<string> {
  const made = await tenant.ask(
    'ADMIN',
    `mutation ($input: CreateIntegrationRuleInput!) { createIntegrationRule(input: $input) { rule { id } } }`,
    { input: { name: `${MARKER} rule`, trigger: 'ITEM_CHANGED', action: 'START_DESIGN', integrationId } },
  );
  return dataOf<{ createIntegrationRule: { rule: { id: string } } }>(made).createIntegrationRule.rule.id;
}

/** The identifier of the one element of the imported model. */
export const ELEMENT_ID = 'id-component';

const ARCHIMATE = `<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="id-model">
  <name>${MARKER}</name>
  <elements>
    <element identifier="${ELEMENT_ID}" xsi:type="ApplicationComponent"><name>${MARKER} component</name></element>
    <element identifier="id-unnamed" xsi:type="Goal"><name></name></element>
  </elements>
</model>`;

/** A model with a finding, and a link to the agent. */
async function importArchimate(tenant: TestTenant, agentId: string): Promise<string> {
  const { importArchimate: imported } = await tenant.get<{
    importArchimate: { archimateImport: { id: string } };
  }>(
    `mutation ($input: ImportArchimateInput!) { importArchimate(input: $input) { archimateImport { id } errors { message } } }`,
    { input: { name: `${MARKER} model`, content: ARCHIMATE } },
  );
  const { id } = imported.archimateImport;
  await tenant.get(
    `mutation ($input: LinkAgentToArchimateInput!) { linkAgentToArchimate(input: $input) { errors { message } } }`,
    { input: { importId: id, elementId: ELEMENT_ID, agentId } },
  );
  return id;
}

async function runDesign(
  tenant: TestTenant,
  routerUrl: string,
): Promise<{ id: string; artifactId: string; agentId: string }> {
  const id = await startDesign(tenant, { title: `${MARKER} design`, description: DESCRIPTION });
  await followUntil(tenant, routerUrl, { id, state: 'SUCCEEDED' });
  const { acceptDesign } = await tenant.get<{ acceptDesign: { agent: { id: string } } }>(
    `mutation ($input: AcceptDesignInput!) { acceptDesign(input: $input) { agent { id } errors { message } } }`,
    { input: { sessionId: id, name: `${MARKER} accepted` } },
  );
  const { designSession } = await tenant.get<{ designSession: { artifacts: { id: string }[] } }>(
    `query ($id: ID!) { designSession(id: $id) { artifacts { id } } }`,
    { id },
  );
  return { id, artifactId: String(designSession.artifacts[0]?.id), agentId: acceptDesign.agent.id };
}

export async function uploadFile(tenant: TestTenant, routerUrl: string): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([`${MARKER}: the clerk archives the claim.`]), 'rules.txt');
  const response = await fetch(`${routerUrl}/uploads`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.users.EDITOR.accessToken}` },
    body: form,
  });
  const { id } = (await response.json()) as { id: unknown };
  return String(id);
}

/** A design that has not finished: what a job needs to go on is still stored. */
async function startReviewedDesign(tenant: TestTenant, routerUrl: string, upload: string): Promise<void> {
  const context = { fileIds: [upload] };
  const input = { title: `${MARKER} in review`, description: DESCRIPTION, reviewProcess: true, context };
  const id = await startDesign(tenant, input);
  await followUntil(tenant, routerUrl, { id, state: 'AWAITING_REVIEW' });
}

async function startDesign(tenant: TestTenant, input: Readonly<Record<string, unknown>>): Promise<string> {
  const { startDesign: started } = await tenant.get<{ startDesign: { session: { id: string } } }>(
    `mutation ($input: StartDesignInput!) { startDesign(input: $input) { session { id } errors { message } } }`,
    { input },
  );
  return started.session.id;
}

async function followUntil(
  tenant: TestTenant,
  routerUrl: string,
  { id, state }: { id: string; state: string },
): Promise<void> {
  await using progress = subscribe(
    { query: 'subscription ($id: ID!) { designProgress(sessionId: $id) { state } }', variables: { id } },
    { url: `${routerUrl}/graphql`, token: tenant.users.EDITOR.accessToken },
  );
  await progress.next<{ designProgress: { state: string } }>(
    `the design to be ${state}`,
    ({ designProgress }) => designProgress.state === state,
  );
}
