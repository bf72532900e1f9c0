/** Rules: each fires once for an event, writes at most once to another system, and sets nothing off that comes back to it. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ROLE_PERMISSIONS } from '@flowgrid/access';
import {
  MemoryBroker,
  MemoryTransport,
  toEnvelope,
  type EventData,
  type TypedEnvelope,
} from '@flowgrid/messaging';
import { createLogger, createMetrics, newId, systemClock } from '@flowgrid/platform';
import type { Connection } from '../../../subgraphs/integrations/src/adapters/connection.ts';
import { ConnectorError } from '../../../subgraphs/integrations/src/adapters/connector-error.ts';
import type { ExternalItem, ItemDraft } from '../../../subgraphs/integrations/src/adapters/external-item.ts';
import { createServiceNowConnector } from '../../../subgraphs/integrations/src/adapters/servicenow/servicenow-connector.ts';
import {
  openIntegrationsDatabase,
  type IntegrationsDatabase,
} from '../../../subgraphs/integrations/src/database.ts';
import { ConnectionPaused } from '../../../subgraphs/integrations/src/modules/connection/connection-paused.ts';
import type { Connections } from '../../../subgraphs/integrations/src/modules/connection/connections.ts';
import { saveItems } from '../../../subgraphs/integrations/src/modules/external-item/external-item-store.ts';
import { findIntegration } from '../../../subgraphs/integrations/src/modules/integration/integration-store.ts';
import { RULE_ACTIONS } from '../../../subgraphs/integrations/src/modules/rule/integration-rule.ts';
import { RuleService } from '../../../subgraphs/integrations/src/modules/rule/rule-service.ts';
import { startRuleWorker } from '../../../subgraphs/integrations/src/workers/rule-worker.ts';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { holdOutbox, listAudit, listEvents } from '../../testkit/outbox.ts';
import { until } from '../../testkit/wait.ts';
import { agentSnapshot, auditOf } from '../messaging/outbox-service.ts';
import { CREATE } from './operations.ts';
import { startIntegrations, type IntegrationsService, type TestTenant } from './service.ts';

const ERRORS = 'errors { code message path }';
const RULE =
  'id name isEnabled disabledReason trigger action title body maxRunsPerHour agent { id } integration { id }';
const CREATE_RULE = `mutation($input: CreateIntegrationRuleInput!) { result: createIntegrationRule(input: $input) { rule { ${RULE} } ${ERRORS} } }`;
const UPDATE_RULE = `mutation($input: UpdateIntegrationRuleInput!) { result: updateIntegrationRule(input: $input) { rule { ${RULE} } ${ERRORS} } }`;
const DELETE_RULE = `mutation($input: DeleteIntegrationRuleInput!) { result: deleteIntegrationRule(input: $input) { rule { id } ${ERRORS} } }`;
const RULES = `query { integrationRules { ${RULE} runs(first: 50) { edges { node { state note itemKey itemUrl } } } } }`;

interface Run {
  readonly state: string;
  readonly note: string | null;
  readonly itemKey: string | null;
}
interface Rule {
  readonly id: string;
  readonly isEnabled: boolean;
  readonly disabledReason: string | null;
  readonly runs: { readonly edges: readonly { readonly node: Run }[] };
}

const stack = new AsyncDisposableStack();
let service: IntegrationsService;
let database: IntegrationsDatabase;
let transport: MemoryTransport;
let tenant: TestTenant;
let integrationId: string;
let sent: ItemDraft[];
/** Ids of the events that were published. */
let told: Set<string>;
let answer: (draft: ItemDraft) => Promise<ExternalItem>;

beforeAll(async () => {
  service = stack.use(await startIntegrations());
  await holdOutbox(service.rows, 'integrations');
  database = stack.use(openIntegrationsDatabase(service.databaseUrl));
  transport = stack.use(new MemoryTransport(new MemoryBroker()));
  stack.use(
    startRuleWorker({
      database,
      transport,
      connections: { use: useConnection },
      registry: createMetrics('test'),
      clock: systemClock,
      logger: createLogger({ name: 'test', level: 'silent' }),
      pollMs: 20,
    }),
  );
});
afterAll(() => stack.disposeAsync());
beforeEach(async () => {
  tenant = await service.tenant();
  const input = { kind: 'GITHUB', name: 'Code', credential: { token: `ghp_${'a'.repeat(36)}` } };
  const { result } = dataOf<{ result: { integration: { id: string } } }>(
    await tenant.owner(CREATE, { input }),
  );
  integrationId = result.integration.id;
  sent = [];
  told = new Set();
  answer = async ({ title }) => item('acme/claims#77', title);
});

const CONNECTION: Connection = {
  id: newId(),
  baseUrl: 'https://there.example',
  apiUrl: 'https://there.example',
  knownLogin: null,
  fetch: () => Promise.reject(new Error('nothing is fetched')),
};

/** A connection whose connector makes items as the test says. */
const useConnection: Connections['use'] = async (whose, work) => {
  const integration = await database.readInTenant(whose.tenantId, (tx) =>
    findIntegration(tx, whose.tenantId, whose.integrationId),
  );
  if (integration === null) return null;
  const connector = {
    ...createServiceNowConnector(),
    createItem: async (_connection: Connection, draft: ItemDraft) => {
      sent.push(draft);
      return answer(draft);
    },
  };
  return work({ connector, connection: CONNECTION, integration });
};

function item(key: string, title: string): ExternalItem {
  const url = `https://there.example/${encodeURIComponent(key)}`;
  return {
    key,
    title,
    body: 'All of it.',
    state: 'open',
    type: 'Issue',
    assignee: null,
    url,
    updatedAt: new Date(),
  };
}

async function makeRule(input: object): Promise<string> {
  const made = await tenant.owner(CREATE_RULE, { input: { name: 'Rule', integrationId, ...input } });
  const { rule, errors } = dataOf<{ result: { rule: { id: string } | null; errors: unknown } }>(made).result;
  if (rule === null) throw new Error(JSON.stringify(errors));
  return rule.id;
}

async function rules(): Promise<readonly (Omit<Rule, 'runs'> & { readonly runs: readonly Run[] })[]> {
  const { integrationRules } = dataOf<{ integrationRules: readonly Rule[] }>(await tenant.owner(RULES));
  return integrationRules.map((rule) => ({ ...rule, runs: rule.runs.edges.map(({ node }) => node) }));
}
const runs = async (): Promise<readonly Run[]> => (await rules()).flatMap((rule) => rule.runs);
const over = (count: number): Promise<readonly Run[]> =>
  until(`${count} runs are over`, async () => {
    const found = await runs();
    return found.length === count && found.every(({ state }) => state === 'DONE' || state === 'FAILED')
      ? found
      : null;
  });

async function publish(event: TypedEnvelope): Promise<void> {
  const { id, tenantid: tenantId, type, subject } = event;
  const orderKey = `${tenantId}/${subject}`;
  told.add(id);
  await transport.publish([{ id, tenantId, type, orderKey, body: JSON.stringify(event) }]);
}

type Change = EventData<'external.item.changed'>['change'];

function itemChanged(
  key: string,
  { change = 'CREATED', title = 'Claims' }: { change?: Change; title?: string } = {},
) {
  const { body: _body, updatedAt, ...shown } = item(key, title);
  const data = {
    integrationId,
    source: 'HOOK',
    change,
    item: { ...shown, updatedAt: updatedAt?.toISOString() ?? null },
  } as const;
  return toEnvelope('external.item.changed', { change: auditOf(tenant.id, `${integrationId}:${key}`), data });
}

function published(name = 'Claims agent') {
  const id = newId();
  const agent = agentSnapshot(id, { name, status: 'PUBLISHED' });
  return toEnvelope('agent.published', {
    change: auditOf(tenant.id, id),
    data: { agent, environment: 'prod', version: 3 },
  });
}

/** After this everything that was published has had its effect. */
async function settled(): Promise<void> {
  await until('what was published is handled', async () => {
    const rows = await service.rows('SELECT 1 FROM integrations.inbox_message WHERE message_id = ANY($1)', [
      [...told],
    ]);
    return rows.length === told.size;
  });
}

const requests = async () =>
  (await listEvents(service.rows, 'integrations', tenant.id)).filter(
    ({ type }) => type === 'design_request.made',
  );

test('a publication opens one ticket, however often it is told, with its texts filled in', async () => {
  await makeRule({
    trigger: 'AGENT_PUBLISHED',
    action: 'CREATE_ITEM',
    container: 'acme/claims',
    itemType: 'Task',
    title: '{{agent.name}} v{{agent.version}} in {{agent.environment}}',
    body: 'By {{rule.name}}: {{agent.description}}',
  });
  const event = published('{{agent.slug}} agent');

  await Promise.all(Array.from({ length: 20 }, () => publish(event)));
  const done = await over(1);
  await settled();

  expect(sent).toEqual([
    {
      container: 'acme/claims',
      type: 'Task',
      title: '{{agent.slug}} agent v3 in prod',
      body: 'By Rule: Takes claims.',
    },
  ]);
  expect(done).toMatchObject([
    { state: 'DONE', itemKey: 'acme/claims#77', note: 'acme/claims#77 was made.' },
  ]);
});

test('a connection that pauses is waited for; a refusal is told in its words, and not sent again', async () => {
  await makeRule({ trigger: 'AGENT_PUBLISHED', action: 'CREATE_ITEM', container: 'acme/claims' });
  let tries = 0;
  answer = async ({ title }) => {
    tries += 1;
    if (tries === 1) throw new ConnectionPaused('GitHub', 'PAUSED', new Date(Date.now() + 100));
    if (title.includes('Second')) throw new ConnectorError('GitHub forbids this (403).', { status: 403 });
    return item('acme/claims#1', title);
  };

  await publish(published('First'));
  const first = await over(1);
  await publish(published('Second'));
  const both = await over(2);

  expect(first).toMatchObject([{ state: 'DONE', itemKey: 'acme/claims#1' }]);
  expect(both[0]).toMatchObject({ state: 'FAILED', note: 'GitHub forbids this (403).' });
  expect(sent).toHaveLength(3);
});

// The item may be there: a second one would be made.
test('what got no answer, or whose worker was lost while sending, is said to be uncertain and not sent again', async () => {
  const ruleId = await makeRule({
    trigger: 'AGENT_PUBLISHED',
    action: 'CREATE_ITEM',
    container: 'acme/claims',
  });
  answer = () =>
    Promise.reject(new ConnectorError('GitHub has a failure of its own (502).', { status: 502 }));

  await publish(published());
  const [unanswered] = await over(1);
  await service.rows(
    `INSERT INTO integrations.rule_run (tenant_id, id, rule_id, event_id, state, attempt, run_after, lease_expires_at,
                                        integration_id, draft, created_at)
     VALUES ($1, $2, $3, $4, 'SENDING', 1, now(), now() - interval '1 second', $5,
             '{"container":"acme/claims","type":null,"title":"Lost","body":""}', now())`,
    [tenant.id, newId(), ruleId, newId(), integrationId],
  );
  const both = await over(2);

  expect(unanswered?.note).toContain('It is not sent again.');
  expect(both.map(({ state }) => state)).toEqual(['FAILED', 'FAILED']);
  expect(both.find(({ note }) => note?.startsWith('The worker was lost'))).toBeDefined();
  expect(sent).toHaveLength(1);
});

test('an item is tied to the agent of the rule when its filter lets it', async () => {
  const agentId = newId();
  const filter = { changes: ['CREATED'], words: ['claims'], container: 'acme/claims' };
  await makeRule({ trigger: 'ITEM_CHANGED', action: 'TIE_TO_AGENT', agentId, filter });
  await database.inTenant(tenant.id, (tx) =>
    saveItems(
      tx,
      { tenantId: tenant.id, integrationId },
      [item('acme/claims#1', 'Claims'), item('acme/other#1', 'Claims')],
      new Date(),
    ),
  );

  await publish(itemChanged('acme/claims#1'));
  await publish(itemChanged('acme/claims#1'));
  await publish(itemChanged('acme/other#1'));
  await publish(itemChanged('acme/claims#2', { change: 'UPDATED' }));
  await settled();

  const tied = await service.rows(
    'SELECT agent_id, item_key, reason FROM integrations.agent_item WHERE tenant_id = $1',
    [tenant.id],
  );
  expect(tied).toEqual([{ agent_id: agentId, item_key: 'acme/claims#1', reason: 'Rule “Rule”' }]);
  expect(await runs()).toMatchObject([{ state: 'DONE', itemKey: 'acme/claims#1' }]);
});

test('a design is asked for once for an item, with the text of the item that is kept', async () => {
  await makeRule({ trigger: 'ITEM_CHANGED', action: 'START_DESIGN', filter: { container: 'acme/claims' } });
  const owner = { tenantId: tenant.id, integrationId };
  await database.inTenant(tenant.id, (tx) =>
    saveItems(tx, owner, [item('acme/claims#1', 'Claims')], new Date()),
  );
  const event = itemChanged('acme/claims#1');

  await Promise.all(Array.from({ length: 10 }, () => publish(event)));
  await publish(itemChanged('acme/claims#1', { change: 'UPDATED' }));
  await settled();

  const asked = await requests();
  expect(asked).toMatchObject([
    {
      actorkind: 'USER',
      data: {
        request: {
          ruleName: 'Rule',
          title: 'acme/claims#1: Claims',
          description: 'Claims\n\nAll of it.',
          item: { integrationId, key: 'acme/claims#1' },
        },
      },
    },
  ]);
  expect(await runs()).toMatchObject([{ state: 'DONE', itemKey: 'acme/claims#1' }]);
});

// Else: a design, its agent, a ticket about the agent, a design about the ticket...
test('a ticket that a rule made starts no design, even before its system has said its name', async () => {
  await makeRule({
    name: 'Out',
    trigger: 'AGENT_PUBLISHED',
    action: 'CREATE_ITEM',
    container: 'acme/claims',
  });
  await makeRule({
    name: 'In',
    trigger: 'ITEM_CHANGED',
    action: 'START_DESIGN',
    filter: { container: 'acme/claims' },
  });
  const title = 'Agent Claims agent: version 3 runs in prod';
  const { promise: named, resolve: name } = Promise.withResolvers<void>();
  answer = async (draft) => {
    await named;
    return item('acme/claims#5', draft.title);
  };

  await publish(published());
  await until('the ticket is being sent', () => sent.length === 1);
  await publish(itemChanged('acme/claims#5', { title }));
  await settled();
  name();
  await over(1);
  await publish(itemChanged('acme/claims#5', { change: 'UPDATED', title: 'Renamed' }));
  await settled();

  expect(sent[0]?.title).toBe(title);
  expect(await requests()).toEqual([]);
});

test('a rule that runs too often is turned off, with an event, and can be turned on again', async () => {
  const id = await makeRule({
    trigger: 'ITEM_CHANGED',
    action: 'START_DESIGN',
    maxRunsPerHour: 2,
    filter: { container: 'acme/claims' },
  });

  for (const number of [1, 2, 3, 4]) await publish(itemChanged(`acme/claims#${number}`));
  await settled();
  const [off] = await rules();
  const disabled = (await listEvents(service.rows, 'integrations', tenant.id)).filter(
    ({ type }) => type === 'integration_rule.disabled',
  );
  await tenant.owner(UPDATE_RULE, { input: { id, isEnabled: true } });
  const [on] = await rules();

  expect(off).toMatchObject({
    isEnabled: false,
    disabledReason: expect.stringContaining('more than 2 times'),
  });
  expect(await requests()).toHaveLength(2);
  expect(disabled).toHaveLength(1);
  expect(on).toMatchObject({ isEnabled: true, disabledReason: null });
});

test.each([
  ['an action that does not follow', { trigger: 'AGENT_PUBLISHED', action: 'START_DESIGN' }, ['action']],
  ['no agent to tie to', { trigger: 'ITEM_CHANGED', action: 'TIE_TO_AGENT' }, ['agentId']],
  ['no place for the item', { trigger: 'AGENT_PUBLISHED', action: 'CREATE_ITEM' }, ['container']],
  [
    'a name that nothing has',
    { trigger: 'ITEM_CHANGED', action: 'START_DESIGN', title: '{{process.env}}' },
    ['title'],
  ],
])('a rule with %s is refused', async (_name, input, path) => {
  const refused = await tenant.owner(CREATE_RULE, { input: { name: 'Rule', integrationId, ...input } });

  expect(dataOf<{ result: object }>(refused).result).toMatchObject({ rule: null, errors: [{ path }] });
});

test('each change of a rule is one row of the audit and one event of the same id', async () => {
  const before = (await listAudit(service.rows, 'integrations', tenant.id)).length;
  const id = await makeRule({ trigger: 'AGENT_PUBLISHED', action: 'CREATE_ITEM', container: 'acme/claims' });
  await tenant.owner(UPDATE_RULE, { input: { id, name: 'Renamed' } });
  await tenant.owner(UPDATE_RULE, { input: { id, name: 'Renamed' } });
  await tenant.owner(DELETE_RULE, { input: { id } });

  const audit = (await listAudit(service.rows, 'integrations', tenant.id)).slice(before);
  const events = (await listEvents(service.rows, 'integrations', tenant.id)).slice(before);

  const changes = ['created', 'updated', 'deleted'].map((verb) => `integration_rule.${verb}`);
  expect(audit.map(({ action }) => action)).toEqual(changes);
  expect(events.map(({ id: eventId, type }) => ({ id: eventId, action: type }))).toEqual(audit);
});

// A right that is recorded anew takes the place of the former one: the designs of whoever made the rule would be refused from then on.
test('whoever sends the id of a rule again does not take over the right by which it starts designs', async () => {
  const granted: string[] = [];
  const grants = {
    record: async (_rule: object, contextToken: string) => void granted.push(contextToken),
    revoke: async () => undefined,
  };
  const ruleService = new RuleService({ database, grants, clock: systemClock });
  const requestOf = (name: string) => {
    const id = newId();
    const actor = { kind: 'USER', id, name, userId: id } as const;
    const permissions = new Set(ROLE_PERMISSIONS.ADMIN);
    const { id: tenantId } = tenant;
    return {
      viewer: { kind: 'tenant', tenantId, actor, permissions, sessionId: null, contextToken: name },
      requestId: newId(),
    } as const;
  };
  const input = {
    id: newId(),
    name: 'Designs',
    trigger: 'ITEM_CHANGED',
    action: 'START_DESIGN',
    integrationId,
  } as const;
  await ruleService.create(requestOf('Ada'), input);

  const again = await ruleService.create(requestOf('Bob'), input);

  expect([again.authorName, granted]).toEqual(['Ada', ['Ada']]);
});

test('another tenant changes no rule and uses no integration of this one', async () => {
  const id = await makeRule({ trigger: 'AGENT_PUBLISHED', action: 'CREATE_ITEM', container: 'acme/claims' });
  const stranger = await service.tenant();
  const input = {
    name: 'Mine',
    trigger: 'AGENT_PUBLISHED',
    action: 'CREATE_ITEM',
    container: 'a/b',
    integrationId,
  };

  const answers = [
    await stranger.owner(UPDATE_RULE, { input: { id, name: 'Mine' } }),
    await stranger.owner(DELETE_RULE, { input: { id } }),
    await stranger.owner(CREATE_RULE, { input }),
  ];

  expect(answers.map(codesOf)).toEqual(answers.map(() => ['NOT_FOUND']));
  expect(codesOf(await tenant.viewer(RULES))).toEqual(['FORBIDDEN']);
});

test('the database takes those actions alone that rules can do', async () => {
  const [constraint] = await service.rows<{ definition: string }>(
    `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = 'integration_rule_action_check'`,
  );

  const taken = [...(constraint?.definition ?? '').matchAll(/'([A-Z_]+)'/g)].map(([, action]) => action);
  expect(taken).toEqual([...RULE_ACTIONS]);
});
