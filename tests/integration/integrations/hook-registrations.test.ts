/** Other systems that are told to send to hooks: registered, renewed before it ends, told about when that fails, and ended. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ROLE_PERMISSIONS } from '@flowgrid/access';
import { createLogger, newId, systemClock } from '@flowgrid/platform';
import { ConnectorError } from '../../../subgraphs/integrations/src/adapters/connector-error.ts';
import type { Connector, WebhookRegistrar } from '../../../subgraphs/integrations/src/adapters/connector.ts';
import { createServiceNowConnector } from '../../../subgraphs/integrations/src/adapters/servicenow/servicenow-connector.ts';
import {
  openIntegrationsDatabase,
  type IntegrationsDatabase,
} from '../../../subgraphs/integrations/src/database.ts';
import type { Connections } from '../../../subgraphs/integrations/src/modules/connection/connections.ts';
import type { SecretBox } from '../../../subgraphs/integrations/src/modules/credential/secret-box.ts';
import { RegistrationRenewals } from '../../../subgraphs/integrations/src/modules/inbound-hook/registration-renewals.ts';
import { RegistrationService } from '../../../subgraphs/integrations/src/modules/inbound-hook/registration-service.ts';
import { findIntegration } from '../../../subgraphs/integrations/src/modules/integration/integration-store.ts';
import { dataOf } from '../../testkit/graphql.ts';
import { holdOutbox, listAudit, listEvents } from '../../testkit/outbox.ts';
import { makeHook, type MadeHook } from './hook-operations.ts';
import { CREATE } from './operations.ts';
import { startIntegrations, type IntegrationsService, type TestTenant } from './service.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const MONTH_MS = 30 * DAY_MS;

const stack = new AsyncDisposableStack();
let service: IntegrationsService;
let database: IntegrationsDatabase;
let tenant: TestTenant;
let integrationId: string;
let made: MadeHook;
/** What the other system was asked. */
let calls: string[];
let failure: Error | null;
let registrations: RegistrationService;
let renewals: RegistrationRenewals;

beforeAll(async () => {
  service = stack.use(await startIntegrations());
  await holdOutbox(service.rows, 'integrations');
  database = stack.use(openIntegrationsDatabase(service.databaseUrl));
});
afterAll(() => stack.disposeAsync());
beforeEach(async () => {
  await service.rows('DELETE FROM integrations.inbound_registration');
  tenant = await service.tenant();
  const input = { kind: 'GITHUB', name: 'Code', credential: { token: `ghp_${'a'.repeat(36)}` } };
  const { result } = dataOf<{ result: { integration: { id: string } } }>(
    await tenant.owner(CREATE, { input }),
  );
  integrationId = result.integration.id;
  made = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  calls = [];
  failure = null;
  const shared = {
    database,
    connections: { use: useConnection },
    clock: systemClock,
    logger: createLogger({ name: 'test', level: 'silent' }),
  };
  registrations = new RegistrationService({
    ...shared,
    secretBox: OPEN_BOX,
    publicUrl: 'https://flowgrid.example',
  });
  renewals = new RegistrationRenewals(shared);
});

/** What is sealed is of the service's own process; here only what it is handed on to counts. */
const OPEN_BOX: SecretBox = {
  unlock: async () => ({
    seal: () => {
      throw new Error('nothing is sealed');
    },
    open: ({ owner }) => `secret of ${owner}`,
  }),
};

const answer = async <Value>(call: string, value: Value): Promise<Value> => {
  calls.push(call);
  if (failure !== null) throw failure;
  return value;
};
const inAMonth = (): Date => new Date(Date.now() + MONTH_MS);
const webhooks: WebhookRegistrar = {
  signing: async () => 'HMAC_SHA256',
  register: (_connection, { url, secret, scope }) =>
    answer(`register ${url} ${secret}`, { id: '17', scope, expiresAt: inAMonth() }),
  refresh: (_connection, { id, scope }) => answer(`refresh ${id}`, { id, scope, expiresAt: inAMonth() }),
  remove: (_connection, { id }) => answer(`remove ${id}`, undefined),
};

const useConnection: Connections['use'] = async (whose, work) => {
  const integration = await database.readInTenant(whose.tenantId, (tx) =>
    findIntegration(tx, whose.tenantId, whose.integrationId),
  );
  if (integration === null) return null;
  const connector: Connector = { ...createServiceNowConnector(), webhooks };
  const connection = {
    id: integration.id,
    baseUrl: integration.baseUrl,
    apiUrl: integration.baseUrl,
    knownLogin: null,
    fetch: () => Promise.reject(new Error('nothing is fetched')),
  };
  return work({ connector, connection, integration });
};

function request() {
  const userId = newId();
  const viewer = {
    kind: 'tenant',
    tenantId: tenant.id,
    actor: { kind: 'USER', id: userId, name: 'Ada', userId },
    permissions: new Set(ROLE_PERMISSIONS.OWNER),
    sessionId: null,
    contextToken: '',
  } as const;
  return { viewer, requestId: 'request-1' };
}

const register = () => registrations.register(request(), { hookId: made.hook.id, scope: 'acme/claims' });
const due = () => service.rows(`UPDATE integrations.inbound_registration SET refresh_after = now()`);
const stored = async () =>
  (
    await service.rows<{
      failures: number;
      last_error: string | null;
      refresh_after: Date;
      expires_at: Date;
    }>(
      'SELECT failures, last_error, refresh_after, expires_at FROM integrations.inbound_registration WHERE tenant_id = $1',
      [tenant.id],
    )
  )[0];
const statusOf = async () =>
  (
    await service.rows<{ status: string; last_error: string | null }>(
      'SELECT status, last_error FROM integrations.integration WHERE id = $1',
      [integrationId],
    )
  )[0];
const types = async () => (await listEvents(service.rows, 'integrations', tenant.id)).map(({ type }) => type);

test('the other system is given the address and the secret, once for a scope; it is renewed after twenty days', async () => {
  const first = await register();
  const second = await register();

  const row = await stored();
  expect(second.registration.id).toBe(first.registration.id);
  expect(calls).toEqual([`register https://flowgrid.example${made.path} secret of ${made.hook.id}`]);
  expect(Math.round(((row?.refresh_after.getTime() ?? 0) - Date.now()) / DAY_MS)).toBe(20);
  expect((await types()).filter((type) => type === 'inbound_hook.registered')).toHaveLength(1);
});

test('what is due is renewed once, by whichever worker comes first', async () => {
  await register();
  await due();

  await Promise.all([renewals.renewDue(), renewals.renewDue()]);
  await renewals.renewDue();

  expect(calls.filter((call) => call === 'refresh 17')).toHaveLength(1);
  expect((await stored())?.refresh_after.getTime()).toBeGreaterThan(Date.now() + 19 * DAY_MS);
});

test('a renewal that fails is tried again, told once, and shows in the status of the integration', async () => {
  await register();
  failure = new ConnectorError('GitHub forbids this (403).', { status: 403 });

  await due();
  await renewals.renewDue();
  const once = await stored();
  await due();
  await renewals.renewDue();
  const twice = await stored();
  const degraded = await statusOf();
  failure = null;
  await due();
  await renewals.renewDue();

  expect(once).toMatchObject({ failures: 1, last_error: 'GitHub forbids this (403).' });
  expect(twice?.failures).toBe(2);
  expect(twice?.refresh_after.getTime()).toBeGreaterThan(once?.refresh_after.getTime() ?? 0);
  expect(degraded).toMatchObject({
    status: 'DEGRADED',
    last_error: expect.stringContaining('could not be renewed'),
  });
  expect((await types()).filter((type) => type === 'inbound_hook.registration_failed')).toHaveLength(1);
  expect(await stored()).toMatchObject({ failures: 0, last_error: null });
});

test('ending a registration ends it there too, and here even when the other system cannot be reached', async () => {
  const { registration } = await register();
  failure = new ConnectorError('GitHub has a failure of its own (502).', { status: 502 });

  await registrations.unregister(request(), registration.id);

  expect(calls.at(-1)).toBe('remove 17');
  expect(await stored()).toBeUndefined();
  const audit = await listAudit(service.rows, 'integrations', tenant.id);
  expect(audit.map(({ action }) => action).slice(-2)).toEqual([
    'inbound_hook.registered',
    'inbound_hook.unregistered',
  ]);
});

test('before a hook or an integration goes, all its registrations are ended there', async () => {
  await register();

  await registrations.removeAll(request(), { integrationId });
  await registrations.removeAll(request(), { hookId: made.hook.id });

  expect(calls.slice(1)).toEqual(['remove 17', 'remove 17']);
});

test('a refusal of the other system is told in its words, and nothing is kept', async () => {
  failure = new ConnectorError('GitHub does not take this webhook (422).', { status: 422 });

  await expect(register()).rejects.toMatchObject({ code: 'CONFLICT', message: failure.message });
  expect(await stored()).toBeUndefined();
});
