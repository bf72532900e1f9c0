/** Writes events with the change they tell of. */
import { invariant } from '@flowgrid/platform';
import type { TypedEnvelope } from '../events/to-envelope.ts';
import type { SqlClient, TenantTransactions } from './outbox-database.ts';

/** Transactions in which events were written. */
const writers = new WeakSet<object>();

/**
 * Writes events into the outbox of the service's schema, in this order and in one statement. They leave when the
 * transaction commits, and never when it does not.
 *
 * Two events about one subject keep their order when their transactions do: lock or write the subject's row first, then
 * call this.
 * @param tx the transaction of the change, of the tenant of the events.
 */
export async function writeEvents(
  tx: Pick<SqlClient, '$executeRaw'>,
  events: readonly TypedEnvelope[],
): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => ({
    tenant_id: event.tenantid,
    id: event.id,
    type: event.type,
    subject: event.subject,
    body: JSON.stringify(event),
  }));
  const written = await tx.$executeRaw`
    INSERT INTO outbox_event (tenant_id, id, type, subject, body)
    SELECT row.tenant_id, row.id, row.type, row.subject, row.body
    FROM ROWS FROM (json_to_recordset(${JSON.stringify(rows)}::json)
      AS (tenant_id uuid, id uuid, type text, subject text, body text)) WITH ORDINALITY AS row
    ORDER BY row.ordinality`;
  invariant(written === events.length, 'every event was written');
  writers.add(tx);
}

/**
 * The same database, whose transactions wake the relay when they wrote events and committed. Wrap it once, in main.ts:
 * no mutation needs to think of it.
 * @param wake called after the commit. It must not throw; what it misses, the relay finds when it looks by itself.
 */
export function withOutbox<Tx extends object, Wrapped extends TenantTransactions<Tx>>(
  database: Wrapped & TenantTransactions<Tx>,
  wake: () => void,
): Wrapped {
  return {
    ...database,
    inTenant: async <Result>(tenantId: string, work: (tx: Tx) => Promise<Result>): Promise<Result> => {
      let hasEvents = false;
      const result = await database.inTenant(tenantId, async (tx) => {
        const value = await work(tx);
        hasEvents = writers.has(tx);
        return value;
      });
      if (hasEvents) wake();
      return result;
    },
  };
}
