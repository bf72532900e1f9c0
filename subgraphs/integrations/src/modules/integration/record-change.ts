/** The audit row of a change of an integration and its event: written together, so that neither is without the other. */
import { auditRecord, type AuditRecord, type TenantViewer } from '@flowgrid/access';
import { toEnvelope, writeEvents, type EventData, type EventType } from '@flowgrid/messaging';
import type { Clock } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { Integration } from './integration.ts';

/** What a change of an integration is called, in the audit and as an event. */
export type IntegrationEventType = Extract<EventType, `integration.${string}`>;

type IntegrationSnapshot = EventData<'integration.created'>['integration'];

export interface RecordedIntegrationChange<Type extends IntegrationEventType> {
  readonly type: Type;
  /** As it is after the change; as it was before its removal. */
  readonly integration: Integration;
  /** For the audit. */
  readonly changes: AuditRecord['changes'];
  readonly toData: (integration: IntegrationSnapshot) => EventData<Type>;
}

/** The integration's row was written or locked before, so that its events have the order of its changes. */
export async function recordChange<Type extends IntegrationEventType>(
  tx: Tx,
  by: {
    readonly viewer: Pick<TenantViewer, 'tenantId' | 'actor'>;
    readonly requestId: string | null;
    readonly clock: Clock;
  },
  { type, integration, changes, toData }: RecordedIntegrationChange<Type>,
): Promise<void> {
  const resourceId = integration.id;
  const change = auditRecord(by, { action: type, resourceType: 'integration', resourceId, changes });
  await tx.auditEvent.create({ data: change });
  await writeEvents(tx, [toEnvelope(type, { change, data: toData(toSnapshot(integration)) })]);
}

/** Field by field: neither the credential nor its hint is for whoever receives events. */
function toSnapshot(integration: Integration): IntegrationSnapshot {
  return {
    id: integration.id,
    kind: integration.kind,
    name: integration.name,
    baseUrl: integration.baseUrl,
    status: integration.status,
    lastError: integration.lastError,
    lastTestedAt: integration.lastTestedAt?.toISOString() ?? null,
    createdAt: integration.createdAt.toISOString(),
    updatedAt: integration.updatedAt.toISOString(),
  };
}
