/** Events are written with their change, or not at all, and belong to its tenant. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { envelopeModel, toEnvelope, withOutbox, writeEvents } from '@flowgrid/messaging';
import {
  agentEvent,
  agentSnapshot,
  auditOf,
  startOutboxService,
  type OutboxService,
} from './outbox-service.ts';

let service: OutboxService;

beforeAll(async () => {
  service = await startOutboxService();
});
afterAll(() => service[Symbol.asyncDispose]());

async function storedOf(tenantId: string): Promise<{ id: string; body: string }[]> {
  const { rows } = await service.superuser.query<{ id: string; body: string }>(
    'SELECT id, body FROM agents.outbox_event WHERE tenant_id = $1 ORDER BY sequence',
    [tenantId],
  );
  return rows;
}

test('an event carries the id, the actor and the request of its audit row', async () => {
  const tenantId = newId();
  const audit = auditOf(tenantId);
  const data = { agent: agentSnapshot(audit.resourceId) };

  await service.database.inTenant(tenantId, async (tx) => {
    await tx.auditEvent.create({ data: audit });
    await writeEvents(tx, [toEnvelope('agent.archived', { change: audit, data })]);
  });

  const [stored] = await storedOf(tenantId);
  expect(envelopeModel.parse(JSON.parse(stored?.body ?? ''))).toEqual({
    specversion: '1.0',
    id: audit.id,
    source: '/agents',
    type: 'agent.archived',
    schemaversion: 1,
    subject: audit.resourceId,
    time: audit.at.toISOString(),
    datacontenttype: 'application/json',
    tenantid: tenantId,
    actorkind: 'USER',
    actorid: audit.actorId,
    actorname: 'Ada',
    requestid: 'request-1',
    data,
  });
});

test('events of one call are kept in their order', async () => {
  const tenantId = newId();
  const events = Array.from({ length: 200 }, (_, index) => agentEvent(tenantId, { revision: index + 1 }));

  await service.database.inTenant(tenantId, (tx) => writeEvents(tx, events));

  expect((await storedOf(tenantId)).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
});

test('a transaction that fails leaves no event and wakes nobody', async () => {
  const tenantId = newId();
  let wakes = 0;
  const database = withOutbox(service.database, () => (wakes += 1));

  const failing = database.inTenant(tenantId, async (tx) => {
    await writeEvents(tx, [agentEvent(tenantId)]);
    throw new Error('the change was refused');
  });

  await expect(failing).rejects.toThrow('the change was refused');
  expect({ stored: await storedOf(tenantId), wakes }).toEqual({ stored: [], wakes: 0 });
});

test('the relay is woken after a commit with events, and by no other', async () => {
  const tenantId = newId();
  const seenAtWake: Promise<unknown[]>[] = [];
  const database = withOutbox(service.database, () => seenAtWake.push(storedOf(tenantId)));

  await database.inTenant(tenantId, (tx) => tx.agentRow.count());
  await database.inTenant(tenantId, (tx) => writeEvents(tx, []));
  await database.inTenant(tenantId, (tx) => writeEvents(tx, [agentEvent(tenantId)]));

  expect(await Promise.all(seenAtWake)).toEqual([[expect.objectContaining({ body: expect.any(String) })]]);
});

test('an event of another tenant is refused with its change', async () => {
  const writing = service.database.inTenant(newId(), (tx) => writeEvents(tx, [agentEvent(newId())]));

  await expect(writing).rejects.toThrow(/row-level security/);
});

test('data that consumers would refuse is not written', () => {
  const change = auditOf(newId());
  const agent = { ...agentSnapshot(change.resourceId), revision: 0 };

  expect(() => toEnvelope('agent.archived', { change, data: { agent } })).toThrow(/revision/);
});

test('what the catalogue does not name does not travel', () => {
  const change = auditOf(newId());
  const agent = { ...agentSnapshot(change.resourceId), searchText: 'internal' };

  expect(toEnvelope('agent.archived', { change, data: { agent } }).data).toEqual({
    agent: agentSnapshot(change.resourceId),
  });
});
