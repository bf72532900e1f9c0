/** The audit row of a change of an endpoint, or of what it is told, and its event: written together. */
import { auditRecord, type AuditRecord, type TenantViewer } from '@flowgrid/access';
import { toEnvelope, writeEvents, type EventData, type EventType } from '@flowgrid/messaging';
import type { Clock } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { WebhookEndpoint } from './webhook-endpoint.ts';

export type WebhookEventType = Extract<
  EventType,
  `webhook_endpoint.${string}` | `webhook_delivery.${string}`
>;

type EndpointSnapshot = EventData<'webhook_endpoint.created'>['endpoint'];

/** A person, or the worker on behalf of nobody. */
export interface ChangedBy {
  readonly viewer: Pick<TenantViewer, 'tenantId' | 'actor'>;
  readonly requestId: string | null;
  readonly clock: Clock;
}

export interface RecordedEndpointChange<Type extends WebhookEventType> {
  readonly type: Type;
  /** As it is after the change; as it was before its removal. */
  readonly endpoint: WebhookEndpoint;
  /** What the event is about, where that is not the endpoint. */
  readonly resourceId?: string;
  /** For the audit. */
  readonly changes?: AuditRecord['changes'];
  readonly toData: (endpoint: EndpointSnapshot) => EventData<Type>;
}

/** The endpoint's row was locked or written before, so that its events have the order of its changes. */
export async function recordEndpointChange<Type extends WebhookEventType>(
  tx: Tx,
  by: ChangedBy,
  { type, endpoint, resourceId = endpoint.id, changes = {}, toData }: RecordedEndpointChange<Type>,
): Promise<void> {
  const [resourceType = ''] = type.split('.', 1);
  const change = auditRecord(by, { action: type, resourceType, resourceId, changes });
  await tx.auditEvent.create({ data: change });
  await writeEvents(tx, [toEnvelope(type, { change, data: toData(toSnapshot(endpoint)) })]);
}

/** What the worker does by itself. */
export function bySystem(tenantId: string, clock: Clock): ChangedBy {
  const actor = { kind: 'SYSTEM', id: 'delivery-worker', name: 'Flowgrid', userId: null } as const;
  return { viewer: { tenantId, actor }, requestId: null, clock };
}

function toSnapshot(endpoint: WebhookEndpoint): EndpointSnapshot {
  const { id, description, events, signing, ordering, status } = endpoint;
  return {
    id,
    origin: new URL(endpoint.url).origin,
    description,
    events,
    signing,
    ordering,
    status,
    createdAt: endpoint.createdAt.toISOString(),
    updatedAt: endpoint.updatedAt.toISOString(),
  };
}
