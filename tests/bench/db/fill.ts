/** Half a million rows of a hundred tenants, once behind row level security and once in a copy without it. */
import { Client } from 'pg';
import { newId } from '@flowgrid/platform';
import type { TestDatabase } from '../../testkit/database.ts';

export const ROWS = 500_000;
export const TENANTS = 100;
/** The schema of the copy without row level security. */
export const PLAIN_SCHEMA = 'plain';

/** Returns the ids of the tenants. */
export async function fill(database: TestDatabase): Promise<readonly string[]> {
  const tenants = Array.from({ length: TENANTS }, () => newId());
  const client = new Client({ connectionString: database.superuserUrl });
  await client.connect();
  try {
    await client.query(FILL_SQL, [tenants, ROWS]);
    await client.query(COPY_SQL);
    await client.query('VACUUM ANALYZE agents.audit_event');
    await client.query(`VACUUM ANALYZE ${PLAIN_SCHEMA}.audit_event`);
  } finally {
    await client.end();
  }
  return tenants;
}

const FILL_SQL = `
  INSERT INTO agents.audit_event
    (tenant_id, id, at, actor_kind, actor_id, actor_name, action, resource_type, resource_id, changes)
  SELECT ($1::uuid[])[1 + n % cardinality($1::uuid[])], uuidv7(), now() - make_interval(secs => $2::integer - n), 'USER',
         gen_random_uuid()::text, 'Ada Lovelace', 'agent.updated', 'agent', gen_random_uuid()::text,
         jsonb_build_object('name', jsonb_build_array('Claims triage ' || n, 'Claims triage ' || n + 1))
  FROM generate_series(1, $2::integer) AS n`;

const COPY_SQL = `
  CREATE SCHEMA ${PLAIN_SCHEMA};
  CREATE TABLE ${PLAIN_SCHEMA}.audit_event (LIKE agents.audit_event INCLUDING ALL);
  INSERT INTO ${PLAIN_SCHEMA}.audit_event SELECT * FROM agents.audit_event;
  GRANT USAGE ON SCHEMA ${PLAIN_SCHEMA} TO flowgrid_agents;
  GRANT SELECT ON ${PLAIN_SCHEMA}.audit_event TO flowgrid_agents`;
