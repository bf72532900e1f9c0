/**
 * The line of deliveries of each endpoint. Whoever adds to it locks the endpoint's place in the queue first, and whoever leaves
 * it too, so that neither misses the other: `due_at` is never later than what waits.
 */
import { z } from 'zod';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import { LONGEST_ORDER_WAIT_MS } from './webhook-delivery.ts';

export interface EndpointKey {
  readonly tenantId: string;
  readonly endpointId: string;
}

/** Locks the places of endpoints until the transaction ends, always in the same order, and says that they have work. */
export async function announceWork(
  tx: Tx,
  tenantId: string,
  { endpointIds, now }: { readonly endpointIds: readonly string[]; readonly now: Date },
): Promise<void> {
  await tx.$executeRaw`
    WITH locked AS MATERIALIZED (
      SELECT queue.endpoint_id FROM webhook_queue AS queue
      WHERE queue.tenant_id = ${tenantId}::uuid AND queue.endpoint_id = ANY(${[...endpointIds]}::uuid[])
      ORDER BY queue.endpoint_id FOR UPDATE
    )
    UPDATE webhook_queue AS queue
    SET due_at = greatest(least(queue.due_at, ${now}::timestamptz), queue.not_before)
    FROM locked WHERE queue.tenant_id = ${tenantId}::uuid AND queue.endpoint_id = locked.endpoint_id`;
}

export interface MessageToFanOut {
  readonly tenantId: string;
  readonly id: string;
  readonly type: string;
  readonly resource: string;
  readonly body: string;
  readonly isTest: boolean;
  readonly now: Date;
}

export interface DeliveryToInsert {
  readonly id: string;
  readonly endpointId: string;
  readonly isOrdered: boolean;
  readonly isHeld: boolean;
}

/** Writes the message and one delivery per endpoint; what is there already stays as it is. Places were locked before. */
export async function insertDeliveries(
  tx: Tx,
  message: MessageToFanOut,
  deliveries: readonly DeliveryToInsert[],
): Promise<void> {
  const { tenantId, id, type, resource, now } = message;
  await tx.$executeRaw`
    INSERT INTO webhook_message (tenant_id, id, type, body, is_test, created_at)
    VALUES (${tenantId}::uuid, ${id}::uuid, ${type}, ${message.body}, ${message.isTest}, ${now})
    ON CONFLICT DO NOTHING`;
  const rows = JSON.stringify(
    deliveries.map((delivery) => ({
      id: delivery.id,
      endpoint_id: delivery.endpointId,
      is_ordered: delivery.isOrdered,
      is_held: delivery.isHeld,
    })),
  );
  const waitsUntil = new Date(now.getTime() + LONGEST_ORDER_WAIT_MS);
  await tx.$executeRaw`
    INSERT INTO webhook_delivery (tenant_id, id, endpoint_id, message_id, type, resource, state, next_attempt_at, is_waiting,
                                  created_at, updated_at)
    SELECT ${tenantId}::uuid, row.id, row.endpoint_id, ${id}::uuid, ${type}, ${resource},
           CASE WHEN row.is_held THEN 'HELD' ELSE 'PENDING' END,
           CASE WHEN row.is_held THEN NULL WHEN line.is_waiting THEN ${waitsUntil}::timestamptz ELSE ${now}::timestamptz END,
           line.is_waiting, ${now}, ${now}
    FROM json_to_recordset(${rows}::json) AS row (id uuid, endpoint_id uuid, is_ordered boolean, is_held boolean)
    CROSS JOIN LATERAL (
      SELECT row.is_ordered AND NOT row.is_held AND EXISTS (
        SELECT FROM webhook_delivery AS earlier
        WHERE earlier.tenant_id = ${tenantId}::uuid AND earlier.endpoint_id = row.endpoint_id
          AND earlier.resource = ${resource} AND earlier.next_attempt_at IS NOT NULL
      ) AS is_waiting
    ) AS line
    ON CONFLICT (tenant_id, message_id, endpoint_id) DO NOTHING`;
}

/**
 * Puts deliveries that are over back into the line, in their former order behind those that wait, with the whole schedule before
 * them. The endpoint's place was locked before. Returns how many there were.
 */
export async function requeueDeliveries(
  tx: Tx,
  { tenantId, endpointId }: EndpointKey,
  {
    ids,
    isOrdered,
    now,
  }: { readonly ids: readonly string[]; readonly isOrdered: boolean; readonly now: Date },
): Promise<number> {
  const waitsUntil = new Date(now.getTime() + LONGEST_ORDER_WAIT_MS);
  return tx.$executeRaw`
    WITH again AS MATERIALIZED (
      SELECT delivery.id, nextval('webhook_delivery_sequence_seq') AS sequence,
             ${isOrdered}::boolean AND (
               row_number() OVER (PARTITION BY delivery.resource ORDER BY delivery.sequence) > 1
               OR EXISTS (
                 SELECT FROM webhook_delivery AS earlier
                 WHERE earlier.tenant_id = delivery.tenant_id AND earlier.endpoint_id = delivery.endpoint_id
                   AND earlier.resource = delivery.resource AND earlier.next_attempt_at IS NOT NULL
               )
             ) AS is_waiting
      FROM (
        SELECT * FROM webhook_delivery
        WHERE tenant_id = ${tenantId}::uuid AND endpoint_id = ${endpointId}::uuid AND id = ANY(${[...ids]}::uuid[])
          AND state <> 'PENDING'
        ORDER BY sequence
      ) AS delivery
    )
    UPDATE webhook_delivery AS delivery
    SET state = 'PENDING', step = 0, sequence = again.sequence, is_waiting = again.is_waiting, finished_at = NULL,
        next_attempt_at = CASE WHEN again.is_waiting THEN ${waitsUntil}::timestamptz ELSE ${now}::timestamptz END,
        updated_at = ${now}
    FROM again WHERE delivery.tenant_id = ${tenantId}::uuid AND delivery.id = again.id`;
}

/** The next one in line of a resource need not wait any more. The endpoint's place was locked before. */
export async function releaseNextOf(
  tx: Tx,
  { tenantId, endpointId }: EndpointKey,
  { resource, now }: { readonly resource: string; readonly now: Date },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE webhook_delivery AS delivery SET is_waiting = false, next_attempt_at = ${now}, updated_at = ${now}
    WHERE delivery.tenant_id = ${tenantId}::uuid AND delivery.is_waiting AND delivery.id = (
      SELECT next.id FROM webhook_delivery AS next
      WHERE next.tenant_id = ${tenantId}::uuid AND next.endpoint_id = ${endpointId}::uuid
        AND next.resource = ${resource} AND next.next_attempt_at IS NOT NULL
      ORDER BY next.sequence LIMIT 1
    )`;
}

/** Nobody waits for anybody any more: the endpoint has no order. Its place was locked before. */
export async function releaseAll(tx: Tx, { tenantId, endpointId }: EndpointKey, now: Date): Promise<void> {
  await tx.webhookDelivery.updateMany({
    where: { tenantId, endpointId, nextAttemptAt: { not: null }, isWaiting: true },
    data: { isWaiting: false, nextAttemptAt: now, updatedAt: now },
  });
}

export interface DueEndpoint extends EndpointKey {
  readonly isFailing: boolean;
}

const dueSchema = z.array(
  z
    .object({ tenant_id: z.uuid(), endpoint_id: z.uuid(), is_failing: z.boolean() })
    .transform((row): DueEndpoint => {
      const { tenant_id: tenantId, endpoint_id: endpointId, is_failing: isFailing } = row;
      return { tenantId, endpointId, isFailing };
    }),
);

/** Endpoints about whose work a message is to be sent now; each is given to one sender. */
export async function takeDueEndpoints(
  database: Pick<IntegrationsDatabase, 'withoutTenant'>,
  options: { readonly now: Date; readonly lostAfterSeconds: number; readonly limit: number },
): Promise<readonly DueEndpoint[]> {
  const rows = await database.withoutTenant(
    (client) => client.$queryRaw`
      SELECT tenant_id, endpoint_id, is_failing FROM take_due_webhook_endpoints(
        ${options.now}::timestamptz, ${options.lostAfterSeconds}::integer, ${options.limit}::integer)`,
  );
  return dueSchema.parse(rows);
}

export interface QueueMeasure {
  readonly dueEndpoints: number;
  readonly failingEndpoints: number;
  readonly oldestAgeSeconds: number;
}

const measureSchema = z.tuple([
  z.object({ due_endpoints: z.int(), failing_endpoints: z.int(), oldest_age_seconds: z.number() }),
]);

export async function measureQueue(
  database: Pick<IntegrationsDatabase, 'withoutTenant'>,
  now: Date,
): Promise<QueueMeasure> {
  const rows = await database.withoutTenant(
    (client) => client.$queryRaw`
      SELECT due_endpoints, failing_endpoints, oldest_age_seconds FROM measure_webhook_queue(${now}::timestamptz)`,
  );
  const [row] = measureSchema.parse(rows);
  return {
    dueEndpoints: row.due_endpoints,
    failingEndpoints: row.failing_endpoints,
    oldestAgeSeconds: row.oldest_age_seconds,
  };
}
