/** Tells others of changed items, in the transaction in which they are kept. */
import { auditRecord, type Actor } from '@flowgrid/access';
import { toEnvelope, writeEvents, type EventData } from '@flowgrid/messaging';
import type { Clock } from '@flowgrid/platform';
import type { ExternalItem } from '../../adapters/external-item.ts';
import type { Tx } from '../../database.ts';

export type ItemChangeKind = EventData<'external.item.changed'>['change'];

export interface ChangedItem {
  readonly change: ItemChangeKind;
  readonly item: ExternalItem;
}

export interface ItemChangesSource {
  readonly tenantId: string;
  readonly integrationId: string;
  readonly source: 'HOOK' | 'SYNC';
  /** Who noticed: a hook or a sync, by its name. Nobody of the tenant did it, so there is no row of the audit. */
  readonly actor: Actor;
  readonly clock: Clock;
}

/** The items were saved or removed before, so that the events of each have the order of its changes. */
export async function writeItemChanges(
  tx: Tx,
  { tenantId, integrationId, source, actor, clock }: ItemChangesSource,
  changes: readonly ChangedItem[],
): Promise<void> {
  await writeEvents(
    tx,
    changes.map(({ change, item }) => {
      const by = { viewer: { tenantId, actor }, requestId: null, clock };
      const resourceId = `${integrationId}:${item.key}`;
      const action = 'external.item.changed';
      const record = auditRecord(by, { action, resourceType: 'external_item', resourceId });
      return toEnvelope(action, {
        change: record,
        data: { integrationId, source, change, item: toSnapshot(item) },
      });
    }),
  );
}

/** Without its body, which may be long: whoever needs it reads the item. */
function toSnapshot(item: ExternalItem): EventData<'external.item.changed'>['item'] {
  const { key, title, state, type, assignee, url, updatedAt } = item;
  return { key, title, state, type, assignee, url, updatedAt: updatedAt?.toISOString() ?? null };
}
