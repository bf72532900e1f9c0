/** What happens at an integration, followed by those who watch it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMemoryPubSub } from '@flowgrid/shared-state';
import { createLogger, newId } from '@flowgrid/platform';
import {
  openIntegrationsDatabase,
  type IntegrationsDatabase,
} from '../../../subgraphs/integrations/src/database.ts';
import { withIntegrationEvents } from '../../../subgraphs/integrations/src/modules/integration-event/announced-events.ts';
import {
  recordIntegrationEvent,
  type EventToRecord,
} from '../../../subgraphs/integrations/src/modules/integration-event/event-store.ts';
import { purgeEvents } from '../../../subgraphs/integrations/src/modules/integration-event/purge-events.ts';
import { GITHUB_TOKEN } from '../../../subgraphs/integrations/src/testkit/vendor-servers.ts';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { subscribe, type TestSubscription } from '../../testkit/subscription.ts';
import { until } from '../../testkit/wait.ts';
import { CREATE, DELETE, TEST, type Payload } from './operations.ts';
import { startIntegrations, type IntegrationsService, type TestTenant } from './service.ts';

const FOLLOW = `subscription ($id: ID!, $after: Int) {
  integrationEvents(integrationId: $id, after: $after) {
    sequence kind message itemKeys at integration { id name status }
  }
}`;
const LIST = `query ($id: ID!, $after: Int, $first: Int) {
  integration(id: $id) { events(after: $after, first: $first) { sequence message } }
}`;

interface Followed {
  readonly integrationEvents: {
    readonly sequence: number;
    readonly kind: string;
    readonly message: string;
    readonly itemKeys: readonly string[];
    readonly integration: { readonly id: string; readonly name: string; readonly status: string } | null;
  };
}

let service: IntegrationsService;
let database: IntegrationsDatabase;

beforeAll(async () => {
  service = await startIntegrations();
  database = openIntegrationsDatabase(service.databaseUrl);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

async function create({ owner }: TestTenant, name = 'Watched'): Promise<string> {
  const input = {
    kind: 'GITHUB',
    name,
    baseUrl: `${service.vendor.url}/base`,
    credential: { token: GITHUB_TOKEN },
  };
  const { integration } = dataOf<{ result: Payload }>(await owner(CREATE, { input })).result;
  if (!integration) throw new Error('not made');
  return integration.id;
}

function follow({ viewerToken }: TestTenant, id: string, after?: number): TestSubscription {
  return subscribe(
    { query: FOLLOW, variables: { id, after } },
    { url: `${service.url}/graphql`, token: viewerToken, isSubgraph: true },
  );
}

function record(
  tenant: TestTenant,
  integrationId: string,
  event: Partial<EventToRecord> = {},
): Promise<number | null> {
  const at = new Date();
  return database.inTenant(tenant.id, (tx) =>
    recordIntegrationEvent(tx, {
      tenantId: tenant.id,
      integrationId,
      kind: 'ITEMS_CHANGED',
      message: 'Two items changed.',
      at,
      ...event,
    }),
  );
}

const sequencesOf = ({ events }: TestSubscription): readonly (number | undefined)[] =>
  events.map(({ data }) => (data as Followed | undefined)?.integrationEvents.sequence);
const reaches =
  (sequence: number) =>
  ({ integrationEvents }: Followed): boolean =>
    integrationEvents.sequence === sequence;

test('who watches gets what happens, with the integration as it is then', async () => {
  const tenant = await service.tenant();
  const id = await create(tenant);
  await using watched = follow(tenant, id, 0);

  await tenant.owner(TEST, { input: { id } });
  const changed = await watched.next<Followed>('the change of status', reaches(1));
  await record(tenant, id, { itemKeys: ['acme/claims#1', 'acme/claims#2'] });
  const items = await watched.next<Followed>('the items', reaches(2));

  expect(changed.integrationEvents).toMatchObject({
    kind: 'STATUS_CHANGED',
    message: 'UNTESTED → HEALTHY: A test signed in.',
    integration: { id, name: 'Watched', status: 'HEALTHY' },
  });
  expect(items.integrationEvents).toMatchObject({
    kind: 'ITEMS_CHANGED',
    itemKeys: ['acme/claims#1', 'acme/claims#2'],
  });
});

test('who comes back goes on after what is known; without it, only what is new comes', async () => {
  const tenant = await service.tenant();
  const id = await create(tenant);
  for (let count = 0; count < 3; count += 1) await record(tenant, id);

  await using resumed = follow(tenant, id, 1);
  await resumed.next<Followed>('what was missed', reaches(3));
  await using fresh = follow(tenant, id);
  // When it has begun is not told: something happens until it is heard.
  await until('something new', async () => {
    await record(tenant, id);
    return fresh.events.length > 0;
  });
  const last = Number(sequencesOf(fresh).at(-1));
  await resumed.next<Followed>('the same', reaches(last));

  expect(sequencesOf(resumed).slice(0, last - 1)).toEqual(
    Array.from({ length: last - 1 }, (_, index) => index + 2),
  );
  expect(Math.min(...sequencesOf(fresh).map(Number))).toBeGreaterThan(3);
});

test('many who record at once leave no gap, and nobody sees one', async () => {
  const tenant = await service.tenant();
  const id = await create(tenant);
  await using watched = follow(tenant, id, 0);

  const sequences = await Promise.all(Array.from({ length: 30 }, () => record(tenant, id)));
  await watched.next<Followed>('the last', reaches(30));

  const expected = Array.from({ length: 30 }, (_, index) => index + 1);
  expect(sequences.toSorted((one, other) => Number(one) - Number(other))).toEqual(expected);
  expect(sequencesOf(watched)).toEqual(expected);
});

test('what is rolled back has not happened', async () => {
  const tenant = await service.tenant();
  const id = await create(tenant);

  await expect(
    database.inTenant(tenant.id, async (tx) => {
      const at = new Date();
      await recordIntegrationEvent(tx, {
        tenantId: tenant.id,
        integrationId: id,
        kind: 'FAILED',
        message: 'x',
        at,
      });
      throw new Error('changed its mind');
    }),
  ).rejects.toThrow('changed its mind');

  expect(await record(tenant, id)).toBe(1);
});

test('a watch ends with its integration', async () => {
  const tenant = await service.tenant();
  const id = await create(tenant);
  await record(tenant, id);
  await using watched = follow(tenant, id, 0);
  await watched.next<Followed>('the first', reaches(1));

  await tenant.owner(DELETE, { input: { id } });

  expect(await watched.ended).toBe('completed');
});

// The attack: ids of another tenant, guessed or leaked, to watch what happens there.
test('an integration of another tenant is followed like one that does not exist', async () => {
  const [one, other] = [await service.tenant(), await service.tenant()];
  const id = await create(one);
  await record(one, id, { message: 'Confidential' });

  const ends = await Promise.all(
    [id, newId(), 'no-uuid'].map(async (asked) => {
      await using watched = follow(other, asked, 0);
      const ended = await watched.ended;
      return { ended: ended instanceof Error ? ended.message : ended, events: watched.events };
    }),
  );

  expect(new Set(ends.map((end) => JSON.stringify(end))).size).toBe(1);
  expect(JSON.stringify(ends)).toContain('NOT_FOUND');
  expect(JSON.stringify(ends)).not.toContain('Confidential');
  expect(dataOf(await other.viewer(LIST, { id }))).toEqual({ integration: null });
  expect(await record(other, id)).toBeNull();
});

test('the last events are listed, or those after a sequence', async () => {
  const tenant = await service.tenant();
  const id = await create(tenant);
  for (let count = 1; count <= 5; count += 1) await record(tenant, id, { message: `Event ${count}` });
  type Listed = { integration: { events: readonly { sequence: number }[] } };
  const list = async (variables: object): Promise<readonly number[]> => {
    const answer = await tenant.viewer(LIST, { id, ...variables });
    return dataOf<Listed>(answer).integration.events.map(({ sequence }) => sequence);
  };

  expect(await list({ first: 2 })).toEqual([4, 5]);
  expect(await list({ after: 1, first: 2 })).toEqual([2, 3]);
  expect(await list({ after: 5 })).toEqual([]);
  expect(codesOf(await tenant.viewer(LIST, { id, first: 101 }))).toEqual(['BAD_USER_INPUT']);
  expect(codesOf(await tenant.viewer(LIST, { id, after: -1 }))).toEqual(['BAD_USER_INPUT']);
});

test('the last thousand are kept, for a week, and sequences go on', async () => {
  const tenant = await service.tenant();
  const id = await create(tenant);
  await service.rows(`INSERT INTO integrations.integration_event_head VALUES ($1, $2, 1200)`, [
    tenant.id,
    id,
  ]);
  await service.rows(
    `INSERT INTO integrations.integration_event (tenant_id, integration_id, sequence, kind, message, item_keys, at)
     SELECT $1, $2, n, 'FAILED', 'Former', '{}', now() - interval '8 days' * (n <= 700)::int
     FROM generate_series(150, 1200) AS n`,
    [tenant.id, id],
  );
  const kept = async (): Promise<object> => {
    const rows = await service.rows(
      'SELECT min(sequence), max(sequence) FROM integrations.integration_event WHERE integration_id = $1',
      [id],
    );
    return rows[0] ?? {};
  };

  expect(await record(tenant, id)).toBe(1201);
  expect(await kept()).toEqual({ min: 202, max: 1201 });
  await purgeEvents(database);
  expect(await kept()).toEqual({ min: 701, max: 1201 });
});

test('what is long is cut, whatever it is made of', async () => {
  const tenant = await service.tenant();
  const id = await create(tenant);

  await record(tenant, id, {
    message: `${'x'.repeat(499)}😀`,
    itemKeys: Array.from({ length: 80 }, (_, index) => `K-${index}`),
  });

  const [row] = await service.rows<{ message: string; item_keys: string[] }>(
    'SELECT message, item_keys FROM integrations.integration_event WHERE integration_id = $1',
    [id],
  );
  expect(row?.message.isWellFormed()).toBe(true);
  expect(row?.message).toHaveLength(500);
  expect(row?.item_keys).toHaveLength(50);
});

test('an event is announced after its commit, once, by the id alone', async () => {
  const tenant = await service.tenant();
  const id = await create(tenant);
  await using pubsub = createMemoryPubSub();
  const heard: string[] = [];
  await pubsub.subscribe('integration-events', { onMessage: (message) => heard.push(message) });
  const logger = createLogger({ name: 'test', level: 'silent' });
  const announcing = withIntegrationEvents(database, { pubsub, logger });
  const event = {
    tenantId: tenant.id,
    integrationId: id,
    kind: 'FAILED',
    message: 'x',
    at: new Date(),
  } as const;

  const duringWork = await announcing.inTenant(tenant.id, async (tx) => {
    await recordIntegrationEvent(tx, event);
    await recordIntegrationEvent(tx, event);
    return [...heard];
  });
  await announcing.inTenant(tenant.id, (tx) => tx.integration.count());

  expect(duringWork).toEqual([]);
  expect(heard).toEqual([id]);
});
