/** Changes of the status of integrations: the row, its history, and what tells others. */
import { newId, type Clock } from '@flowgrid/platform';
import type { Actor } from '@flowgrid/access';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import { recordIntegrationEvent } from '../integration-event/event-store.ts';
import * as store from '../integration/integration-store.ts';
import type { Integration, IntegrationStatus } from '../integration/integration.ts';
import { recordChange } from '../integration/record-change.ts';
import type { Health } from './health.ts';
import { insertStatusChange } from './status-change-store.ts';
import type { ConnectionPlace } from './turn-store.ts';

const SYSTEM: Actor = { kind: 'SYSTEM', id: 'integrations', name: 'Flowgrid', userId: null };

export interface StatusChange {
  readonly tenantId: string;
  readonly integrationId: string;
  readonly from: IntegrationStatus;
  readonly to: IntegrationStatus;
  readonly reason: string;
  readonly at: Date;
}

/** Writes the history of a status that changes in this transaction, for those who look and those who watch. */
export async function recordStatusChange(tx: Tx, change: StatusChange): Promise<void> {
  const { tenantId, integrationId, from, to, reason, at } = change;
  if (from === to) return;
  await insertStatusChange(tx, { ...change, id: newId() });
  const message = `${from} → ${to}: ${reason}`;
  await recordIntegrationEvent(tx, { tenantId, integrationId, kind: 'STATUS_CHANGED', message, at });
}

/**
 * Writes what requests showed of a connection, unless somebody else did, or address or credential have changed since: then it
 * says nothing of the present.
 */
export async function changeStatusByUse(
  { database, clock }: { readonly database: IntegrationsDatabase; readonly clock: Clock },
  { tenantId, integrationId, connectionRevision }: ConnectionPlace,
  { status, reason }: Health,
): Promise<Integration | null> {
  return database.inTenant(tenantId, async (tx) => {
    const current = await store.findIntegrationForUpdate(tx, tenantId, integrationId);
    if (current === null || current.connectionRevision !== connectionRevision) return null;
    if (current.status === status) return null;
    const lastError = status === 'HEALTHY' ? null : reason;
    const changed = await store.updateIntegration(tx, tenantId, { ...current, status, lastError });
    const by = { viewer: { tenantId, actor: SYSTEM }, requestId: null, clock };
    const { status: from } = current;
    await recordChange(tx, by, {
      type: 'integration.status_changed',
      integration: changed,
      changes: { from, to: status, reason },
      toData: (integration) => ({ integration, from, to: status, reason }),
    });
    await recordStatusChange(tx, { tenantId, integrationId, from, to: status, reason, at: clock.now() });
    return changed;
  });
}
