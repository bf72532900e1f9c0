/** The outbox of a schema over one plain connection: the operator's command has no generated client. */
import { Client } from 'pg';
import type { SqlClient, TenantDatabase } from '../outbox/outbox-database.ts';

/** Connects; the caller disposes of it. */
export async function connectToOutbox(
  url: string,
  schema: string,
): Promise<TenantDatabase & AsyncDisposable> {
  const client = new Client({
    connectionString: url,
    options: `-c search_path=${schema}`,
    application_name: 'flowgrid-dead-letters',
  });
  await client.connect();
  const sql = toSqlClient(client);
  const inTenant: TenantDatabase['inTenant'] = async (tenantId, work) => {
    await client.query('BEGIN');
    try {
      await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId]);
      const result = await work(sql);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    }
  };
  return {
    inTenant: serially(inTenant),
    readInTenant: serially(inTenant),
    withoutTenant: (work) => work(sql),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

/** One connection has one transaction at a time. */
function serially(inTenant: TenantDatabase['inTenant']): TenantDatabase['inTenant'] {
  let last: Promise<unknown> = Promise.resolve();
  return (tenantId, work) => {
    const next = last.then(() => inTenant(tenantId, work));
    // Whoever asked is told; the next one does not care.
    last = next.catch(() => undefined);
    return next;
  };
}

function toSqlClient(client: Client): SqlClient {
  const run = (query: TemplateStringsArray, values: unknown[]) =>
    client.query(
      query.reduce((text, part, index) => `${text}$${index}${part}`),
      values,
    );
  return {
    $executeRaw: async (query, ...values) => (await run(query, values)).rowCount ?? 0,
    // Rows are of the type that the statement was written for, as with the generated client.
    $queryRaw: async <Rows>(query: TemplateStringsArray, ...values: unknown[]) =>
      (await run(query, values)).rows as Rows,
  };
}
