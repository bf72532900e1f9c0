/** Rows of `integration_sync`. Times by which work is found are the database's own: clocks of processes differ. */
import { z } from 'zod';
import type { Tx } from '../../database.ts';
import type { IntegrationSync as Row } from '../../generated/prisma/client.ts';
import { SYNC_STATES, SyncLost, type Sync, type SyncClaim } from './sync.ts';

export interface SyncPlace {
  readonly tenantId: string;
  readonly integrationId: string;
}

interface SyncKey {
  readonly tenantId: string;
  readonly id: string;
}

const stateSchema = z.enum(SYNC_STATES);

function toSync(row: Row): Sync {
  const { tenantId: _tenantId, sentAt: _sentAt, attempt: _attempt, ...sync } = row;
  return { ...sync, scope: row.scope === '' ? null : row.scope, state: stateSchema.parse(row.state) };
}

/** Of several integrations, by scope. */
export async function listSyncs(
  tx: Tx,
  tenantId: string,
  integrationIds: readonly string[],
): Promise<readonly Sync[]> {
  const rows = await tx.integrationSync.findMany({
    where: { tenantId, integrationId: { in: [...integrationIds] } },
    orderBy: [{ scope: 'asc' }, { id: 'asc' }],
  });
  return rows.map(toSync);
}

export async function findSync(tx: Tx, { tenantId, id }: SyncKey): Promise<Sync | null> {
  const row = await tx.integrationSync.findUnique({ where: { tenantId_id: { tenantId, id } } });
  return row && toSync(row);
}

export async function findSyncByScope(tx: Tx, place: SyncPlace, scope: string | null): Promise<Sync | null> {
  const { tenantId, integrationId } = place;
  const row = await tx.integrationSync.findFirst({ where: { tenantId, integrationId, scope: scope ?? '' } });
  return row && toSync(row);
}

export function countSyncs(tx: Tx, place: SyncPlace): Promise<number> {
  return tx.integrationSync.count({ where: { ...place } });
}

/** Due at once. */
export async function insertSync(
  tx: Tx,
  { tenantId, integrationId }: SyncPlace,
  sync: Pick<Sync, 'id' | 'scope' | 'everyMinutes' | 'createdAt'>,
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO integration_sync (tenant_id, id, integration_id, scope, every_minutes, state, due_at, attempt, is_requested,
                                  items_read, items_created, items_updated, failures, created_at)
    VALUES (${tenantId}::uuid, ${sync.id}::uuid, ${integrationId}::uuid, ${sync.scope ?? ''}, ${sync.everyMinutes}, 'QUEUED',
            now(), 0, true, 0, 0, 0, 0, ${sync.createdAt})`;
}

/** What waits for its next run waits for it by the new interval. */
export async function setInterval(tx: Tx, { tenantId, id }: SyncKey, everyMinutes: number): Promise<void> {
  await tx.$executeRaw`
    UPDATE integration_sync SET every_minutes = ${everyMinutes}, sent_at = CASE WHEN state = 'IDLE' THEN NULL ELSE sent_at END,
      due_at = CASE WHEN state = 'IDLE' THEN coalesce(finished_at, now()) + make_interval(mins => ${everyMinutes}::integer)
                    ELSE due_at END
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid`;
}

/** Due at once; false for one that runs already. */
export async function requestSync(tx: Tx, { tenantId, id }: SyncKey): Promise<boolean> {
  const requested = await tx.$executeRaw`
    UPDATE integration_sync SET state = 'QUEUED', is_requested = true, due_at = now(), sent_at = NULL
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND state <> 'RUNNING'`;
  return requested === 1;
}

/** A worker that runs it loses its claim. */
export async function deleteSync(tx: Tx, { tenantId, id }: SyncKey): Promise<void> {
  await tx.integrationSync.deleteMany({ where: { tenantId, id } });
}

/**
 * The integration leads to another system: what was read of the former one is none of its items, and no cursor of it is good
 * for anything. Everything is read anew; workers that run lose their claims.
 */
export async function forgetSynced(tx: Tx, { tenantId, integrationId }: SyncPlace): Promise<void> {
  await tx.$executeRaw`
    UPDATE integration_sync SET state = 'QUEUED', due_at = now(), sent_at = NULL, attempt = attempt + 1, cursor = NULL,
      completed_at = NULL, started_at = NULL, finished_at = NULL, items_read = 0, items_created = 0, items_updated = 0,
      failures = 0, last_error = NULL
    WHERE tenant_id = ${tenantId}::uuid AND integration_id = ${integrationId}::uuid`;
  await tx.externalItem.deleteMany({ where: { tenantId, integrationId } });
}

const claimSchema = z.array(z.object({ attempt: z.number() }));

/**
 * Claims a sync that is due; null for one that is not, as it is somebody else's, stopped, or over. A run that did not end goes
 * on with its numbers.
 */
export async function claimSync(
  tx: Tx,
  { tenantId, id }: SyncKey,
  leaseSeconds: number,
): Promise<{ readonly claim: SyncClaim; readonly sync: Sync } | null> {
  const rows = await tx.$queryRaw`
    UPDATE integration_sync AS sync
    SET state = 'RUNNING', attempt = attempt + 1, sent_at = NULL,
        due_at = now() + make_interval(secs => ${leaseSeconds}::double precision),
        started_at = CASE WHEN begun.is_under_way THEN started_at ELSE clock_timestamp() END,
        items_read = CASE WHEN begun.is_under_way THEN items_read ELSE 0 END,
        items_created = CASE WHEN begun.is_under_way THEN items_created ELSE 0 END,
        items_updated = CASE WHEN begun.is_under_way THEN items_updated ELSE 0 END
    FROM (SELECT under_way.id, coalesce(under_way.started_at > coalesce(under_way.finished_at, '-infinity'), false) AS is_under_way
          FROM integration_sync AS under_way
          WHERE under_way.tenant_id = ${tenantId}::uuid AND under_way.id = ${id}::uuid) AS begun
    WHERE sync.tenant_id = ${tenantId}::uuid AND sync.id = begun.id AND sync.due_at <= now()
    RETURNING sync.attempt`;
  const [claimed] = claimSchema.parse(rows);
  const sync = claimed === undefined ? null : await findSync(tx, { tenantId, id });
  return claimed === undefined || sync === null
    ? null
    : { claim: { tenantId, id, attempt: claimed.attempt }, sync };
}

/**
 * Locks the sync until the transaction ends, so that no other claim comes between; its integration before it, as whoever changes
 * the integration does.
 * @throws SyncLost when it is no longer this claim's.
 */
export async function lockClaim(
  tx: Tx,
  { tenantId, id, attempt }: SyncClaim,
  integrationId: string,
): Promise<Sync> {
  await tx.$queryRaw`
    SELECT 1 FROM integration WHERE tenant_id = ${tenantId}::uuid AND id = ${integrationId}::uuid FOR KEY SHARE`;
  const rows = await tx.$queryRaw<readonly unknown[]>`
    SELECT id FROM integration_sync
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND attempt = ${attempt} AND state = 'RUNNING'
    FOR UPDATE`;
  const sync = rows.length === 1 ? await findSync(tx, { tenantId, id }) : null;
  if (sync === null) throw new SyncLost('The sync is no longer this claim.');
  return sync;
}

/** Moves the end of the lease; false when the sync is no longer this claim's. */
export async function renewClaim(tx: Tx, claim: SyncClaim, leaseSeconds: number): Promise<boolean> {
  const { tenantId, id, attempt } = claim;
  const renewed = await tx.$executeRaw`
    UPDATE integration_sync SET due_at = now() + make_interval(secs => ${leaseSeconds}::double precision)
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND attempt = ${attempt} AND state = 'RUNNING'`;
  return renewed === 1;
}

/** Of a claim that is locked. */
export async function writeProgress(
  tx: Tx,
  { tenantId, id }: SyncClaim,
  page: {
    readonly cursor: string;
    readonly read: number;
    readonly created: number;
    readonly updated: number;
    readonly leaseSeconds: number;
  },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE integration_sync
    SET cursor = ${page.cursor}, items_read = items_read + ${page.read}, items_created = items_created + ${page.created},
        items_updated = items_updated + ${page.updated},
        due_at = now() + make_interval(secs => ${page.leaseSeconds}::double precision)
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid`;
}

/** Everything was read: it waits for its next run. */
export async function finishRun(tx: Tx, { tenantId, id }: SyncClaim): Promise<void> {
  await tx.$executeRaw`
    UPDATE integration_sync
    SET state = 'IDLE', is_requested = false, finished_at = clock_timestamp(), failures = 0, last_error = NULL, sent_at = NULL,
        completed_at = coalesce(completed_at, clock_timestamp()), due_at = now() + make_interval(mins => every_minutes)
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid`;
}

/** Tried again after so many minutes, from the cursor on. */
export async function failRun(
  tx: Tx,
  { tenantId, id }: SyncClaim,
  failure: { readonly message: string; readonly retryMinutes: number },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE integration_sync
    SET state = 'FAILED', is_requested = false, finished_at = clock_timestamp(), failures = failures + 1,
        last_error = ${failure.message}, sent_at = NULL, due_at = now() + make_interval(mins => ${failure.retryMinutes}::integer)
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid`;
}

/** Gives the run back, to go on after a while; without effect when it is no longer this claim's. */
export async function releaseRun(tx: Tx, claim: SyncClaim, waitMs: number): Promise<void> {
  const { tenantId, id, attempt } = claim;
  await tx.$executeRaw`
    UPDATE integration_sync
    SET state = 'QUEUED', sent_at = NULL, due_at = now() + make_interval(secs => ${waitMs / 1000}::double precision)
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND attempt = ${attempt} AND state = 'RUNNING'`;
}
