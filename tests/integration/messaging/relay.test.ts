/** Every event that was committed is handed over, in the order of its agent, whatever dies in between. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { FlowgridError, createLogger, newId } from '@flowgrid/platform';
import {
  DeadLetterError,
  listDeadEvents,
  measureOutbox,
  reviveDeadEvents,
  startOutboxRelay,
  withOutbox,
  writeEvents,
  type Message,
  type OutboxRelay,
  type OutboxRelayOptions,
  type TypedEnvelope,
} from '@flowgrid/messaging';
import { until } from '../../testkit/wait.ts';
import { agentEvent, startOutboxService, type OutboxService } from './outbox-service.ts';

const logger = createLogger({ name: 'relay', level: 'silent' });
/** Long enough that only a wake can be as fast as a test. */
const NEVER_MS = 600_000;

let service: OutboxService;

beforeAll(async () => {
  service = await startOutboxService();
});
afterAll(() => service[Symbol.asyncDispose]());
beforeEach(() => service.superuser.query('DELETE FROM agents.outbox_event'));

/** A transport whose sending a test can hold up or let fail. */
function createOutlet() {
  const sent: Message[] = [];
  let before: (messages: readonly Message[]) => Promise<void> | void = () => undefined;
  return {
    sent,
    idsOf: (orderKey: string) => sent.filter((message) => message.orderKey === orderKey).map(({ id }) => id),
    onPublish: (action: typeof before) => (before = action),
    publish: async (messages: readonly Message[]) => {
      await before(messages);
      sent.push(...messages);
    },
  };
}

type Outlet = ReturnType<typeof createOutlet>;

function start(transport: Pick<Outlet, 'publish'>, options: Partial<OutboxRelayOptions> = {}): OutboxRelay {
  return startOutboxRelay({ database: service.database, transport, logger, pollMs: 50, ...options });
}

async function write(tenantId: string, events: readonly TypedEnvelope[]): Promise<void> {
  await service.database.inTenant(tenantId, (tx) => writeEvents(tx, events));
}

const countStored = async (): Promise<number> => {
  const { rows } = await service.superuser.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM agents.outbox_event',
  );
  return rows[0]?.n ?? -1;
};
const untilEmpty = () => until('an empty outbox', async () => (await countStored()) === 0);
const idsOf = (items: readonly { id: string }[]): string[] => items.map(({ id }) => id);

test('what was written is sent with its tenant and its body, in the order of its agent, and taken away', async () => {
  const outlet = createOutlet();
  const [tenantId, agentId] = [newId(), newId()];
  const events = Array.from({ length: 450 }, (_, index) =>
    agentEvent(tenantId, { agentId, revision: index + 1 }),
  );
  await write(tenantId, events);

  await using _relay = start(outlet);
  await untilEmpty();

  expect(outlet.sent).toEqual(
    events.map((event) => ({
      id: event.id,
      tenantId,
      type: 'agent.archived',
      orderKey: `${tenantId}/${agentId}`,
      body: JSON.stringify(event),
    })),
  );
});

test('a commit wakes the relay: it does not wait for its next look', async () => {
  const outlet = createOutlet();
  const tenantId = newId();
  await using relay = start(outlet, { pollMs: NEVER_MS });
  const database = withOutbox(service.database, () => relay.wake());
  const [first, second] = [agentEvent(tenantId), agentEvent(tenantId)];

  await database.inTenant(tenantId, (tx) => writeEvents(tx, [first]));
  await until('the first', () => outlet.sent.length === 1);
  await database.inTenant(tenantId, (tx) => writeEvents(tx, [second]));
  await until('the second', () => outlet.sent.length === 2);

  expect(idsOf(outlet.sent)).toEqual(idsOf([first, second]));
});

test('a transaction that commits later than its successor loses nothing', async () => {
  const outlet = createOutlet();
  const tenantId = newId();
  const [slow, fast] = [agentEvent(tenantId), agentEvent(tenantId)];
  const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
  const { promise: isWritten, resolve: written } = Promise.withResolvers<void>();
  await using _relay = start(outlet);

  const late = service.database.inTenant(tenantId, async (tx) => {
    await writeEvents(tx, [slow]);
    written();
    await mayCommit;
  });
  await isWritten;
  await write(tenantId, [fast]);
  await until('the fast one', () => outlet.sent.length === 1);
  commit();
  await late;
  await untilEmpty();

  expect(idsOf(outlet.sent)).toEqual(idsOf([fast, slow]));
});

// What one tenant has under way bounds its reads; those of the others must not wait for them.
test('a tenant with too much under way keeps no event of another one waiting', async () => {
  const outlet = createOutlet();
  const [busyTenant, otherTenant] = [newId(), newId()];
  const [late, prompt] = [agentEvent(busyTenant), agentEvent(otherTenant)];
  await write(busyTenant, [late]);
  await write(otherTenant, [prompt]);
  let isBusy = true;
  const database: OutboxRelayOptions['database'] = {
    ...service.database,
    readInTenant: (tenantId, work) =>
      isBusy && tenantId === busyTenant
        ? Promise.reject(
            new FlowgridError('RATE_LIMITED', 'Too many operations of your tenant are under way.'),
          )
        : service.database.readInTenant(tenantId, work),
  };
  await using _relay = start(outlet, { database });

  await until('the event of the other tenant', () => outlet.sent.length > 0);
  const first = idsOf(outlet.sent);
  isBusy = false;
  await untilEmpty();

  expect(first).toEqual([prompt.id]);
  expect(idsOf(outlet.sent)).toEqual([prompt.id, late.id]);
});

test('a broker that is gone loses nothing, and what waited is sent in order when it is back', async () => {
  const outlet = createOutlet();
  const [tenantId, agentId] = [newId(), newId()];
  const events = Array.from({ length: 30 }, (_, index) =>
    agentEvent(tenantId, { agentId, revision: index + 1 }),
  );
  let refused = 0;
  outlet.onPublish(() => {
    refused += 1;
    throw new Error('the broker is gone');
  });
  await using _relay = start(outlet);

  await write(tenantId, events.slice(0, 10));
  await until('two failures', () => refused >= 2);
  await write(tenantId, events.slice(10));
  const waiting = await measureOutbox(service.database);
  outlet.onPublish(() => undefined);
  await untilEmpty();

  expect(waiting).toEqual({ waiting: 30, oldestAgeSeconds: expect.any(Number), dead: 0 });
  expect(waiting.oldestAgeSeconds).toBeGreaterThan(0);
  expect(idsOf(outlet.sent)).toEqual(idsOf(events));
});

test('one relay sends at a time; another takes over when the first one stops', async () => {
  const [first, second] = [createOutlet(), createOutlet()];
  const tenantId = newId();
  const [before, after] = [agentEvent(tenantId), agentEvent(tenantId)];
  const leader = start(first);
  await write(tenantId, [before]);
  await until('the first', () => first.sent.length === 1);

  await using _follower = start(second);
  await leader[Symbol.asyncDispose]();
  await write(tenantId, [after]);
  await until('the second', () => second.sent.length === 1);

  expect([idsOf(first.sent), idsOf(second.sent)]).toEqual([[before.id], [after.id]]);
});

test('a relay that hangs while it sends is replaced; its return neither loses nor disorders anything', async () => {
  const [stopped, heir] = [createOutlet(), createOutlet()];
  const { promise: isBack, resolve: comeBack } = Promise.withResolvers<void>();
  const [tenantId, agentId] = [newId(), newId()];
  const events = Array.from({ length: 6 }, (_, index) =>
    agentEvent(tenantId, { agentId, revision: index + 1 }),
  );
  // As a process that the system stopped: it neither sends nor renews.
  const frozen = freezable(service);
  const order: string[] = [];
  stopped.onPublish(async (messages) => {
    frozen.freeze();
    await isBack;
    order.push(...idsOf(messages));
  });
  heir.onPublish((messages) => void order.push(...idsOf(messages)));
  await write(tenantId, events.slice(0, 3));
  const hanging = start(stopped, { database: frozen.database, leaseSeconds: 0.5 });
  await until('the hang', () => frozen.isFrozen());

  await using _heir = start(heir, { leaseSeconds: 0.5 });
  await until('the take-over', () => heir.sent.length === 3);
  comeBack();
  frozen.thaw();
  await until('the return', () => stopped.sent.length === 3);
  await write(tenantId, events.slice(3));
  await untilEmpty();
  await hanging[Symbol.asyncDispose]();

  // An inbox knows the second delivery: what counts is the order of the first ones.
  expect([...new Set(order)]).toEqual(idsOf(events));
});

test('a relay that is lost between sending and taking away leads to a second delivery, never to none', async () => {
  const outlet = createOutlet();
  const tenantId = newId();
  const event = agentEvent(tenantId);
  await write(tenantId, [event]);
  const frozen = freezable(service);
  outlet.onPublish(() => frozen.freeze());
  const lost = start(outlet, { database: frozen.database, leaseSeconds: 0.3 });
  await until('the first sending', () => outlet.sent.length === 1);
  outlet.onPublish(() => undefined);

  await using _heir = start(outlet, { leaseSeconds: 0.3 });
  await untilEmpty();
  frozen.thaw();
  await lost[Symbol.asyncDispose]();

  expect(idsOf(outlet.sent)).toEqual([event.id, event.id]);
});

test('an event that is too large is kept with the reason and blocks no other', async () => {
  const outlet = createOutlet();
  const [tenantId, agentId] = [newId(), newId()];
  const large = agentEvent(tenantId, { agentId });
  const small = agentEvent(tenantId, { agentId, revision: 2 });
  const agent = { ...large.data.agent, description: 'ä'.repeat(130_000) };
  await write(tenantId, [{ ...large, data: { agent } }, small]);

  await using _relay = start(outlet);
  await until('the small one', () => outlet.sent.length === 1);
  const dead = await listDeadEvents(service.database, 10);

  expect(idsOf(outlet.sent)).toEqual([small.id]);
  expect(dead.map(({ id, deadReason }) => [id, deadReason])).toEqual([[large.id, 'too-large']]);
  expect(await measureOutbox(service.database)).toEqual({ waiting: 0, oldestAgeSeconds: 0, dead: 1 });
});

test('an event that the transport refuses for good is kept, and can be sent again later', async () => {
  const outlet = createOutlet();
  const tenantId = newId();
  const events = Array.from({ length: 5 }, () => agentEvent(tenantId));
  const refused = events[2]?.id;
  outlet.onPublish((messages) => {
    if (messages.some(({ id }) => id === refused)) throw new DeadLetterError('refused', 'not this one');
  });
  await write(tenantId, events);
  await using _relay = start(outlet);
  await until('the others', () => outlet.sent.length === 4);
  const dead = await until('the dead letter', async () => {
    const letters = await listDeadEvents(service.database, 10);
    return letters.length > 0 && letters;
  });

  outlet.onPublish(() => undefined);
  const none = await reviveDeadEvents(service.database, [newId()]);
  const revived = await reviveDeadEvents(service.database, [String(refused)]);
  await untilEmpty();

  expect(dead.map(({ id, deadReason }) => [id, deadReason])).toEqual([[refused, 'refused']]);
  expect([none, revived]).toEqual([0, 1]);
  expect(outlet.sent.at(-1)?.id).toBe(refused);
});

test('a service can hand over its own events only, and none without the lease', async () => {
  const tenantId = newId();
  await write(tenantId, [agentEvent(tenantId)]);

  const stolen = await service.database.withoutTenant(
    async (client) => await client.$queryRaw<unknown[]>`SELECT * FROM list_outbox_events(999999::bigint, 10)`,
  );
  const taken = service.database.withoutTenant(
    async (client) => await client.$queryRaw`SELECT design.claim_outbox_lease(gen_random_uuid(), 10)`,
  );

  expect(stolen).toEqual([]);
  await expect(taken).rejects.toThrow(/permission denied/);
});

/** A database whose answers never come while it is frozen. */
function freezable({ database }: OutboxService) {
  let thawed: PromiseWithResolvers<void> | null = null;
  const wait = async (): Promise<void> => await thawed?.promise;
  return {
    freeze: () => void (thawed ??= Promise.withResolvers<void>()),
    thaw: () => {
      thawed?.resolve();
      thawed = null;
    },
    isFrozen: () => thawed !== null,
    database: {
      ...database,
      withoutTenant: async (work: Parameters<typeof database.withoutTenant>[0]) => {
        await wait();
        return database.withoutTenant(work);
      },
    } as typeof database,
  };
}
