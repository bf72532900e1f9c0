/** Rows of `integration_status_change`. */
import { z } from 'zod';
import type { Tx } from '../../database.ts';
import { INTEGRATION_STATUSES, type IntegrationStatus } from '../integration/integration.ts';

export interface StoredStatusChange {
  readonly id: string;
  readonly at: Date;
  readonly from: IntegrationStatus;
  readonly to: IntegrationStatus;
  readonly reason: string;
}

/** Of one integration; the oldest go first. */
const MAX_CHANGES = 1_000;
const statusSchema = z.enum(INTEGRATION_STATUSES);

/** The integration's row is locked: nobody else adds to it meanwhile. */
export async function insertStatusChange(
  tx: Tx,
  change: StoredStatusChange & { readonly tenantId: string; readonly integrationId: string },
): Promise<void> {
  const { tenantId, integrationId, id, at, from, to, reason } = change;
  await tx.integrationStatusChange.createMany({
    data: { tenantId, integrationId, id, at, fromStatus: from, toStatus: to, reason },
  });
  const place = { tenantId, integrationId };
  const [oldest] = await tx.integrationStatusChange.findMany({
    where: place,
    orderBy: { id: 'desc' },
    skip: MAX_CHANGES,
    take: 1,
    select: { id: true },
  });
  if (oldest) await tx.integrationStatusChange.deleteMany({ where: { ...place, id: { lte: oldest.id } } });
}

/** The last change first. */
export async function listStatusChanges(
  tx: Tx,
  place: { readonly tenantId: string; readonly integrationId: string },
  page: { readonly before: string | null; readonly limit: number },
): Promise<readonly StoredStatusChange[]> {
  const rows = await tx.integrationStatusChange.findMany({
    where: { ...place, ...(page.before !== null && { id: { lt: page.before } }) },
    orderBy: { id: 'desc' },
    take: page.limit,
  });
  return rows.map(({ id, at, fromStatus, toStatus, reason }) => ({
    id,
    at,
    from: statusSchema.parse(fromStatus),
    to: statusSchema.parse(toStatus),
    reason,
  }));
}
