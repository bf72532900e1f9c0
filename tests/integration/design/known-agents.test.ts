/** What the design service knows of agents follows their events, in whatever order and however often they come. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  MemoryBroker,
  MemoryTransport,
  startConsumer,
  toEnvelope,
  type EventData,
  type EventType,
  type Message,
} from '@flowgrid/messaging';
import { newId } from '@flowgrid/platform';
import {
  KNOWN_AGENTS,
  knownAgentHandlers,
} from '../../../subgraphs/design/src/modules/known-agent/agent-event-handlers.ts';
import { createKnownAgents } from '../../../subgraphs/design/src/modules/known-agent/known-agent-store.ts';
import { until } from '../../testkit/wait.ts';
import { agentSnapshot, auditOf } from '../messaging/outbox-service.ts';
import { openWorkbench } from './workbench.ts';

let bench: Awaited<ReturnType<typeof openWorkbench>>;
let transport: MemoryTransport;
let consumer: AsyncDisposable;

beforeAll(async () => {
  bench = await openWorkbench();
  transport = new MemoryTransport(new MemoryBroker());
  const { database, logger } = bench;
  const source = { subscription: KNOWN_AGENTS } as const;
  consumer = startConsumer({
    transport,
    source,
    name: KNOWN_AGENTS,
    handlers: knownAgentHandlers,
    database,
    logger,
  });
});
afterAll(async () => {
  await consumer[Symbol.asyncDispose]();
  await transport[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

type Snapshot = EventData<'agent.created'>['agent'];

interface Told {
  readonly type: Extract<EventType, `agent.${string}`>;
  readonly agent: Snapshot;
}

function told(type: Told['type'], id: string, changes: Partial<Snapshot>): Told {
  return { type, agent: agentSnapshot(id, { status: 'DRAFT', ...changes }) };
}

function toEvent(tenantId: string, { type, agent }: Told) {
  const change = auditOf(tenantId, agent.id);
  switch (type) {
    case 'agent.created':
    case 'agent.archived':
    case 'agent.unarchived':
    case 'agent.deleted':
      return toEnvelope(type, { change, data: { agent } });
    case 'agent.updated':
      return toEnvelope(type, { change, data: { agent, changedFields: ['name'], newVersion: null } });
    case 'agent.published':
      return toEnvelope(type, { change, data: { agent, environment: 'prod', version: 1 } });
    case 'agent.restored':
      return toEnvelope(type, { change, data: { agent, restoredFrom: 1, newVersion: 2 } });
    default:
      return type satisfies never;
  }
}

function toMessage(tenantId: string, news: Told): Message {
  const event = toEvent(tenantId, news);
  const orderKey = `${tenantId}/${news.agent.id}`;
  return { id: event.id, tenantId, type: event.type, orderKey, body: JSON.stringify(event) };
}

const stored = (tenantId: string): Promise<readonly Record<string, unknown>[]> =>
  bench.rows(
    'SELECT id, name, description, status, revision FROM design.known_agent WHERE tenant_id = $1 ORDER BY id',
    [tenantId],
  );

/** Publishes and waits until the agent is known at the revision and in the status. */
async function tell(tenantId: string, news: Told): Promise<readonly { name: string }[]> {
  await transport.publish([toMessage(tenantId, news)]);
  const status = news.type === 'agent.deleted' ? 'DELETED' : news.agent.status;
  await until(`${news.type} has its effect`, async () => {
    const row = (await stored(tenantId)).find(({ id }) => id === news.agent.id);
    return row?.['revision'] === news.agent.revision && row['status'] === status;
  });
  return createKnownAgents(bench.database).list(tenantId);
}

/** Applies events without the inbox, as when it has forgotten them. */
async function apply(tenantId: string, news: readonly Told[]): Promise<void> {
  for (const each of news) {
    const event = toEvent(tenantId, each);
    const handler = knownAgentHandlers[each.type] as (event: unknown, tx: unknown) => Promise<void>;
    await bench.database.inTenant(tenantId, (tx) => handler(event, tx));
  }
}

function permutations<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((first, at) =>
    permutations(items.toSpliced(at, 1)).map((others) => [first, ...others]),
  );
}

test('an agent is known from its creation to its removal, and not while it is archived', async () => {
  const [tenantId, id] = [newId(), newId()];
  const lists = [
    await tell(tenantId, told('agent.created', id, { name: 'One', revision: 1 })),
    await tell(tenantId, told('agent.updated', id, { name: 'Two', revision: 2 })),
    await tell(tenantId, told('agent.published', id, { name: 'Two', revision: 3, status: 'PUBLISHED' })),
    await tell(tenantId, told('agent.restored', id, { name: 'Two', revision: 4, status: 'PUBLISHED' })),
    await tell(tenantId, told('agent.archived', id, { name: 'Two', revision: 5, status: 'ARCHIVED' })),
    await tell(tenantId, told('agent.unarchived', id, { name: 'Two', revision: 6, status: 'PUBLISHED' })),
    await tell(tenantId, told('agent.deleted', id, { name: 'Two', revision: 6, status: 'PUBLISHED' })),
  ];

  expect(lists.map((list) => list.map(({ name }) => name))).toEqual([
    ['One'],
    ['Two'],
    ['Two'],
    ['Two'],
    [],
    ['Two'],
    [],
  ]);
});

test('a removed agent leaves nothing of its content', async () => {
  const [tenantId, id] = [newId(), newId()];
  await tell(tenantId, told('agent.created', id, { revision: 1 }));

  await tell(tenantId, told('agent.deleted', id, { revision: 1 }));

  expect(await stored(tenantId)).toEqual([{ id, name: '', description: '', status: 'DELETED', revision: 1 }]);
});

test('every order of the events, each twice, ends in the same', async () => {
  const id = newId();
  const history = [
    told('agent.created', id, { name: 'One', revision: 1 }),
    told('agent.updated', id, { name: 'Two', revision: 2 }),
    told('agent.archived', id, { name: 'Two', revision: 3, status: 'ARCHIVED' }),
    told('agent.deleted', id, { name: 'Two', revision: 3, status: 'ARCHIVED' }),
  ];
  const ends: unknown[] = [];
  for (const order of permutations(history)) {
    const tenantId = newId();
    await apply(tenantId, [...order, ...order]);
    ends.push(await stored(tenantId));
  }

  expect(ends).toHaveLength(24);
  expect(new Set(ends.map((end) => JSON.stringify(end)))).toEqual(
    new Set([JSON.stringify([{ id, name: '', description: '', status: 'DELETED', revision: 3 }])]),
  );
});

test('an agent that is made again under its id is another one, whatever comes late of the first', async () => {
  const [tenantId, id] = [newId(), newId()];
  const first = { createdAt: '2026-11-23T08:00:00.000Z' };
  const second = { createdAt: '2026-11-23T10:00:00.000Z' };

  await apply(tenantId, [
    told('agent.created', id, { ...first, name: 'First', revision: 1 }),
    told('agent.created', id, { ...second, name: 'Second', revision: 1 }),
    told('agent.updated', id, { ...first, name: 'First', revision: 7 }),
    told('agent.deleted', id, { ...first, name: 'First', revision: 7 }),
  ]);

  expect(await stored(tenantId)).toMatchObject([{ name: 'Second', status: 'DRAFT', revision: 1 }]);
});

// Ids of agents may be chosen by clients: a tenant could choose that of another's agent.
test('an event of one tenant changes nothing of another, also under the same id', async () => {
  const [owner, stranger, id] = [newId(), newId(), newId()];
  await tell(owner, told('agent.created', id, { name: 'Own', revision: 1 }));

  await tell(stranger, told('agent.updated', id, { name: 'Foreign', revision: 9 }));
  await tell(stranger, told('agent.deleted', id, { name: 'Foreign', revision: 9 }));

  expect(await stored(owner)).toMatchObject([{ id, name: 'Own', revision: 1 }]);
  expect(await createKnownAgents(bench.database).list(stranger)).toEqual([]);
});

// An event that says another tenant than the message under which it travels.
test('an event in the name of another tenant has no effect and is kept as a dead letter', async () => {
  const [owner, stranger, id] = [newId(), newId(), newId()];
  const forged = toMessage(owner, told('agent.created', id, { revision: 1 }));

  await transport.publish([{ ...forged, tenantId: stranger }]);

  const source = { subscription: KNOWN_AGENTS } as const;
  const dead = await until('it is a dead letter', async () => {
    const letters = await transport.listDeadLetters(source, 10);
    return letters.find((letter) => letter.id === forged.id);
  });
  expect(dead.reason).toBe('invalid-data');
  expect([await stored(owner), await stored(stranger)]).toEqual([[], []]);
});

test('the newest agents are listed first, up to a limit', async () => {
  const tenantId = newId();
  await bench.rows(
    `INSERT INTO design.known_agent (tenant_id, id, name, description, status, revision, created_at)
     SELECT $1, gen_random_uuid(), 'Agent ' || n, '', 'DRAFT', 1, now() + n * interval '1 second'
     FROM generate_series(1, 301) AS n`,
    [tenantId],
  );

  const listed = await createKnownAgents(bench.database).list(tenantId);

  expect(listed.map(({ name }) => name)).toEqual(
    Array.from({ length: 300 }, (_, index) => `Agent ${301 - index}`),
  );
});
