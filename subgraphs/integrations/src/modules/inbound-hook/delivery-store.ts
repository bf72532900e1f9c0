/** Rows of `inbound_delivery` and its content: what was received, and the queue of the work on it. */
import { z } from 'zod';
import { newId, type Page } from '@flowgrid/platform';
import type { HookHeaders } from '../../adapters/hooks/hook-dialect.ts';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import type { InboundDelivery as Row } from '../../generated/prisma/client.ts';
import { DELIVERY_STATES, type InboundDelivery } from './inbound-hook.ts';

export interface NewDelivery {
  readonly tenantId: string;
  readonly hookId: string;
  readonly deliveryKey: string;
  readonly event: string | null;
  readonly headers: HookHeaders;
  readonly body: Buffer;
}

/** A claimed message: what its worker must show when it writes. */
export interface ClaimedDelivery {
  readonly tenantId: string;
  readonly id: string;
  readonly attempt: number;
}

export interface DeliveryContent {
  readonly headers: HookHeaders;
  readonly body: Uint8Array;
}

export type DeliveryEnd = Pick<InboundDelivery, 'note' | 'itemKeys'> & {
  readonly state: 'DONE' | 'IGNORED' | 'FAILED';
};

const stateSchema = z.enum(DELIVERY_STATES);
const headersSchema = z.record(z.string(), z.string());
const claimSchema = z.array(z.object({ tenant_id: z.uuid(), id: z.uuid(), attempt: z.number() }));

function toDelivery(row: Row): InboundDelivery {
  const { id, hookId, deliveryKey, event, size, attempt, note, itemKeys, receivedAt, finishedAt } = row;
  return {
    id,
    hookId,
    deliveryKey,
    event,
    size,
    attempt,
    note,
    itemKeys,
    receivedAt,
    finishedAt,
    state: stateSchema.parse(row.state),
  };
}

/** In one statement. The id when it is new, null when it was received before. */
export async function insertDelivery(tx: Tx, delivery: NewDelivery): Promise<string | null> {
  const { tenantId, hookId, deliveryKey, event, headers, body } = delivery;
  const id = newId();
  const inserted = await tx.$executeRaw`
    WITH received AS (
      INSERT INTO inbound_delivery (tenant_id, id, hook_id, delivery_key, event, size, state, attempt, run_after, received_at)
      VALUES (${tenantId}::uuid, ${id}::uuid, ${hookId}::uuid, ${deliveryKey}, ${event}, ${body.length}::integer, 'READY', 0,
              now(), date_trunc('milliseconds', now()))
      ON CONFLICT (tenant_id, hook_id, delivery_key) DO NOTHING
      RETURNING tenant_id, id
    )
    INSERT INTO inbound_delivery_content (tenant_id, delivery_id, headers, body)
    SELECT received.tenant_id, received.id, ${JSON.stringify(headers)}::jsonb, ${body} FROM received`;
  return inserted === 1 ? id : null;
}

export async function claimDeliveries(
  database: Pick<IntegrationsDatabase, 'withoutTenant'>,
  leaseSeconds: number,
  count: number,
): Promise<readonly ClaimedDelivery[]> {
  const rows = await database.withoutTenant(
    (client) => client.$queryRaw`
      SELECT tenant_id, id, attempt FROM claim_inbound_deliveries(${leaseSeconds}::integer, ${count}::integer)`,
  );
  return claimSchema.parse(rows).map(({ tenant_id: tenantId, id, attempt }) => ({ tenantId, id, attempt }));
}

/** Null when it was deleted meanwhile. */
export async function findContent(
  tx: Tx,
  { tenantId, id: deliveryId }: Pick<ClaimedDelivery, 'tenantId' | 'id'>,
): Promise<DeliveryContent | null> {
  const row = await tx.inboundDeliveryContent.findFirst({ where: { tenantId, deliveryId } });
  return row && { headers: headersSchema.parse(row.headers), body: row.body };
}

/** Attempts that count for giving up; null when it was deleted meanwhile. */
export async function findDelivery(
  tx: Tx,
  { tenantId, id }: Pick<ClaimedDelivery, 'tenantId' | 'id'>,
): Promise<(InboundDelivery & { readonly failures: number }) | null> {
  const row = await tx.inboundDelivery.findFirst({ where: { tenantId, id } });
  return row && { ...toDelivery(row), failures: row.attempt - row.forgiven };
}

/** Locks the message until the transaction ends; false when it is no longer this claim's. */
export async function lockClaim(tx: Tx, { tenantId, id, attempt }: ClaimedDelivery): Promise<boolean> {
  const rows = await tx.$queryRaw<readonly unknown[]>`
    SELECT 1 FROM inbound_delivery
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND attempt = ${attempt} AND state = 'RUNNING'
    FOR UPDATE`;
  return rows.length === 1;
}

/** Ends the work; without effect when it is no longer this claim's. */
export async function endDelivery(
  tx: Tx,
  { tenantId, id, attempt }: ClaimedDelivery,
  { state, note, itemKeys }: DeliveryEnd,
): Promise<boolean> {
  const ended = await tx.$executeRaw`
    UPDATE inbound_delivery
    SET state = ${state}, note = ${note}, item_keys = ${[...itemKeys]}::text[], lease_expires_at = NULL, finished_at = now()
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND attempt = ${attempt} AND state = 'RUNNING'`;
  return ended === 1;
}

/** Back into the queue, not before a while has passed. */
export async function postponeDelivery(
  tx: Tx,
  { tenantId, id, attempt }: ClaimedDelivery,
  {
    seconds,
    note,
    isCounted,
  }: { readonly seconds: number; readonly note: string | null; readonly isCounted: boolean },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE inbound_delivery
    SET state = 'READY', note = ${note}, lease_expires_at = NULL, forgiven = forgiven + ${isCounted ? 0 : 1}::integer,
        run_after = now() + make_interval(secs => ${seconds}::integer)
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND attempt = ${attempt} AND state = 'RUNNING'`;
}

/** False unless it had failed. */
export async function requeueDelivery(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const requeued = await tx.$executeRaw`
    UPDATE inbound_delivery
    SET state = 'READY', forgiven = attempt, run_after = now(), note = NULL, finished_at = NULL
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND state = 'FAILED'`;
  return requeued === 1;
}

/** The last received first. */
export async function listDeliveries(
  tx: Tx,
  { tenantId, hookId }: { readonly tenantId: string; readonly hookId: string },
  page: Page<{ readonly receivedAt: string; readonly id: string }>,
): Promise<readonly InboundDelivery[]> {
  const { after } = page;
  const rows = await tx.inboundDelivery.findMany({
    where: {
      tenantId,
      hookId,
      ...(after !== null && {
        OR: [
          { receivedAt: { lt: after.receivedAt } },
          { receivedAt: after.receivedAt, id: { lt: after.id } },
        ],
      }),
    },
    orderBy: [{ receivedAt: 'desc' }, { id: 'desc' }],
    take: page.first + 1,
  });
  return rows.map(toDelivery);
}

/** True when a later version of the record was worked on, by messages of this hook. Waits for one that is at it. Other names of messages say no version. */
export async function isOvertaken(
  tx: Tx,
  { tenantId, hookId }: { readonly tenantId: string; readonly hookId: string },
  { record, version }: { readonly record: string; readonly version: number },
): Promise<boolean> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`${hookId} ${record}`}, 0))`;
  const rows = await tx.$queryRaw<readonly unknown[]>`
    SELECT 1 FROM inbound_delivery
    WHERE tenant_id = ${tenantId}::uuid AND hook_id = ${hookId}::uuid AND state = 'DONE'
      AND delivery_key >= ${`${record}-`} AND delivery_key < ${`${record}.`}
      AND CASE WHEN delivery_key ~ '^[0-9a-f]{32}-[0-9]{1,9}$'
               THEN substring(delivery_key FROM ${record.length + 2}::integer)::bigint > ${version}::bigint ELSE false END
    LIMIT 1`;
  return rows.length > 0;
}

export async function purgeDeliveries(
  database: Pick<IntegrationsDatabase, 'withoutTenant'>,
  days: number,
  count: number,
): Promise<number> {
  const rows = await database.withoutTenant(
    (client) => client.$queryRaw<{ count: number }[]>`
      SELECT purge_inbound_deliveries(${days}::integer, ${count}::integer) AS count`,
  );
  return rows[0]?.count ?? 0;
}
