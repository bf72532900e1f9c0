/** What strangers, and senders that do not keep to the form, cannot do to the messages of hooks. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import {
  githubMessage,
  issuePayload,
  standardMessage,
  type SentMessage,
} from '../../../subgraphs/integrations/src/testkit/hook-messages.ts';
import { dataOf } from '../../testkit/graphql.ts';
import { makeHook, send, worked } from './hook-operations.ts';
import { CREATE } from './operations.ts';
import { startIntegrations, type IntegrationsService, type TestTenant } from './service.ts';

const MESSAGES_PER_MINUTE = 50;

let service: IntegrationsService;
let tenant: TestTenant;

beforeAll(async () => {
  service = await startIntegrations([], { HOOK_MESSAGES_PER_MINUTE: String(MESSAGES_PER_MINUTE) });
  await service.platform.start('delivery-worker');
  tenant = await service.tenant();
});
afterAll(() => service[Symbol.asyncDispose]());

const CREDENTIALS = {
  GITHUB: { token: `ghp_${'a'.repeat(36)}` },
  SERVICENOW: { username: 'admin', password: 'secret' },
};

async function connect(kind: keyof typeof CREDENTIALS): Promise<string> {
  const input = { kind, name: newId(), baseUrl: `${service.vendor.url}/x`, credential: CREDENTIALS[kind] };
  const answer = await tenant.owner(CREATE, { input });
  return dataOf<{ result: { integration: { id: string } } }>(answer).result.integration.id;
}

// Anybody can have GitHub send to addresses that are nobody's: its messages to the hooks of others would be lost.
test('a guess of an address costs no message of a hook that comes from where others guess addresses', async () => {
  const integrationId = await connect('GITHUB');
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  const payload = issuePayload('opened', {
    number: 66,
    title: 'Still here',
    updatedAt: '2026-01-01T12:00:01.000Z',
  });
  const message = { event: 'issues', delivery: 'd-66' };
  const from = (sent: SentMessage) => ({
    ...sent,
    headers: { ...sent.headers, 'x-client-address': '203.0.113.66' },
  });
  const good = from(githubMessage(secret, { ...message, payload }));
  const other = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  const forged = from(githubMessage(`${secret}x`, { ...message, payload }));
  const unknown = Array.from({ length: 130 }, (_, index) => `/hooks/${String(index).padStart(32, 'A')}`);
  const guesses = await Promise.all(unknown.map((address) => send(service, address, good)));

  const answers = [
    await send(service, other.path, forged),
    await send(service, `/hooks/${'B'.repeat(32)}`, good),
    await send(service, path, good),
  ];

  expect(new Set(guesses.map(({ status }) => status))).toEqual(new Set([404, 429]));
  expect(answers.map(({ status }) => status)).toEqual([429, 429, 202]);
  expect(await worked(tenant, hook.id, 1)).toMatchObject([{ deliveryKey: 'd-66', state: 'DONE' }]);
});

test('a message of ServiceNow whose id says no version stands in the way of none that comes after it', async () => {
  const { hook, secret, path } = await makeHook(tenant.owner, {
    kind: 'SERVICENOW',
    integrationId: await connect('SERVICENOW'),
  });
  const record = 'b'.repeat(32);
  const payload = { operation: 'update', table: 'incident', sys_id: record, number: 'INC0010002' };

  for (const id of [`${record}-retried`, `${record}-7`]) {
    await send(
      service,
      path,
      standardMessage(secret, { id, payload: { ...payload, short_description: id } }),
    );
    await worked(tenant, hook.id, 1);
  }

  const kept = await service.rows(
    "SELECT title FROM integrations.external_item WHERE tenant_id = $1 AND key = 'INC0010002'",
    [tenant.id],
  );
  expect(kept).toEqual([{ title: `${record}-7` }]);
});

// Whoever has come by the address, in a log or at the sender, has no secret with it.
test('messages of a stranger use up nothing of what the sender of a hook may send', async () => {
  const integrationId = await connect('GITHUB');
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  const from = (client: string, delivery: string, key: string) => {
    const sent = githubMessage(key, { event: 'ping', delivery, payload: { zen: 'x' } });
    return { ...sent, headers: { ...sent.headers, 'x-client-address': client } };
  };
  const forged = Array.from({ length: MESSAGES_PER_MINUTE + 10 }, () =>
    send(service, path, from('203.0.113.7', 'd-1', `${secret}x`)),
  );
  const refused = await Promise.all(forged);

  const taken = await send(service, path, from('203.0.113.8', 'd-1', secret));

  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([404, 429]));
  expect(taken.status).toBe(202);
  expect(await worked(tenant, hook.id, 1)).toHaveLength(1);
});
