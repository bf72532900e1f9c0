/** The audit row of a change of an imported model and its event: written together, so that neither is without the other. */
import { auditRecord, type AuditRecord, type TenantViewer } from '@flowgrid/access';
import { toEnvelope, writeEvents, type EventData, type EventType } from '@flowgrid/messaging';
import type { Clock } from '@flowgrid/platform';
import type { Tx } from '../../../database.ts';
import type { ArchimateImport } from './archimate-import.ts';

/** What a change of an imported model is called, in the audit and as an event. */
export type ArchimateEventType = Extract<EventType, `archimate_model.${string}`>;

type ModelSnapshot = EventData<'archimate_model.imported'>['model'];

export interface RecordedImportChange<Type extends ArchimateEventType> {
  readonly type: Type;
  readonly model: ArchimateImport;
  /** For the audit. */
  readonly changes: AuditRecord['changes'];
  readonly toData: (model: ModelSnapshot) => EventData<Type>;
}

/** The model's row was written or locked before, so that its events have the order of its changes. */
export async function recordChange<Type extends ArchimateEventType>(
  tx: Tx,
  by: { readonly viewer: TenantViewer; readonly requestId: string; readonly clock: Clock },
  { type, model, changes, toData }: RecordedImportChange<Type>,
): Promise<void> {
  const resourceId = model.id;
  const change = auditRecord(by, { action: type, resourceType: 'archimate_model', resourceId, changes });
  await tx.auditEvent.create({ data: change });
  await writeEvents(tx, [toEnvelope(type, { change, data: toData(toSnapshot(model)) })]);
}

function toSnapshot(model: ArchimateImport): ModelSnapshot {
  return {
    id: model.id,
    name: model.name,
    format: model.format,
    tool: model.tool,
    elementCount: model.elementCount,
    relationshipCount: model.relationshipCount,
    viewCount: model.viewCount,
    createdByUserId: model.createdByUserId,
    createdAt: model.createdAt.toISOString(),
  };
}
