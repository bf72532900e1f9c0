/** An event has its effect once, and an event that cannot be understood is kept with the reason and blocks nobody. */
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { FlowgridError, createLogger, createMetrics, newId } from '@flowgrid/platform';
import {
  MemoryBroker,
  MemoryTransport,
  purgeInbox,
  startConsumer,
  type Message,
  type TypedEnvelope,
} from '@flowgrid/messaging';
import { openDesignDatabase, type Tx } from '../../../subgraphs/design/src/database.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { until } from '../../testkit/wait.ts';
import { agentEvent } from './outbox-service.ts';

const logger = createLogger({ name: 'consumer', level: 'silent' });
const SOURCE = { subscription: 'design-agents' } as const;

let testDatabase: TestDatabase;
let database: ReturnType<typeof openDesignDatabase>;
let superuser: Client;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDesignDatabase(testDatabase.url('flowgrid_design'));
  superuser = new Client({ connectionString: testDatabase.superuserUrl });
  await superuser.connect();
  await superuser.query('CREATE TABLE design.effect (revision integer NOT NULL)');
  await superuser.query('GRANT SELECT, INSERT ON design.effect TO flowgrid_design');
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await superuser.end();
  await testDatabase[Symbol.asyncDispose]();
});
beforeEach(() => superuser.query('TRUNCATE design.effect, design.inbox_message'));

type Archived = TypedEnvelope<'agent.archived'>;

const noteEffect = async ({ data }: Archived, tx: Tx): Promise<void> => {
  await tx.$executeRaw`INSERT INTO effect (revision) VALUES (${data.agent.revision})`;
};

async function effects(): Promise<number[]> {
  const { rows } = await superuser.query<{ revision: number }>('SELECT revision FROM design.effect');
  return rows.map(({ revision }) => revision);
}

const untilEffects = (count: number) =>
  until(`${count} effects`, async () => (await effects()).length >= count);

function toMessage(event: object, fields: Partial<Message> = {}): Message {
  const { id, tenantid, type, subject } = event as Archived;
  return { id, tenantId: tenantid, type, orderKey: subject, body: JSON.stringify(event), ...fields };
}

function startReceiving(handler: (event: Archived, tx: Tx) => Promise<void> = noteEffect) {
  const registry = createMetrics('design');
  const transport = new MemoryTransport(new MemoryBroker(), { retryDelayMs: () => 5 });
  const consumer = startConsumer<Tx>({
    transport,
    source: SOURCE,
    name: 'test',
    handlers: { 'agent.archived': handler },
    database,
    logger,
    registry,
  });
  return {
    /** How many deliveries had which outcome. */
    outcomes: async () => {
      const lines = (await registry.metrics()).matchAll(
        /^event_deliveries_total\{.*outcome="(\w+)".*\} (\d+)$/gm,
      );
      return Object.fromEntries([...lines].map(([, outcome, count]) => [outcome, Number(count)]));
    },
    delays: async () =>
      Number(/^event_delay_seconds_count\{.*\} (\d+)$/m.exec(await registry.metrics())?.[1]),
    publish: (...messages: Message[]) => transport.publish(messages),
    deadLetters: async (count: number) =>
      await until(`${count} dead letters`, async () => {
        const letters = await transport.listDeadLetters(SOURCE, 100);
        return letters.length >= count && letters;
      }),
    [Symbol.asyncDispose]: async () => {
      await consumer[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
    },
  };
}

test('an event that is delivered three times has its effect once', async () => {
  await using receiving = startReceiving();
  const tenantId = newId();
  const event = agentEvent(tenantId, { revision: 1 });
  const last = agentEvent(tenantId, { agentId: event.subject, revision: 2 });

  await receiving.publish(toMessage(event), toMessage(event), toMessage(event), toMessage(last));
  await untilEffects(2);

  expect(await effects()).toEqual([1, 2]);
});

test('two deliveries of one event at the same time have one effect', async () => {
  const event = agentEvent(newId(), { revision: 7 });
  await using first = startReceiving();
  await using second = startReceiving();

  await Promise.all([
    first.publish(toMessage(event, { orderKey: null })),
    second.publish(toMessage(event, { orderKey: null })),
  ]);
  await untilEffects(1);
  const marker = agentEvent(newId(), { revision: 8 });
  await Promise.all([first, second].map((receiving) => receiving.publish(toMessage(marker))));
  await untilEffects(2);

  expect(new Set(await effects())).toEqual(new Set([7, 8]));
  expect(await effects()).toHaveLength(2);
});

test('an effect that fails leaves no trace, and the next delivery has it', async () => {
  let calls = 0;
  await using receiving = startReceiving(async (event, tx) => {
    await noteEffect(event, tx);
    calls += 1;
    if (calls === 1) throw new Error('failed after the effect was written');
  });

  await receiving.publish(toMessage(agentEvent(newId(), { revision: 3 })));
  await until('the second call', () => calls === 2);
  await untilEffects(1);

  expect(await effects()).toEqual([3]);
});

test.each([
  ['away', 'SERVICE_UNAVAILABLE'],
  ['busy with others of the tenant', 'RATE_LIMITED'],
] as const)('a database that is %s for long counts for no failure', async (_name, code) => {
  let calls = 0;
  await using receiving = startReceiving(async (event, tx) => {
    calls += 1;
    if (calls <= 2) throw new FlowgridError(code, 'The database does not answer in time.');
    await noteEffect(event, tx);
  });

  await receiving.publish(toMessage(agentEvent(newId(), { revision: 4 })));
  await untilEffects(1);

  expect([calls, await effects()]).toEqual([3, [4]]);
});

test('what cannot be understood goes to the dead letters with the reason, and blocks nobody', async () => {
  await using receiving = startReceiving();
  const tenantId = newId();
  const agentId = newId();
  const good = (revision: number) => agentEvent(tenantId, { agentId, revision });
  const events = {
    'unknown-type': { ...good(2), type: 'agent.teleported' },
    'newer-version': { ...good(3), schemaversion: 2 },
    'invalid-data': { ...good(4), data: { agent: { id: 'x' } } },
  };
  const notJson = toMessage(good(5), { body: '{"specversion":' });
  const noEnvelope = toMessage(good(6), { body: '{"specversion":"2.0"}' });
  const stranger = toMessage(good(7), { tenantId: newId() });
  // A service may send messages of its own types: what a message carries must be no event of another service.
  const disguised = toMessage(good(7), { type: 'agent.created' });

  await receiving.publish(
    toMessage(good(1)),
    ...Object.values(events).map((event) => toMessage(event)),
    notJson,
    noEnvelope,
    stranger,
    disguised,
    toMessage(good(8)),
  );
  await untilEffects(2);
  const letters = await receiving.deadLetters(7);

  expect(await effects()).toEqual([1, 8]);
  expect(letters.map(({ id, reason }) => [id, reason])).toEqual([
    [events['unknown-type'].id, 'unknown-type'],
    [events['newer-version'].id, 'newer-version'],
    [events['invalid-data'].id, 'invalid-data'],
    [notJson.id, 'not-json'],
    [noEnvelope.id, 'invalid-data'],
    [stranger.id, 'invalid-data'],
    [disguised.id, 'invalid-data'],
  ]);
});

test('the description of a dead letter names fields and quotes no value', async () => {
  await using receiving = startReceiving();
  const event = agentEvent(newId());
  const agent = { ...event.data.agent, status: 'confidential plan' };

  await receiving.publish(toMessage({ ...event, data: { agent } }));
  const [letter] = await receiving.deadLetters(1);

  expect(letter?.description).toMatch(/agent\.status/);
  expect(letter?.description).not.toContain('confidential');
});

test('a known type that this consumer has no use for is passed by', async () => {
  await using receiving = startReceiving();
  const tenantId = newId();
  const created = { ...agentEvent(tenantId), type: 'agent.created' };

  await receiving.publish(
    toMessage(created),
    toMessage(agentEvent(tenantId, { agentId: created.subject, revision: 9 })),
  );
  await untilEffects(1);

  const { rows } = await superuser.query<{ message_id: string }>(
    'SELECT message_id FROM design.inbox_message',
  );
  expect(await effects()).toEqual([9]);
  expect(rows).toHaveLength(1);
});

test('attributes and fields that a later release adds are no obstacle', async () => {
  await using receiving = startReceiving();
  const event = agentEvent(newId(), { revision: 5 });

  await receiving.publish(toMessage({ ...event, region: 'eu', data: { ...event.data, later: true } }));
  await untilEffects(1);

  expect(await effects()).toEqual([5]);
});

test('the metrics say what became of the deliveries', async () => {
  const failing = agentEvent(newId(), { revision: 2 });
  await using receiving = startReceiving(async (event, tx) => {
    if (event.id === failing.id) throw new Error('never works');
    await noteEffect(event, tx);
  });
  const good = agentEvent(newId(), { revision: 1 });
  const passed = { ...agentEvent(newId()), type: 'agent.created' };
  const unknown = { ...agentEvent(newId()), type: 'agent.teleported' };

  await receiving.publish(...[good, good, failing, passed, unknown].map((event) => toMessage(event)));
  const letters = await receiving.deadLetters(2);
  await until('the others', async () => Object.keys(await receiving.outcomes()).length === 5);

  expect(letters.map(({ reason }) => reason).toSorted()).toEqual(['max-deliveries', 'unknown-type']);
  expect(await receiving.outcomes()).toEqual({ done: 1, duplicate: 1, failed: 9, passed: 1, dead: 2 });
  expect(await receiving.delays()).toBe(1);
});

test('the inbox forgets what is older than a month, and nothing younger', async () => {
  const tenantId = newId();
  await superuser.query(
    `INSERT INTO design.inbox_message (tenant_id, consumer, message_id, received_at)
     SELECT $1, 'test', gen_random_uuid(), now() - make_interval(days => age) FROM unnest(ARRAY[29, 31, 400]) AS age`,
    [tenantId],
  );
  await superuser.query(
    `INSERT INTO design.inbox_message (tenant_id, consumer, message_id, received_at)
     SELECT $1, 'many', gen_random_uuid(), now() - make_interval(days => 40) FROM generate_series(1, 2500)`,
    [newId()],
  );

  const purged = await purgeInbox(database);

  const { rows } = await superuser.query('SELECT tenant_id FROM design.inbox_message');
  expect([purged, rows]).toEqual([2502, [{ tenant_id: tenantId }]]);
});
