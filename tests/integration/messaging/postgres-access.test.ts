/** Who may read, receive and tell what on the PostgreSQL transport. Every test attacks with a login role of its own. */
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLogger, newId } from '@flowgrid/platform';
import {
  EVENT_CATALOGUE,
  QUEUES,
  SUBSCRIPTIONS,
  createPostgresTransport,
  type Message,
  type Transport,
} from '@flowgrid/messaging';
import type { DatabaseRole } from '../../../local/src/index.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { until } from '../../testkit/wait.ts';

const logger = createLogger({ name: 'access', level: 'silent' });
const AGENTS_OF_DESIGN = 'subscription:design-agents';
const RECEIVE = 'SELECT * FROM messaging.receive_messages($1, 10, 30, 10, $2)';
const FIRST = '00000000-0000-0000-0000-000000000000';

let database: TestDatabase;
let superuser: Client;
let agents: Transport;
let design: Transport;
let integrations: Transport;

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = new Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  agents = createPostgresTransport({ url: database.url('flowgrid_agents'), logger });
  design = createPostgresTransport({ url: database.url('flowgrid_design'), logger });
  integrations = createPostgresTransport({ url: database.url('flowgrid_integrations'), logger });
});
afterAll(async () => {
  await Promise.all([agents, design, integrations].map((transport) => transport[Symbol.asyncDispose]()));
  await superuser.end();
  await database[Symbol.asyncDispose]();
});
beforeEach(() => superuser.query('TRUNCATE messaging.delivery, messaging.message'));

const message = (fields: Partial<Message> = {}): Message => ({
  id: newId(),
  tenantId: newId(),
  type: 'agent.created',
  orderKey: null,
  body: '"confidential"',
  ...fields,
});

/** What design alone receives, and agents does not: its reader, its teller and another one are three services. */
const request = (fields: Partial<Message> = {}): Message =>
  message({ type: 'design_request.made', ...fields });

async function asRole<Result>(
  role: DatabaseRole,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString: database.url(role) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function count(client: Client, tenantId: string | null): Promise<number> {
  await client.query(`SELECT set_config('app.tenant_id', $1, false)`, [tenantId ?? '']);
  return (await client.query('SELECT 1 FROM messaging.message')).rowCount ?? -1;
}

test('the database knows the sources and the resources of the code, and no others', async () => {
  const { rows: sources } = await superuser.query('SELECT * FROM messaging.source ORDER BY name');
  const { rows: resources } = await superuser.query(
    'SELECT * FROM messaging.event_resource ORDER BY resource',
  );

  const subscriptions = Object.entries(SUBSCRIPTIONS).map(([name, { service, resources: taken }]) => ({
    name: `subscription:${name}`,
    service_role: `flowgrid_${service}`,
    resources: taken,
  }));
  const queues = Object.entries(QUEUES).map(([name, { service }]) => ({
    name: `queue:${name}`,
    service_role: `flowgrid_${service}`,
    resources: null,
  }));
  const told = new Map(
    Object.entries(EVENT_CATALOGUE).map(([type, { source }]) => [
      type.split('.', 1)[0],
      `flowgrid_${source.slice(1)}`,
    ]),
  );
  expect(sources).toEqual([...queues, ...subscriptions].toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  expect(Object.fromEntries(resources.map(({ resource, service_role }) => [resource, service_role]))).toEqual(
    Object.fromEntries(told),
  );
});

test('a service receives from its own sources only', async () => {
  await agents.publish([message()]);

  for (const role of ['flowgrid_agents', 'flowgrid_integrations'] as const) {
    for (const sql of [RECEIVE, RECEIVE.replace('receive_messages', 'claim_deliveries')]) {
      const stealing = asRole(role, (client) => client.query(sql, [AGENTS_OF_DESIGN, FIRST]));
      await expect(stealing).rejects.toThrow(`is no source of ${role}`);
    }
  }
  const { rows } = await asRole('flowgrid_design', (client) =>
    client.query<{ body: string }>(RECEIVE, [AGENTS_OF_DESIGN, FIRST]),
  );

  expect(rows.map(({ body }) => body)).toEqual(['"confidential"']);
});

test('a service that takes on another role by SET ROLE is still known by its login', async () => {
  const stealing = asRole('flowgrid_agents', (client) => client.query('SET ROLE flowgrid_design'));

  await expect(stealing).rejects.toThrow(/permission denied/);
});

test('a service can neither settle, renew, list nor replay what another receives, nor send into its queues', async () => {
  const calls: [string, unknown[]][] = [
    ['SELECT messaging.settle_deliveries($1, $2)', [AGENTS_OF_DESIGN, '[]']],
    ['SELECT messaging.renew_deliveries($1, $2, $3, $4, 30)', [AGENTS_OF_DESIGN, [], [], []]],
    ['SELECT messaging.list_dead_deliveries($1, 10)', [AGENTS_OF_DESIGN]],
    ['SELECT messaging.read_dead_letters($1, 10)', [AGENTS_OF_DESIGN]],
    ['SELECT messaging.replay_dead_deliveries($1, NULL)', [AGENTS_OF_DESIGN]],
    ['SELECT messaging.send_messages($1, $2, NULL)', ['design-jobs', '[]']],
  ];

  for (const [sql, values] of calls) {
    const calling = asRole('flowgrid_agents', (client) => client.query(sql, values));
    await expect(calling, sql).rejects.toThrow('is no source of flowgrid_agents');
  }
});

test('a service cannot tell of what belongs to another: no forged audit, no forged agent', async () => {
  const own = message({ type: 'design_session.started' });
  const foreign = ['agent.deleted', 'tenant.deleted'].map((type) => message({ type }));

  for (const forged of foreign) {
    for (const messages of [[forged], [own, forged]]) {
      await expect(design.publish(messages)).rejects.toThrow(
        `flowgrid_design does not tell of ${forged.type}`,
      );
    }
  }
});

test('contents are read under their tenant, by the service that receives them', async () => {
  const tenantId = newId();
  await integrations.publish([request({ tenantId }), request({ tenantId })]);

  const seen = {
    receiver: await asRole('flowgrid_design', (client) => count(client, tenantId)),
    otherTenant: await asRole('flowgrid_design', (client) => count(client, newId())),
    noTenant: await asRole('flowgrid_design', (client) => count(client, null)),
    sender: await asRole('flowgrid_integrations', (client) => count(client, tenantId)),
    otherService: await asRole('flowgrid_agents', (client) => count(client, tenantId)),
  };

  expect(seen).toEqual({ receiver: 2, otherTenant: 0, noTenant: 0, sender: 0, otherService: 0 });
});

test('the queue itself is out of reach, and so is the list of sources for writing', async () => {
  const statements = [
    'SELECT * FROM messaging.delivery',
    'DELETE FROM messaging.delivery',
    `INSERT INTO messaging.source VALUES ('subscription:spy', current_user, '{agent}')`,
    `UPDATE messaging.source SET service_role = current_user`,
    `UPDATE messaging.event_resource SET service_role = current_user`,
    'DELETE FROM messaging.message',
    `SELECT messaging.add_messages('[]', '{}', NULL)`,
    `SELECT messaging.wake_deliveries('${AGENTS_OF_DESIGN}', 1)`,
  ];

  for (const sql of statements) {
    const attack = asRole('flowgrid_design', (client) => client.query(sql));
    await expect(attack, sql).rejects.toThrow(/permission denied/);
  }
  await expect(
    asRole('flowgrid_auth', (client) => client.query('SELECT * FROM messaging.source')),
  ).rejects.toThrow(/permission denied/);
});

test('no tenant stays set on the connection after messages of several tenants were read', async () => {
  const [first, second] = [newId(), newId()];
  await agents.publish([message({ tenantId: first }), message({ tenantId: second })]);

  const after = await asRole('flowgrid_design', async (client) => {
    const { rowCount } = await client.query(RECEIVE, [AGENTS_OF_DESIGN, FIRST]);
    const { rows } = await client.query<{ tenant: string }>(
      `SELECT coalesce(current_setting('app.tenant_id', true), '') AS tenant`,
    );
    return { rowCount, ...rows[0] };
  });

  expect(after).toEqual({ rowCount: 2, tenant: '' });
});

test('a tenant with thousands of messages does not keep another one waiting', async () => {
  const flood = newId();
  const late = newId();
  await agents.publish(Array.from({ length: 3_000 }, () => message({ tenantId: flood })));
  await agents.publish([message({ tenantId: late })]);
  const order: string[] = [];
  await using _receiver = design.receive(
    { subscription: 'design-agents' },
    async ({ tenantId }) => void order.push(tenantId),
    { concurrency: 4 },
  );

  await until('the late one', () => order.includes(late));

  expect(order.indexOf(late)).toBeLessThan(20);
});

test('what was handled leaves nothing behind', async () => {
  const tenantId = newId();
  let handled = 0;
  await using _receiver = design.receive(
    { subscription: 'design-requests' },
    async () => void (handled += 1),
    { concurrency: 8 },
  );

  await integrations.publish(Array.from({ length: 50 }, () => request({ tenantId, orderKey: tenantId })));
  await until('all', () => handled === 50);
  const left = await until('an empty queue', async () => {
    const { rows } = await superuser.query<{ n: number }>(
      'SELECT (SELECT count(*) FROM messaging.delivery)::int + (SELECT count(*) FROM messaging.message)::int AS n',
    );
    return rows[0]?.n === 0 && rows[0];
  });

  expect(left).toEqual({ n: 0 });
});
