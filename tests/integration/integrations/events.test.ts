/** Every change of an integration is an event, and no event carries a secret. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventType, TypedEnvelope } from '@flowgrid/messaging';
import { newId } from '@flowgrid/platform';
import { createSchema } from '../../../subgraphs/integrations/src/schema.ts';
import { GITHUB_TOKEN } from '../../../subgraphs/integrations/src/testkit/vendor-servers.ts';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { holdOutbox, listAudit, listEvents } from '../../testkit/outbox.ts';
import {
  CREATE,
  DELETE,
  LINK,
  ROTATE,
  START_SYNC,
  STOP_SYNC,
  SYNC_NOW,
  TEST,
  UNLINK,
  UPDATE,
  type Payload,
} from './operations.ts';
import { startIntegrations, type Ask, type IntegrationsService, type TestTenant } from './service.ts';

let service: IntegrationsService;

beforeAll(async () => {
  service = await startIntegrations();
  await holdOutbox(service.rows, 'integrations');
});
afterAll(() => service[Symbol.asyncDispose]());

const eventsOf = ({ id }: TestTenant): Promise<readonly TypedEnvelope[]> =>
  listEvents(service.rows, 'integrations', id);

/** Each is looked for in the events. */
const SECRETS = [GITHUB_TOKEN, 'ghp_second0123456789', 'ghp_third0123456789'] as const;
const [FIRST, SECOND, THIRD] = SECRETS;
const AGENT_ID = newId();

async function create(ask: Ask, input: object = {}): Promise<string> {
  const baseUrl = `${service.vendor.url}/base/`;
  const whole = { kind: 'GITHUB', name: 'Code', baseUrl, credential: { token: FIRST }, ...input };
  const { integration, errors } = dataOf<{ result: Payload }>(await ask(CREATE, { input: whole })).result;
  if (!integration) throw new Error(JSON.stringify(errors));
  return integration.id;
}

async function linked(ask: Ask): Promise<string> {
  const id = await create(ask);
  dataOf(await ask(LINK, { input: { agentId: AGENT_ID, integrationId: id } }));
  return id;
}

async function followed(ask: Ask): Promise<string> {
  const id = await create(ask);
  dataOf(await ask(START_SYNC, { input: { integrationId: id, scope: 'acme/claims' } }));
  return id;
}

async function syncOf(integrationId: string): Promise<string> {
  const rows = await service.rows<{ id: string }>(
    'SELECT id FROM integrations.integration_sync WHERE integration_id = $1',
    [integrationId],
  );
  return rows[0]?.id ?? '';
}

interface Case {
  readonly type: EventType;
  readonly prepare: (ask: Ask) => Promise<string>;
  readonly change: (ask: Ask, id: string) => Promise<unknown>;
  readonly expected: { readonly integration: object } & Readonly<Record<string, unknown>>;
}

const CASES: Readonly<Record<string, Case>> = {
  createIntegration: {
    type: 'integration.created',
    prepare: async () => newId(),
    change: (ask, id) => create(ask, { id }),
    expected: { integration: { kind: 'GITHUB', name: 'Code', status: 'UNTESTED' } },
  },
  updateIntegration: {
    type: 'integration.updated',
    prepare: create,
    change: (ask, id) => ask(UPDATE, { input: { id, name: 'Renamed', credential: { token: SECOND } } }),
    expected: { integration: { name: 'Renamed' }, changedFields: ['name', 'credential'] },
  },
  rotateIntegrationCredential: {
    type: 'integration.credential_rotated',
    prepare: create,
    change: (ask, id) => ask(ROTATE, { input: { id, credential: { token: THIRD } } }),
    expected: { integration: { status: 'UNTESTED' } },
  },
  testIntegration: {
    type: 'integration.tested',
    prepare: create,
    change: (ask, id) => ask(TEST, { input: { id } }),
    expected: {
      integration: { status: 'HEALTHY', lastTestedAt: expect.any(String) },
      ok: true,
      message: 'Connected.',
      isRecorded: true,
    },
  },
  deleteIntegration: {
    type: 'integration.deleted',
    prepare: create,
    change: (ask, id) => ask(DELETE, { input: { id } }),
    expected: { integration: { name: 'Code' } },
  },
  linkAgentIntegration: {
    type: 'integration.linked',
    prepare: create,
    change: (ask, integrationId) => ask(LINK, { input: { agentId: AGENT_ID, integrationId } }),
    expected: { integration: { name: 'Code' }, agentId: AGENT_ID },
  },
  startSync: {
    type: 'integration.sync_started',
    prepare: create,
    change: (ask, integrationId) => ask(START_SYNC, { input: { integrationId, scope: 'acme/claims' } }),
    expected: { integration: { name: 'Code' }, sync: { scope: 'acme/claims', everyMinutes: 15 } },
  },
  syncNow: {
    type: 'integration.sync_requested',
    prepare: followed,
    change: async (ask, id) => ask(SYNC_NOW, { input: { id: await syncOf(id) } }),
    expected: { integration: { name: 'Code' }, sync: { scope: 'acme/claims' } },
  },
  stopSync: {
    type: 'integration.sync_stopped',
    prepare: followed,
    change: async (ask, id) => ask(STOP_SYNC, { input: { id: await syncOf(id) } }),
    expected: { integration: { name: 'Code' }, sync: { scope: 'acme/claims' } },
  },
  unlinkAgentIntegration: {
    type: 'integration.unlinked',
    prepare: linked,
    change: (ask, integrationId) => ask(UNLINK, { input: { agentId: AGENT_ID, integrationId } }),
    expected: { integration: { name: 'Code' }, agentId: AGENT_ID },
  },
};

/** Whose events other tests look at, by the file that does. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'github-pull-requests': ['createPullRequest'],
  oauth: ['completeIntegrationAuthorization', 'startIntegrationAuthorization'],
  rules: ['createIntegrationRule', 'deleteIntegrationRule', 'updateIntegrationRule'],
  hooks: [
    'createInboundHook',
    'deleteInboundHook',
    'registerInboundHook',
    'retryInboundDelivery',
    'rotateInboundHookSecret',
    'unregisterInboundHook',
    'updateInboundHook',
  ],
  'webhook-endpoints': [
    'createWebhookEndpoint',
    'deleteWebhookEndpoint',
    'disableWebhookEndpoint',
    'enableWebhookEndpoint',
    'redeliverWebhook',
    'replayWebhooks',
    'rotateWebhookSecret',
    'sendTestWebhook',
    'updateWebhookEndpoint',
  ],
  'item-writes': ['commentOnExternalItem', 'createExternalItem', 'transitionExternalItem'],
};

test('every mutation of the schema is looked at here or in a test of its own', () => {
  const mutations = Object.keys(createSchema().getMutationType()?.getFields() ?? {});

  const lookedAt = [...Object.keys(CASES), ...Object.values(ELSEWHERE).flat()];
  expect(mutations.toSorted()).toEqual(lookedAt.toSorted());
});

test.each(Object.entries(CASES))(
  '%s writes one event, with its audit row',
  async (_name, { type, prepare, change, expected }) => {
    const tenant = await service.tenant();
    const id = await prepare(tenant.owner);
    const before = await eventsOf(tenant);

    await change(tenant.owner, id);

    const events = await eventsOf(tenant);
    expect(events).toHaveLength(before.length + 1);
    expect(events.at(-1)).toMatchObject({
      type,
      subject: id,
      actorkind: 'USER',
      data: { ...expected, integration: { id, ...expected.integration } },
    });
    const pairs = events.map(({ id, type }) => ({ id, action: type }));
    expect(pairs).toEqual(await listAudit(service.rows, 'integrations', tenant.id));
  },
);

// Whoever receives events would hold the keys of the tenants' systems.
test('no event carries a credential, a hint of it or the account that it belongs to', async () => {
  const tenant = await service.tenant();
  const id = await create(tenant.owner);
  await tenant.owner(TEST, { input: { id } });
  await tenant.owner(UPDATE, { input: { id, credential: { token: SECOND } } });
  await tenant.owner(TEST, { input: { id } });
  await tenant.owner(ROTATE, { input: { id, credential: { token: THIRD } } });
  await tenant.owner(DELETE, { input: { id } });

  const rows = await service.rows<{ body: string }>(
    'SELECT body FROM integrations.outbox_event WHERE tenant_id = $1',
    [tenant.id],
  );

  expect(rows).toHaveLength(6);
  const all = rows.map(({ body }) => body).join('\n');
  const tails = SECRETS.map((secret) => secret.slice(-4));
  expect([...SECRETS, ...tails, 'octocat', 'credentialHint'].filter((text) => all.includes(text))).toEqual(
    [],
  );
});

test('a change that changes nothing writes none', async () => {
  const tenant = await service.tenant();
  const id = await linked(tenant.owner);
  const before = await eventsOf(tenant);

  await tenant.owner(UPDATE, { input: { id, name: 'Code' } });
  await tenant.owner(LINK, { input: { agentId: AGENT_ID, integrationId: id } });
  await tenant.owner(UNLINK, { input: { agentId: newId(), integrationId: id } });
  await create(tenant.owner, { id });

  expect(await eventsOf(tenant)).toEqual(before);
});

test('a change whose event cannot be written is not made', async () => {
  const tenant = await service.tenant();
  const id = await create(tenant.owner);
  await service.rows(
    `ALTER TABLE integrations.outbox_event ADD CONSTRAINT full_disk CHECK (subject <> '${id}') NOT VALID`,
  );

  const answer = await tenant.owner(DELETE, { input: { id } });

  await service.rows('ALTER TABLE integrations.outbox_event DROP CONSTRAINT full_disk');
  expect(codesOf(answer)).toEqual(['INTERNAL_SERVER_ERROR']);
  expect(await service.rows('SELECT name FROM integrations.integration WHERE id = $1', [id])).toEqual([
    { name: 'Code' },
  ]);
});
