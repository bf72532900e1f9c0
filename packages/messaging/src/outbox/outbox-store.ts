/** The statements of the relay: tenant and id without a tenant, contents under their tenant. */
import { FlowgridError } from '@flowgrid/platform';
import type { TenantDatabase } from './outbox-database.ts';

export interface OutboxKey {
  readonly tenantId: string;
  readonly id: string;
}

export interface OutboxEvent extends OutboxKey {
  readonly type: string;
  readonly subject: string;
  readonly body: string;
}

export interface DeadOutboxEvent extends OutboxEvent {
  readonly deadAt: Date;
  readonly deadReason: string;
}

/** Tenants that are read at once; the service needs its connections for its requests. */
const TENANTS_AT_ONCE = 3;

/**
 * The oldest events in their order; none when the token is not the lease's any more. Those of a tenant that has too much
 * under way are left where they are.
 * @throws FlowgridError `RATE_LIMITED` when there are no others.
 */
export async function readOutbox(
  database: TenantDatabase,
  { token, limit }: { readonly token: bigint; readonly limit: number },
): Promise<readonly OutboxEvent[]> {
  const keys = await database.withoutTenant(
    async (client) =>
      await client.$queryRaw<OutboxKey[]>`
        SELECT tenant_id AS "tenantId", id FROM list_outbox_events(${token}::bigint, ${limit}::integer)`,
  );
  const refusals: FlowgridError[] = [];
  const events = await readEvents(keys, async (tenantId, ids) => {
    try {
      return await database.readInTenant(
        tenantId,
        async (tx) =>
          await tx.$queryRaw<OutboxEvent[]>`
            SELECT tenant_id AS "tenantId", id, type, subject, body FROM outbox_event
            WHERE tenant_id = ${tenantId}::uuid AND id = ANY (${ids}::uuid[])`,
      );
    } catch (error) {
      if (!(error instanceof FlowgridError) || error.code !== 'RATE_LIMITED') throw error;
      refusals.push(error);
      return [];
    }
  });
  const [refusal] = refusals;
  if (events.length === 0 && refusal) throw refusal;
  return events;
}

/** Takes away what was sent. */
export async function deleteSent(
  database: TenantDatabase,
  token: bigint,
  events: readonly OutboxKey[],
): Promise<void> {
  const tenantIds = events.map(({ tenantId }) => tenantId);
  const ids = events.map(({ id }) => id);
  await database.withoutTenant(
    async (client) =>
      await client.$queryRaw`SELECT delete_outbox_events(${token}::bigint, ${tenantIds}::uuid[], ${ids}::uuid[])`,
  );
}

/** Puts an event among the dead letters of the outbox. */
export async function buryEvent(
  database: TenantDatabase,
  token: bigint,
  { event, reason }: { readonly event: OutboxKey; readonly reason: string },
): Promise<void> {
  await database.withoutTenant(
    async (client) =>
      await client.$queryRaw`
        SELECT bury_outbox_event(${token}::bigint, ${event.tenantId}::uuid, ${event.id}::uuid, ${reason})`,
  );
}

/** The oldest dead letters first. */
export async function listDeadEvents(
  database: TenantDatabase,
  limit: number,
): Promise<readonly DeadOutboxEvent[]> {
  const keys = await database.withoutTenant(
    async (client) =>
      await client.$queryRaw<OutboxKey[]>`
        SELECT tenant_id AS "tenantId", id FROM list_dead_outbox_events(${limit}::integer)`,
  );
  return readEvents(keys, async (tenantId, ids) =>
    database.readInTenant(
      tenantId,
      async (tx) =>
        await tx.$queryRaw<DeadOutboxEvent[]>`
          SELECT tenant_id AS "tenantId", id, type, subject, body, dead_at AS "deadAt", dead_reason AS "deadReason"
          FROM outbox_event WHERE tenant_id = ${tenantId}::uuid AND id = ANY (${ids}::uuid[])`,
    ),
  );
}

/** Lets dead letters be sent again; all of them without ids. Returns how many. */
export async function reviveDeadEvents(database: TenantDatabase, ids?: readonly string[]): Promise<number> {
  const [row] = await database.withoutTenant(
    async (client) =>
      await client.$queryRaw<
        { count: number }[]
      >`SELECT revive_outbox_events(${ids ?? null}::uuid[]) AS count`,
  );
  return row?.count ?? 0;
}

export interface OutboxMeasure {
  readonly waiting: number;
  /** 0 when nothing waits. */
  readonly oldestAgeSeconds: number;
  readonly dead: number;
}

/** How much waits, and for how long. */
export async function measureOutbox(database: Pick<TenantDatabase, 'withoutTenant'>): Promise<OutboxMeasure> {
  const [row] = await database.withoutTenant(
    async (client) =>
      await client.$queryRaw<OutboxMeasure[]>`
        SELECT waiting, oldest_age_seconds AS "oldestAgeSeconds", dead FROM measure_outbox()`,
  );
  return row ?? { waiting: 0, oldestAgeSeconds: 0, dead: 0 };
}

/** The rows of the keys, in the order of the keys. */
async function readEvents<Row extends OutboxKey>(
  keys: readonly OutboxKey[],
  read: (tenantId: string, ids: string[]) => Promise<Row[]>,
): Promise<readonly Row[]> {
  const tenants = [...Map.groupBy(keys, ({ tenantId }) => tenantId)];
  const rows = new Map<string, Row>();
  for (let index = 0; index < tenants.length; index += TENANTS_AT_ONCE) {
    const some = tenants.slice(index, index + TENANTS_AT_ONCE);
    const found = await Promise.all(
      some.map(([tenantId, own]) =>
        read(
          tenantId,
          own.map(({ id }) => id),
        ),
      ),
    );
    for (const row of found.flat()) rows.set(row.id, row);
  }
  return keys.flatMap(({ id }) => rows.get(id) ?? []);
}
