/**
 * What a worker does with the endpoint that it has claimed. The token of the claim and the number of an attempt are fencing
 * tokens: what a worker writes that has lost either has no effect.
 */
import { z } from 'zod';
import type { Tx } from '../../database.ts';
import { HEALTHY, type EndpointHealth } from './endpoint-health.ts';
import type { EndpointKey } from './queue-store.ts';

export interface ClaimedEndpoint extends EndpointKey {
  readonly token: bigint;
}

/** Takes an endpoint that has work and that nobody is at; null when there is none or somebody was faster. */
export async function claimEndpoint(
  tx: Tx,
  key: EndpointKey,
  { now, leaseSeconds }: { readonly now: Date; readonly leaseSeconds: number },
): Promise<ClaimedEndpoint | null> {
  const { tenantId, endpointId } = key;
  const [row] = await tx.$queryRaw<{ token: bigint }[]>`
    UPDATE webhook_queue
    SET token = token + 1, messaged_at = NULL, lease_expires_at = now() + make_interval(secs => ${leaseSeconds}::integer)
    WHERE tenant_id = ${tenantId}::uuid AND endpoint_id = ${endpointId}::uuid AND due_at <= ${now}
      AND (lease_expires_at IS NULL OR lease_expires_at <= now())
    RETURNING token`;
  return row === undefined ? null : { ...key, token: row.token };
}

/** Moves the end of the lease; false when the endpoint is no longer this claim's. */
export async function renewClaim(
  tx: Tx,
  { tenantId, endpointId, token }: ClaimedEndpoint,
  leaseSeconds: number,
): Promise<boolean> {
  const renewed = await tx.$executeRaw`
    UPDATE webhook_queue SET lease_expires_at = now() + make_interval(secs => ${leaseSeconds}::integer)
    WHERE tenant_id = ${tenantId}::uuid AND endpoint_id = ${endpointId}::uuid AND token = ${token}
      AND lease_expires_at IS NOT NULL`;
  return renewed === 1;
}

/** Gives the endpoint back and says when it has work again; null when it has none, or when it is no longer this claim's. */
export async function releaseEndpoint(tx: Tx, claim: ClaimedEndpoint): Promise<Date | null> {
  const { tenantId, endpointId, token } = claim;
  const [row] = await tx.$queryRaw<{ due_at: Date | null }[]>`
    SELECT release_webhook_endpoint(${tenantId}::uuid, ${endpointId}::uuid, ${token}::bigint) AS due_at`;
  return row?.due_at ?? null;
}

/** What is due at a disabled endpoint is not sent; whoever enables it again may have it replayed. */
export async function holdDueDeliveries(
  tx: Tx,
  { tenantId, endpointId }: EndpointKey,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<number> {
  return tx.$executeRaw`
    UPDATE webhook_delivery AS delivery
    SET state = 'HELD', next_attempt_at = NULL, is_waiting = false, run_token = NULL, updated_at = ${now}, finished_at = ${now}
    FROM (
      SELECT id FROM webhook_delivery
      WHERE tenant_id = ${tenantId}::uuid AND endpoint_id = ${endpointId}::uuid AND next_attempt_at <= ${now}
      ORDER BY next_attempt_at, sequence LIMIT ${limit}::integer FOR UPDATE
    ) AS due
    WHERE delivery.tenant_id = ${tenantId}::uuid AND delivery.id = due.id`;
}

/** A delivery whose attempt begins now. */
export interface StartedDelivery {
  readonly id: string;
  readonly messageId: string;
  readonly resource: string;
  readonly type: string;
  readonly body: string;
  readonly isTest: boolean;
  readonly attempt: number;
  readonly step: number;
}

const startedSchema = z.array(
  z.object({
    id: z.uuid(),
    messageId: z.uuid(),
    resource: z.string(),
    type: z.string(),
    body: z.string(),
    isTest: z.boolean(),
    attempt: z.int(),
    step: z.int(),
  }),
);

/** Attempts of one delivery that are kept. */
const MAX_LOGGED_ATTEMPTS = 50;

/**
 * Takes what is due, the longest waiting first, and notes that an attempt begins. `busy` are resources of which one is under
 * way; of an ordered endpoint one of each resource is taken. Nothing when the claim was lost.
 */
export async function startDeliveries(
  tx: Tx,
  { tenantId, endpointId, token }: ClaimedEndpoint,
  options: {
    readonly now: Date;
    readonly limit: number;
    readonly isOrdered: boolean;
    readonly busy: readonly string[];
    readonly url: string;
  },
): Promise<readonly StartedDelivery[]> {
  const { now, limit, isOrdered, busy, url } = options;
  const rows = await tx.$queryRaw`
    WITH due AS MATERIALIZED (
      SELECT delivery.id, delivery.resource, delivery.next_attempt_at, delivery.sequence
      FROM webhook_delivery AS delivery
      WHERE delivery.tenant_id = ${tenantId}::uuid AND delivery.endpoint_id = ${endpointId}::uuid
        AND delivery.next_attempt_at <= ${now} AND delivery.run_token IS DISTINCT FROM ${token}
        AND NOT (${isOrdered}::boolean AND delivery.resource = ANY(${[...busy]}::text[]))
        AND EXISTS (
          SELECT FROM webhook_queue AS queue
          WHERE queue.tenant_id = ${tenantId}::uuid AND queue.endpoint_id = ${endpointId}::uuid AND queue.token = ${token}
        )
      ORDER BY delivery.next_attempt_at, delivery.sequence LIMIT ${limit}::integer
      FOR UPDATE
    ), taken AS (
      UPDATE webhook_delivery AS delivery
      SET attempt = delivery.attempt + 1, step = delivery.step + 1, run_token = ${token}, is_waiting = false, updated_at = ${now}
      FROM due
      WHERE delivery.tenant_id = ${tenantId}::uuid AND delivery.id = due.id
        AND NOT (${isOrdered}::boolean AND EXISTS (
          SELECT FROM due AS earlier WHERE earlier.resource = due.resource AND earlier.sequence < due.sequence
        ))
      RETURNING delivery.id, delivery.message_id, delivery.resource, delivery.type, delivery.attempt, delivery.step, delivery.sequence
    ), noted AS (
      INSERT INTO webhook_attempt (tenant_id, delivery_id, number, endpoint_id, at, outcome, url, body_bytes, body_sha256)
      SELECT ${tenantId}::uuid, taken.id, taken.attempt, ${endpointId}::uuid, ${now}, 'STARTED', ${url}, octet_length(message.body),
             encode(sha256(convert_to(message.body, 'UTF8')), 'hex')
      FROM taken JOIN webhook_message AS message
        ON message.tenant_id = ${tenantId}::uuid AND message.id = taken.message_id
    ), forgotten AS (
      DELETE FROM webhook_attempt AS old USING taken
      WHERE old.tenant_id = ${tenantId}::uuid AND old.delivery_id = taken.id
        AND old.number <= taken.attempt - ${MAX_LOGGED_ATTEMPTS}::integer
    )
    SELECT taken.id, taken.message_id AS "messageId", taken.resource, taken.type, message.body, message.is_test AS "isTest",
           taken.attempt, taken.step
    FROM taken JOIN webhook_message AS message ON message.tenant_id = ${tenantId}::uuid AND message.id = taken.message_id
    ORDER BY taken.sequence`;
  return startedSchema.parse(rows);
}

/** What is noted of an attempt that was made. */
export interface AttemptRecord {
  readonly outcome: 'DELIVERED' | 'FAILED';
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly responseStatus: number | null;
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  readonly responseBody: string | null;
  readonly isBodyCut: boolean;
  readonly durationMs: number;
  readonly error: string | null;
}

/** What becomes of the delivery. */
export type DeliveryEnd =
  | { readonly state: 'DELIVERED' | 'FAILED' }
  | { readonly state: 'PENDING'; readonly nextAttemptAt: Date };

/** Notes how an attempt went, whatever became of the delivery meanwhile; false when the delivery is no longer this attempt's. */
export async function finishAttempt(
  tx: Tx,
  { tenantId }: EndpointKey,
  attempt: {
    readonly deliveryId: string;
    readonly number: number;
    readonly record: AttemptRecord;
    readonly end: DeliveryEnd;
    readonly now: Date;
  },
): Promise<boolean> {
  const { deliveryId, number, record, end, now } = attempt;
  const nextAttemptAt = end.state === 'PENDING' ? end.nextAttemptAt : null;
  const finishedAt = end.state === 'PENDING' ? null : now;
  const changed = await tx.$executeRaw`
    WITH noted AS (
      UPDATE webhook_attempt
      SET outcome = ${record.outcome}, request_headers = ${JSON.stringify(record.requestHeaders)}::jsonb,
          response_status = ${record.responseStatus}::integer,
          response_headers = ${record.responseHeaders === null ? null : JSON.stringify(record.responseHeaders)}::jsonb,
          response_body = ${record.responseBody}, is_body_cut = ${record.isBodyCut}, duration_ms = ${record.durationMs}::integer,
          error = ${record.error}
      WHERE tenant_id = ${tenantId}::uuid AND delivery_id = ${deliveryId}::uuid AND number = ${number}::integer
    )
    UPDATE webhook_delivery
    SET state = ${end.state}, next_attempt_at = ${nextAttemptAt}::timestamptz, finished_at = ${finishedAt}::timestamptz,
        run_token = NULL, last_status = ${record.responseStatus}::integer, last_error = ${record.error}, updated_at = ${now}
    WHERE tenant_id = ${tenantId}::uuid AND id = ${deliveryId}::uuid AND attempt = ${number}::integer AND state = 'PENDING'`;
  return changed === 1;
}

/** An attempt that was not made, or not to its end, because the worker stops: it is made by the next one, and does not count. */
export async function giveBackDelivery(
  tx: Tx,
  { tenantId }: EndpointKey,
  { deliveryId, number }: { readonly deliveryId: string; readonly number: number },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE webhook_delivery SET run_token = NULL, step = greatest(step - 1, 0)
    WHERE tenant_id = ${tenantId}::uuid AND id = ${deliveryId}::uuid AND attempt = ${number}::integer AND state = 'PENDING'`;
}

const healthSchema = z.array(
  z.object({
    failures: z.int(),
    windowStartedAt: z.date().nullable(),
    windowFailures: z.int(),
    failingSince: z.date().nullable(),
  }),
);

/** Locks the endpoint's place until the transaction ends and gives how it has fared; null when it was deleted. */
export async function lockHealth(
  tx: Tx,
  { tenantId, endpointId }: EndpointKey,
): Promise<EndpointHealth | null> {
  const rows = await tx.$queryRaw`
    SELECT failures, window_started_at AS "windowStartedAt", window_failures AS "windowFailures",
           failing_since AS "failingSince"
    FROM webhook_queue WHERE tenant_id = ${tenantId}::uuid AND endpoint_id = ${endpointId}::uuid FOR UPDATE`;
  const [health = null] = healthSchema.parse(rows);
  return health;
}

/** What is noted of an endpoint that fails. It is left alone until `notBefore`, or for as long as it was to be anyway. */
export async function noteFailure(
  tx: Tx,
  { tenantId, endpointId }: EndpointKey,
  { health, notBefore }: { readonly health: EndpointHealth; readonly notBefore: Date | null },
): Promise<void> {
  await tx.webhookQueue.updateMany({
    where: { tenantId, endpointId },
    data: { ...health, ...(notBefore !== null && { notBefore }) },
  });
}

/** Writes only where there is something to forget. */
export async function noteSuccess(tx: Tx, { tenantId, endpointId }: EndpointKey): Promise<void> {
  await tx.webhookQueue.updateMany({
    where: { tenantId, endpointId, OR: [{ failures: { gt: 0 } }, { notBefore: { not: null } }] },
    data: { ...HEALTHY, notBefore: null },
  });
}
