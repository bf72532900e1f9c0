/** What a service has written into its outbox and into its audit, read behind row level security. */
import { parseEvent, type TypedEnvelope } from '@flowgrid/messaging';

export type OutboxSchema = 'agents' | 'design' | 'integrations';

/** Runs a statement as the superuser. */
export type ReadRows = (sql: string, values?: readonly unknown[]) => Promise<readonly unknown[]>;

/** As if another replica had the lease and did nothing: the events stay where a test can read them. */
export async function holdOutbox(read: ReadRows, schema: OutboxSchema): Promise<void> {
  await read(`UPDATE ${schema}.outbox_lease
    SET holder = gen_random_uuid(), token = token + 1, expires_at = now() + interval '1 hour'`);
}

/** The events of a tenant, each as a consumer would read it; fails for one that a consumer would refuse. */
export async function listEvents(
  read: ReadRows,
  schema: OutboxSchema,
  tenantId: string,
): Promise<readonly TypedEnvelope[]> {
  const rows = (await read(
    `SELECT type, body FROM ${schema}.outbox_event WHERE tenant_id = $1 ORDER BY sequence`,
    [tenantId],
  )) as readonly { readonly type: string; readonly body: string }[];
  return rows.map(({ type, body }) => parseEvent({ type, body, tenantId }));
}

export interface AuditRow {
  readonly id: string;
  readonly action: string;
}

export async function listAudit(
  read: ReadRows,
  schema: OutboxSchema,
  tenantId: string,
): Promise<readonly AuditRow[]> {
  const rows = await read(
    `SELECT id, action FROM ${schema}.audit_event WHERE tenant_id = $1 ORDER BY at, id`,
    [tenantId],
  );
  return rows as readonly AuditRow[];
}
