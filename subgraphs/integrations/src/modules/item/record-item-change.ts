/** The audit row of what was made at a connected system from here, and its event. */
import { auditRecord, type AuditRecord, type TenantViewer } from '@flowgrid/access';
import { toEnvelope, writeEvents, type EventData } from '@flowgrid/messaging';
import type { Clock } from '@flowgrid/platform';
import type { ExternalItem } from '../../adapters/external-item.ts';
import type { Tx } from '../../database.ts';

type ItemEventType = 'external.item.created' | 'external.item.commented' | 'external.item.transitioned';

/** The texts are the other system's: the audit says which item it was. */
export async function recordItemChange<Type extends ItemEventType>(
  tx: Tx,
  by: { readonly viewer: TenantViewer; readonly requestId: string; readonly clock: Clock },
  change: {
    readonly type: Type;
    readonly integrationId: string;
    readonly key: string;
    readonly changes: AuditRecord['changes'];
    readonly data: EventData<Type>;
  },
): Promise<void> {
  const { type, integrationId, key, changes, data } = change;
  const audit = auditRecord(by, {
    action: type,
    resourceType: 'external_item',
    resourceId: `${integrationId}:${key}`,
    changes: { integrationId, key, ...changes },
  });
  await tx.auditEvent.create({ data: audit });
  await writeEvents(tx, [toEnvelope(type, { change: audit, data })]);
}

/** Without its text, which may be long. */
export function toItemSnapshot(item: ExternalItem): EventData<'external.item.created'>['item'] {
  const { key, title, state, type, assignee, url, updatedAt } = item;
  return { key, title, state, type, assignee, url, updatedAt: updatedAt?.toISOString() ?? null };
}
