/** Who runs a sync: one worker at a time, and whoever lost it writes nothing. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Client } from 'pg';
import { MemoryBroker, MemoryTransport } from '@flowgrid/messaging';
import { createLogger, newId, systemClock as clock } from '@flowgrid/platform';
import type { Connector } from '../../../subgraphs/integrations/src/adapters/connector.ts';
import type {
  ExternalItem,
  SyncPage,
  SyncQuery,
} from '../../../subgraphs/integrations/src/adapters/external-item.ts';
import { createServiceNowConnector } from '../../../subgraphs/integrations/src/adapters/servicenow/servicenow-connector.ts';
import {
  openIntegrationsDatabase,
  type IntegrationsDatabase,
} from '../../../subgraphs/integrations/src/database.ts';
import type { Connections } from '../../../subgraphs/integrations/src/modules/connection/connections.ts';
import { findIntegration } from '../../../subgraphs/integrations/src/modules/integration/integration-store.ts';
import { SyncRecord } from '../../../subgraphs/integrations/src/modules/sync/sync-record.ts';
import {
  claimSync,
  deleteSync,
  insertSync,
  renewClaim,
} from '../../../subgraphs/integrations/src/modules/sync/sync-store.ts';
import { SyncLost, type SyncClaim } from '../../../subgraphs/integrations/src/modules/sync/sync.ts';
import { startSyncWorker } from '../../../subgraphs/integrations/src/workers/sync-worker.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { until } from '../../testkit/wait.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const LEASE_SECONDS = 30;
const PAGES = 4;

let server: TestDatabase;
let superuser: Client;
let database: IntegrationsDatabase;
let tenantId: string;
let integrationId: string;

beforeAll(async () => {
  server = await createTestDatabase();
  superuser = new Client({ connectionString: server.superuserUrl });
  await superuser.connect();
  database = openIntegrationsDatabase(server.url('flowgrid_integrations'));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await superuser.end();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await superuser.query('DELETE FROM integrations.integration_sync');
  await addTenant();
});

async function addTenant(): Promise<void> {
  [tenantId, integrationId] = [newId(), newId()];
  await superuser.query(
    `INSERT INTO integrations.integration (tenant_id, id, kind, name, base_url, status, connection_revision, created_at, updated_at)
     VALUES ($1, $2, 'SERVICENOW', 'Tickets', 'https://tickets.example.test', 'UNTESTED', 1, now(), now())`,
    [tenantId, integrationId],
  );
}

interface Due {
  readonly tenant_id: string;
  readonly id: string;
}

async function takeDue(): Promise<readonly Due[]> {
  return database.withoutTenant(
    (client) => client.$queryRaw<Due[]>`SELECT tenant_id, id FROM take_due_integration_syncs(100, 120)`,
  );
}

async function addSync(scope: string): Promise<string> {
  const id = newId();
  const sync = { id, scope, everyMinutes: 60, createdAt: clock.now() };
  await database.inTenant(tenantId, (tx) => insertSync(tx, { tenantId, integrationId }, sync));
  return id;
}

async function claim(id: string): Promise<SyncClaim | null> {
  const claimed = await database.inTenant(tenantId, (tx) => claimSync(tx, { tenantId, id }, LEASE_SECONDS));
  return claimed?.claim ?? null;
}

async function stateOf(id: string): Promise<unknown> {
  const { rows } = await superuser.query<{ state: string; cursor: string | null; items_read: number }>(
    'SELECT state, cursor, items_read, due_at <= now() AS is_due FROM integrations.integration_sync WHERE id = $1',
    [id],
  );
  return rows[0];
}

async function countItems(): Promise<number> {
  const { rows } = await superuser.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM integrations.external_item WHERE tenant_id = $1',
    [tenantId],
  );
  return rows[0]?.count ?? 0;
}

const item = (key: string): ExternalItem => ({
  key,
  title: key,
  body: '',
  state: 'open',
  type: 'Task',
  assignee: null,
  url: null,
  updatedAt: new Date('2026-03-01T10:00:00Z'),
});

const page = (scope: string, number: number): SyncPage => ({
  items: [item(`${scope}-${number}`)],
  cursor: String(number),
  hasMore: number < PAGES,
});

/** A connected system that answers as it is told. */
function systemOf(
  answer: (query: SyncQuery, signal: AbortSignal) => Promise<SyncPage>,
): Pick<Connections, 'use'> {
  const connector: Connector = {
    ...createServiceNowConnector(),
    syncItems: (_connection, query, signal) => answer(query, signal),
  };
  return {
    use: async (whose, work) => {
      const integration = await database.inTenant(whose.tenantId, (tx) =>
        findIntegration(tx, whose.tenantId, whose.integrationId),
      );
      if (integration === null) return null;
      const connection = {
        id: whose.integrationId,
        baseUrl: integration.baseUrl,
        apiUrl: integration.baseUrl,
        knownLogin: null,
        fetch: () => Promise.reject(new Error('nothing is asked')),
      };
      return work({ connector, connection, integration });
    },
  };
}

function startWorker(broker: MemoryBroker, connections: Pick<Connections, 'use'>): AsyncDisposable {
  const transport = new MemoryTransport(broker);
  const options = { database, transport, connections, clock, logger, concurrency: 4 };
  const worker = startSyncWorker({ ...options, leaseSeconds: LEASE_SECONDS, pollMs: 20 });
  return {
    [Symbol.asyncDispose]: async () => {
      await worker[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
    },
  };
}

test('several workers read each page of each sync once, and none of a sync at once', async () => {
  const scopes = Array.from({ length: 12 }, (_, index) => `scope${index}`);
  for (const scope of scopes) await addSync(scope);
  const read: string[] = [];
  const underWay = new Map<string, number>();
  let most = 0;
  const system = systemOf(async ({ scope, cursor }) => {
    const name = scope ?? '';
    underWay.set(name, (underWay.get(name) ?? 0) + 1);
    most = Math.max(most, underWay.get(name) ?? 0);
    const number = Number(cursor ?? 0) + 1;
    read.push(`${name} ${number}`);
    await new Promise(setImmediate);
    underWay.set(name, (underWay.get(name) ?? 0) - 1);
    return page(name, number);
  });
  const broker = new MemoryBroker();
  await using _one = startWorker(broker, system);
  await using _two = startWorker(broker, system);
  await using _three = startWorker(broker, system);

  await until('all is read', async () => (await countItems()) === scopes.length * PAGES);

  expect(most).toBe(1);
  expect(read.toSorted((one, other) => one.localeCompare(other))).toEqual(
    scopes
      .flatMap((scope) => Array.from({ length: PAGES }, (_, index) => `${scope} ${index + 1}`))
      .toSorted((one, other) => one.localeCompare(other)),
  );
});

// Attack: a tenant follows thousands of things at a system that hardly answers, and no other tenant's syncs have a turn.
test('a tenant with very many syncs keeps nobody else’s waiting', async () => {
  for (let index = 0; index < 120; index += 1) await addSync(`scope${index}`);
  const [many, integrationOfMany] = [tenantId, integrationId];
  await addTenant();
  const one = await addSync('incident');

  const first = await takeDue();
  const second = await takeDue();
  const [taken] = first.filter(({ tenant_id: id }) => id === many);
  await superuser.query('DELETE FROM integrations.integration_sync WHERE id = $1', [taken?.id]);
  const third = await takeDue();

  expect(first.filter(({ tenant_id: id }) => id === many)).toHaveLength(8);
  expect(first.map(({ id }) => id)).toContain(one);
  expect(second).toEqual([]);
  expect(third.map(({ tenant_id: id }) => id)).toEqual([many]);
  [tenantId, integrationId] = [many, integrationOfMany];
  await superuser.query('UPDATE integrations.integration_sync SET sent_at = NULL');
  for (const { id } of first.filter(({ id: of }) => of !== taken?.id && of !== one)) await claim(id);
  const running = await takeDue();
  expect(running.filter(({ tenant_id: id }) => id === many)).toHaveLength(1);
});

test('a claim is one worker’s until its lease ends, and the one before writes nothing from then on', async () => {
  const id = await addSync('incident');
  const first = await claim(id);
  if (first === null) throw new Error('not claimed');
  const recordOf = (held: SyncClaim): SyncRecord =>
    new SyncRecord({ database, clock, leaseSeconds: LEASE_SECONDS }, held, integrationId);
  await recordOf(first).writePage(page('incident', 1));
  const refused = await claim(id);
  await superuser.query('UPDATE integrations.integration_sync SET due_at = now() WHERE id = $1', [id]);

  const second = await claim(id);
  if (second === null) throw new Error('not taken over');
  const before = [await stateOf(id), await countItems()];

  expect(refused).toBeNull();
  expect(second.attempt).toBe(first.attempt + 1);
  await expect(recordOf(first).writePage(page('incident', 2))).rejects.toBeInstanceOf(SyncLost);
  await expect(recordOf(first).fail('Too late.')).rejects.toBeInstanceOf(SyncLost);
  await recordOf(first).release(0);
  expect(await database.inTenant(tenantId, (tx) => renewClaim(tx, first, LEASE_SECONDS))).toBe(false);
  expect([await stateOf(id), await countItems()]).toEqual(before);
  await recordOf(second).writePage(page('incident', 2));
  expect(await stateOf(id)).toEqual({ state: 'RUNNING', cursor: '2', items_read: 2, is_due: false });
});

test('a worker that stops gives its sync back where it is, and another one goes on', async () => {
  const id = await addSync('incident');
  const asked = Promise.withResolvers<void>();
  const hanging = systemOf((query, signal) => {
    const number = Number(query.cursor ?? 0) + 1;
    if (number < 3) return Promise.resolve(page('incident', number));
    asked.resolve();
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  });
  const broker = new MemoryBroker();
  const stopped = startWorker(broker, hanging);
  await asked.promise;
  await stopped[Symbol.asyncDispose]();
  const given = await stateOf(id);

  const system = systemOf(({ cursor }) => Promise.resolve(page('incident', Number(cursor ?? 0) + 1)));
  await using _other = startWorker(broker, system);
  await until('all is read', async () => (await countItems()) === PAGES);

  expect(given).toEqual({ state: 'QUEUED', cursor: '2', items_read: 2, is_due: true });
  await until('it waits', async () => JSON.stringify(await stateOf(id)).includes('IDLE'));
  expect(await stateOf(id)).toEqual({ state: 'IDLE', cursor: '4', items_read: 4, is_due: false });
});

test('what comes after a sync was stopped is not kept', async () => {
  const id = await addSync('incident');
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<SyncPage>();
  const system = systemOf(() => {
    asked.resolve();
    return answered.promise;
  });
  {
    await using _worker = startWorker(new MemoryBroker(), system);
    await asked.promise;
    await database.inTenant(tenantId, (tx) => deleteSync(tx, { tenantId, id }));
    answered.resolve(page('incident', 1));
  }

  expect([await countItems(), await stateOf(id)]).toEqual([0, undefined]);
});

test('a system that gives the same page for ever is not asked for ever', async () => {
  const id = await addSync('incident');
  let count = 0;
  const system = systemOf(() => {
    count += 1;
    return Promise.resolve({ items: [], cursor: 'same', hasMore: true });
  });
  await using _worker = startWorker(new MemoryBroker(), system);

  await until('it failed', async () => JSON.stringify(await stateOf(id)).includes('FAILED'));

  expect(count).toBe(2);
});

test('a failure of our own is told in words that give nothing away', async () => {
  const id = await addSync('incident');
  const system = systemOf(() => Promise.reject(new TypeError('secret is not a function at 10.1.2.3')));
  await using _worker = startWorker(new MemoryBroker(), system);

  await until('it failed', async () => JSON.stringify(await stateOf(id)).includes('FAILED'));

  const { rows } = await superuser.query<{ last_error: string }>(
    'SELECT last_error FROM integrations.integration_sync WHERE id = $1',
    [id],
  );
  expect(rows[0]?.last_error).toMatch(/^Something unexpected happened\./);
});
