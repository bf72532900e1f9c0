/** Subscriptions on integrations and webhooks through the router's socket: what happens arrives, and only at its tenant. */
import { expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { dataOf } from '../testkit/graphql.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import { subscribe, type TestSubscription } from '../testkit/subscription.ts';
import type { TestTenant } from '../testkit/tenant.ts';

const platform = sharedPlatform();

const EVENTS = `subscription ($id: ID!, $after: Int) { integrationEvents(integrationId: $id, after: $after) {
  sequence kind message integration { id name status } } }`;
const DELIVERIES = `subscription ($id: ID!) { webhookDeliveryChanged(endpointId: $id) { id state } }`;

interface Happened {
  readonly integrationEvents: {
    readonly sequence: number;
    readonly kind: string;
    readonly integration: { readonly id: string; readonly name: string; readonly status: string };
  };
}
interface Changed {
  readonly webhookDeliveryChanged: { readonly id: string; readonly state: string };
}

async function change(tenant: TestTenant, name: string, field: string, input: object): Promise<string> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { result: ${name}(input: $input) { entity: ${field} { id } errors { message } } }`;
  const answer = await tenant.ask('ADMIN', query, { input });
  return dataOf<{ result: { entity: { id: string } } }>(answer).result.entity.id;
}

const makeIntegration = (tenant: TestTenant): Promise<string> =>
  change(tenant, 'createIntegration', 'integration', {
    kind: 'SERVICENOW',
    name: 'Tickets',
    baseUrl: 'https://tickets.invalid',
    credential: { username: 'bot', password: 'a password of the tenant' },
  });
const makeEndpoint = (tenant: TestTenant): Promise<string> =>
  change(tenant, 'createWebhookEndpoint', 'endpoint', {
    url: 'https://hooks.invalid/',
    events: ['integration.deleted'],
  });

function watch(query: string, tenant: TestTenant, variables: object): TestSubscription {
  const token = tenant.users.ADMIN.accessToken;
  return subscribe({ query, variables: { ...variables } }, { url: platform.graphqlUrl, token });
}

test('what happens at an integration arrives, also at who comes late, until it is deleted', async () => {
  const tenant = await platform.createTenant();
  const id = await makeIntegration(tenant);
  await using live = watch(EVENTS, tenant, { id, after: 0 });

  await change(tenant, 'testIntegration', 'integration', { id });
  const { integrationEvents: broken } = await live.next<Happened>(
    'the failed test',
    ({ integrationEvents }) => integrationEvents.kind === 'STATUS_CHANGED',
  );
  await using late = watch(EVENTS, tenant, { id, after: broken.sequence - 1 });
  const { integrationEvents: again } = await late.next<Happened>('the same event', () => true);
  await change(tenant, 'deleteIntegration', 'integration', { id });
  const ends = await Promise.all([live.ended, late.ended]);

  expect(broken.integration).toEqual({ id, name: 'Tickets', status: 'BROKEN' });
  expect(again).toEqual(broken);
  expect(ends).toEqual(['completed', 'completed']);
});

test('each change of a delivery arrives at who watches its endpoint', async () => {
  const tenant = await platform.createTenant();
  const [id, other] = [await makeEndpoint(tenant), await makeEndpoint(tenant)];
  await using live = watch(DELIVERIES, tenant, { id });
  await using elsewhere = watch(DELIVERIES, tenant, { id: other });

  const delivery = await sendUntilSeen(tenant, id, live);

  expect(delivery.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(elsewhere.events).toEqual([]);
});

/** A subscription says nothing when it begins, and tells of what changes from then on. */
async function sendUntilSeen(
  tenant: TestTenant,
  endpointId: string,
  live: TestSubscription,
): Promise<Changed['webhookDeliveryChanged']> {
  const sent = new Set<string>();
  for (let count = 0; count < 20 && live.events.length === 0; count += 1) {
    sent.add(await change(tenant, 'sendTestWebhook', 'delivery', { endpointId, type: 'agent.created' }));
  }
  const { webhookDeliveryChanged } = await live.next<Changed>('a change', () => true);
  expect(sent.has(webhookDeliveryChanged.id)).toBe(true);
  return webhookDeliveryChanged;
}

// Attack: following what belongs to another tenant. The answer is that of what does not exist.
test.each([
  ['integrationEvents', EVENTS, makeIntegration],
  ['webhookDeliveryChanged', DELIVERIES, makeEndpoint],
] as const)(
  '%s of another tenant and of nothing are refused in the same words',
  async (_name, query, make) => {
    const owner = await platform.createTenant();
    const stranger = await platform.createTenant();
    const foreign = await make(owner);

    const ends = await Promise.all(
      [foreign, newId(), 'no-id'].map(async (id) => {
        await using following = watch(query, stranger, { id });
        const end = await following.ended;
        return { end, events: following.events };
      }),
    );

    expect(ends[0]?.events).toMatchObject([{ errors: [{ extensions: { code: 'NOT_FOUND' } }] }]);
    expect(ends.map(({ events }) => events)).toEqual([ends[0]?.events, ends[0]?.events, ends[0]?.events]);
  },
);
