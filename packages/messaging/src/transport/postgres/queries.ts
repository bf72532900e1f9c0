/** What the PostgreSQL transport asks of the functions in prisma/messaging. */
import type { Pool, QueryResultRow } from 'pg';
import type { DeadLetter, Message } from '../transport.ts';

/** A locked delivery. The token is of this lock: what is done with an earlier one has no effect. */
export interface ClaimedMessage extends Message {
  readonly deliveryId: string;
  readonly token: string;
  readonly attempt: number;
}

/** Which lock is meant. */
export type Lock = Pick<ClaimedMessage, 'tenantId' | 'deliveryId' | 'token' | 'orderKey'>;

/** What became of a delivery. `return` is for one that no handler has seen: it does not count as delivered. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'return' }
  | { readonly kind: 'rest'; readonly delayMs: number }
  | { readonly kind: 'dead'; readonly reason: string; readonly description: string };

export interface Settlement {
  readonly lock: Lock;
  readonly outcome: Outcome;
}

export interface ClaimOptions {
  readonly count: number;
  readonly lockSeconds: number;
  readonly maxDeliveries: number;
  /** The tenant at which the last claim ended: the next one looks at those after it first. */
  readonly afterTenant: string;
}

/** A pool, or a client. */
export type Queryable = Pick<Pool, 'query'>;

async function rowsOf<Row extends QueryResultRow>(
  pool: Queryable,
  name: string,
  call: { readonly text: string; readonly values: unknown[] },
): Promise<Row[]> {
  // Named, so that the server parses and plans each once per connection.
  const { rows } = await pool.query<Row>({ name: `flowgrid_${name}`, ...call });
  return rows;
}

export async function publishMessages(pool: Queryable, messages: readonly Message[]): Promise<void> {
  await rowsOf(pool, 'publish', {
    text: 'SELECT messaging.publish_messages($1::json)',
    values: [JSON.stringify(messages)],
  });
}

export async function sendMessages(
  pool: Queryable,
  queue: string,
  { messages, notBefore }: { readonly messages: readonly Message[]; readonly notBefore: Date | null },
): Promise<void> {
  await rowsOf(pool, 'send', {
    text: 'SELECT messaging.send_messages($1, $2::json, $3::timestamptz)',
    values: [queue, JSON.stringify(messages), notBefore?.toISOString() ?? null],
  });
}

interface ReceivedRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly attempt: number;
  readonly token: string;
  readonly message_id: string;
  readonly type: string;
  readonly order_key: string | null;
  readonly body: string;
}

/** Locks up to `count` messages, the oldest first. */
export async function receiveMessages(
  pool: Queryable,
  source: string,
  { count, lockSeconds, maxDeliveries, afterTenant }: ClaimOptions,
): Promise<readonly ClaimedMessage[]> {
  const rows = await rowsOf<ReceivedRow>(pool, 'receive', {
    text: 'SELECT * FROM messaging.receive_messages($1, $2, $3, $4, $5)',
    values: [source, count, lockSeconds, maxDeliveries, afterTenant],
  });
  return rows
    .map((row) => ({
      id: row.message_id,
      tenantId: row.tenant_id,
      type: row.type,
      orderKey: row.order_key,
      body: row.body,
      deliveryId: row.id,
      token: row.token,
      attempt: row.attempt,
    }))
    .toSorted((a, b) => Number(BigInt(a.deliveryId) - BigInt(b.deliveryId)));
}

/** PostgreSQL keeps neither NUL nor half a character in text; brokers keep about so much of a description. */
const MAX_DESCRIPTION_LENGTH = 4_000;

export function toDescription(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll('\0', '').slice(0, MAX_DESCRIPTION_LENGTH).toWellFormed();
}

export async function settleDeliveries(
  pool: Queryable,
  source: string,
  settlements: readonly Settlement[],
): Promise<void> {
  const items = settlements.map(({ lock, outcome: { kind, ...facts } }) => ({
    outcome: kind,
    tenantId: lock.tenantId,
    id: lock.deliveryId,
    token: lock.token,
    orderKey: lock.orderKey,
    ...facts,
  }));
  await rowsOf(pool, 'settle', {
    text: 'SELECT messaging.settle_deliveries($1, $2::json)',
    values: [source, JSON.stringify(items)],
  });
}

/** Gives the ids of the deliveries whose locks were renewed; the others are lost. */
export async function renewDeliveries(
  pool: Queryable,
  source: string,
  { locks, lockSeconds }: { readonly locks: readonly Lock[]; readonly lockSeconds: number },
): Promise<ReadonlySet<string>> {
  const rows = await rowsOf<{ readonly id: string }>(pool, 'renew', {
    text: 'SELECT id FROM messaging.renew_deliveries($1, $2, $3, $4, $5)',
    values: [
      source,
      locks.map(({ tenantId }) => tenantId),
      locks.map(({ deliveryId }) => deliveryId),
      locks.map(({ token }) => token),
      lockSeconds,
    ],
  });
  return new Set(rows.map(({ id }) => id));
}

interface DeadRow extends Pick<ReceivedRow, 'tenant_id' | 'message_id' | 'type' | 'order_key' | 'body'> {
  readonly dead_at: Date;
  readonly dead_reason: string | null;
  readonly dead_description: string | null;
}

export async function readDeadLetters(
  pool: Queryable,
  source: string,
  limit: number,
): Promise<readonly DeadLetter[]> {
  const rows = await rowsOf<DeadRow>(pool, 'dead_letters', {
    text: 'SELECT * FROM messaging.read_dead_letters($1, $2)',
    values: [source, limit],
  });
  return rows.map((row) => ({
    id: row.message_id,
    tenantId: row.tenant_id,
    type: row.type,
    orderKey: row.order_key,
    body: row.body,
    reason: row.dead_reason ?? '',
    description: row.dead_description ?? '',
    deadAt: row.dead_at,
  }));
}

/** Returns how many are delivered again. */
export async function replayDeadDeliveries(
  pool: Queryable,
  source: string,
  ids: readonly string[] | null,
): Promise<number> {
  const [row] = await rowsOf<{ readonly count: number }>(pool, 'replay', {
    text: 'SELECT messaging.replay_dead_deliveries($1, $2::text[]) AS count',
    values: [source, ids],
  });
  return row?.count ?? 0;
}
