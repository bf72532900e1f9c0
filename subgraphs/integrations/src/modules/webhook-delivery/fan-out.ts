/** What an event makes of deliveries: one for each endpoint that asked for events of its type. */
import type { EventHandlers, TypedEnvelope } from '@flowgrid/messaging';
import { newId, type Clock } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import { WEBHOOK_EVENT_TYPES, filtersFor } from '../webhook-endpoint/event-filter.ts';
import { toMessageBody } from './message-body.ts';
import { announceWork, insertDeliveries } from './queue-store.ts';

/** Handlers for the inbox of the consumer: the deliveries are written in the transaction that notes the event. */
export function createFanOutHandlers(clock: Clock): EventHandlers<Tx> {
  return Object.fromEntries(
    WEBHOOK_EVENT_TYPES.map((type) => [type, (event: TypedEnvelope, tx: Tx) => fanOut(tx, event, clock)]),
  );
}

async function fanOut(tx: Tx, event: TypedEnvelope, clock: Clock): Promise<void> {
  const { tenantid: tenantId, type } = event;
  const about = endpointToldOf(event);
  const found = await tx.webhookEndpoint.findMany({
    where: { tenantId, deletedAt: null, events: { hasSome: [...filtersFor(type)] } },
    select: { id: true, ordering: true, status: true },
    orderBy: { id: 'asc' },
  });
  const endpoints = found.filter(({ id }) => id !== about);
  if (endpoints.length === 0) return;
  const now = clock.now();
  const enabled = endpoints.filter(({ status }) => status === 'ENABLED').map(({ id }) => id);
  if (enabled.length > 0) await announceWork(tx, tenantId, { endpointIds: enabled, now });
  await insertDeliveries(
    tx,
    {
      tenantId,
      id: event.id,
      type,
      resource: event.subject,
      body: toMessageBody(event),
      isTest: false,
      now,
    },
    endpoints.map(({ id, ordering, status }) => ({
      id: newId(),
      endpointId: id,
      isOrdered: ordering === 'RESOURCE',
      isHeld: status === 'DISABLED',
    })),
  );
}

/** An endpoint is not told of itself: what it does not take would be followed by the news of that, without an end. */
function endpointToldOf({ data }: TypedEnvelope): string | null {
  return 'endpoint' in data ? data.endpoint.id : null;
}
