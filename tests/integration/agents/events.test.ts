/** Every change of an agent is an event, written with it or not at all. */
import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventType, TypedEnvelope } from '@flowgrid/messaging';
import { newId } from '@flowgrid/platform';
import { createSchema } from '../../../subgraphs/agents/src/schema.ts';
import { codesOf } from '../../testkit/graphql.ts';
import { holdOutbox, listAudit, listEvents } from '../../testkit/outbox.ts';
import {
  ARCHIVE,
  CREATE,
  DELETE,
  PUBLISH,
  RESTORE,
  UNARCHIVE,
  UPDATE,
  createAgent,
  startAgentsService,
  type AgentsClient,
  type AgentsService,
} from './agents-service.ts';

let service: AgentsService;

beforeAll(async () => {
  service = await startAgentsService();
  await holdOutbox(service.rows, 'agents');
});
afterAll(() => service[Symbol.asyncDispose]());

const eventsOf = (tenantId: string): Promise<readonly TypedEnvelope[]> =>
  listEvents(service.rows, 'agents', tenantId);

interface Case {
  readonly type: EventType;
  /** What is there before the change. */
  readonly prepare: (client: AgentsClient) => Promise<string>;
  readonly query: string;
  readonly input: (id: string) => object;
  /** What the event says beside the agent, and of the agent. */
  readonly expected: { readonly agent: object } & Readonly<Record<string, unknown>>;
}

const plain = (client: AgentsClient): Promise<string> => createAgent(client).then(({ id }) => id);

async function withTwoVersions(client: AgentsClient): Promise<string> {
  const id = await plain(client);
  await client.data(UPDATE, { input: { id, expectedRevision: 1, definition: { instructions: 'More.' } } });
  return id;
}

async function archived(client: AgentsClient): Promise<string> {
  const id = await plain(client);
  await client.data(PUBLISH, { input: { id } });
  await client.data(ARCHIVE, { input: { id } });
  return id;
}

const CASES: Readonly<Record<string, Case>> = {
  createAgent: {
    type: 'agent.created',
    prepare: async () => newId(),
    query: CREATE,
    input: (id) => ({
      id,
      name: 'Claims',
      slug: 'claims',
      description: 'Takes claims.',
      tags: ['insurance'],
    }),
    expected: {
      agent: {
        name: 'Claims',
        slug: 'claims',
        description: 'Takes claims.',
        tags: ['insurance'],
        status: 'DRAFT',
        revision: 1,
        latestNumber: 1,
        publishedNumber: null,
      },
    },
  },
  updateAgent: {
    type: 'agent.updated',
    prepare: plain,
    query: UPDATE,
    input: (id) => ({ id, expectedRevision: 1, name: 'Renamed', definition: { instructions: 'Other.' } }),
    expected: {
      agent: { name: 'Renamed', revision: 2, latestNumber: 2 },
      changedFields: ['name'],
      newVersion: 2,
    },
  },
  publishAgent: {
    type: 'agent.published',
    prepare: withTwoVersions,
    query: PUBLISH,
    input: (id) => ({ id, version: 1 }),
    expected: {
      agent: { status: 'PUBLISHED', revision: 3, latestNumber: 2, publishedNumber: 1 },
      environment: 'prod',
      version: 1,
    },
  },
  restoreAgentVersion: {
    type: 'agent.restored',
    prepare: withTwoVersions,
    query: RESTORE,
    input: (id) => ({ id, number: 1 }),
    expected: { agent: { revision: 3, latestNumber: 3 }, restoredFrom: 1, newVersion: 3 },
  },
  archiveAgent: {
    type: 'agent.archived',
    prepare: plain,
    query: ARCHIVE,
    input: (id) => ({ id }),
    expected: { agent: { status: 'ARCHIVED', revision: 2 } },
  },
  unarchiveAgent: {
    type: 'agent.unarchived',
    prepare: archived,
    query: UNARCHIVE,
    input: (id) => ({ id }),
    expected: { agent: { status: 'PUBLISHED', revision: 4, publishedNumber: 1 } },
  },
  deleteAgent: {
    type: 'agent.deleted',
    prepare: archived,
    query: DELETE,
    input: (id) => ({ id }),
    expected: { agent: { status: 'ARCHIVED', revision: 3, publishedNumber: 1 } },
  },
};

test('every mutation of the schema is looked at here', () => {
  const mutations = Object.keys(createSchema().getMutationType()?.getFields() ?? {});

  expect(mutations.toSorted()).toEqual(Object.keys(CASES).toSorted());
});

test.each(Object.entries(CASES))(
  '%s writes one event, with its audit row',
  async (_name, { type, prepare, query, input, expected }) => {
    const client = await service.client('EDITOR');
    const { tenantId, userId } = client;
    const id = await prepare(client);
    const before = await eventsOf(tenantId);

    await client.data(query, { input: input(id) });

    const events = await eventsOf(tenantId);
    expect(events).toHaveLength(before.length + 1);
    const event = events.at(-1);
    expect(event).toMatchObject({
      type,
      subject: id,
      actorkind: 'USER',
      actoruserid: userId,
      requestid: expect.any(String),
      data: { ...expected, agent: { id, ...expected.agent } },
    });
    const pairs = events.map(({ id, type }) => ({ id, action: type }));
    expect(pairs).toEqual(await listAudit(service.rows, 'agents', tenantId));
  },
);

test('a change that changes nothing writes none', async () => {
  const client = await service.client('EDITOR');
  const id = await archived(client);
  await client.data(UNARCHIVE, { input: { id } });
  const before = await eventsOf(client.tenantId);

  await client.data(UPDATE, { input: { id, expectedRevision: 4, name: 'Claims triage' } });
  await client.data(PUBLISH, { input: { id, version: 1 } });
  await client.data(RESTORE, { input: { id, number: 1 } });
  await client.data(UNARCHIVE, { input: { id } });

  expect(await eventsOf(client.tenantId)).toEqual(before);
});

test('a change whose event cannot be written is not made', async () => {
  const client = await service.client('EDITOR');
  const id = await plain(client);
  await service.rows(
    `ALTER TABLE agents.outbox_event ADD CONSTRAINT full_disk CHECK (subject <> '${id}') NOT VALID`,
  );

  const answer = await client.send(ARCHIVE, { input: { id } });

  await service.rows('ALTER TABLE agents.outbox_event DROP CONSTRAINT full_disk');
  expect(codesOf(answer)).toEqual(['INTERNAL_SERVER_ERROR']);
  expect(await service.rows('SELECT status, revision FROM agents.agent WHERE id = $1', [id])).toEqual([
    { status: 'DRAFT', revision: 1 },
  ]);
  expect(await listAudit(service.rows, 'agents', client.tenantId)).toHaveLength(1);
});

test('the event of a change that is undone does not stay', async () => {
  const client = await service.client('EDITOR');
  const id = await plain(client);
  const before = await eventsOf(client.tenantId);
  // Another reference than those of the service: the agent cannot be removed, which shows after its event was written.
  await service.rows(
    `CREATE TABLE agents.kept_by_the_test (tenant_id uuid, id uuid, FOREIGN KEY (tenant_id, id) REFERENCES agents.agent)`,
  );
  await service.rows('INSERT INTO agents.kept_by_the_test VALUES ($1, $2)', [client.tenantId, id]);

  const answer = await client.send(DELETE, { input: { id } });

  await service.rows('DROP TABLE agents.kept_by_the_test');
  expect(codesOf(answer)).toEqual(['INTERNAL_SERVER_ERROR']);
  expect(await eventsOf(client.tenantId)).toEqual(before);
});

test('agents that were there before events were are told of by the upgrade', async () => {
  const client = await service.client('EDITOR');
  const { tenantId } = client;
  const ids = [await plain(client), await withTwoVersions(client), await archived(client)];
  await client.data(UPDATE, {
    input: { id: ids[0], expectedRevision: 1, description: 'Says "naïve" \\ and\nmore.', tags: ['a', 'b'] },
  });
  const recorded = await eventsOf(tenantId);
  const latest = new Map(recorded.map((event) => [event.subject, event.data]));
  await service.rows('DELETE FROM agents.outbox_event');

  await runMigration('20261123020000_agent_snapshots');

  const told = await eventsOf(tenantId);
  expect(told.map(({ subject }) => subject).toSorted()).toEqual(ids.toSorted());
  for (const { id, subject, data, ...event } of told) {
    expect(event).toMatchObject({ type: 'agent.updated', actorkind: 'SYSTEM', actorname: 'Flowgrid' });
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab]/);
    const { agent } = latest.get(subject) as { agent: object };
    expect(data).toEqual({ agent, changedFields: [], newVersion: null });
  }
});

test('a broker that is away keeps the service neither from starting nor from writing', async () => {
  await using alone = await startAgentsService({
    SERVICE_BUS_CONNECTION_STRING:
      'Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=test;SharedAccessKey=test;UseDevelopmentEmulator=true',
  });
  const client = await alone.client('EDITOR');

  const { id } = await createAgent(client);
  await client.data(ARCHIVE, { input: { id } });

  const events = await listEvents(alone.rows, 'agents', client.tenantId);
  expect(events.map(({ type }) => type)).toEqual(['agent.created', 'agent.archived']);
  expect((await fetch(`${alone.url}/readyz`)).status).toBe(200);
});

/** Runs a migration of the schema once more, as its owner. */
async function runMigration(name: string): Promise<void> {
  const sql = await readFile(
    new URL(`../../../prisma/agents/migrations/${name}/migration.sql`, import.meta.url),
    'utf8',
  );
  const owner = new Client({ connectionString: service.database.url('flowgrid_owner') });
  await owner.connect();
  try {
    await owner.query('SET search_path TO agents');
    await owner.query(sql);
  } finally {
    await owner.end();
  }
}
