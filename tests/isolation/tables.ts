/** The tables of the platform, read from the database's own catalogue. */
import type { Client } from 'pg';
import type { DatabaseRole } from '../../local/src/index.ts';

/** Schemas of one service each, whose login role is called like them. */
export const SERVICE_SCHEMAS = ['agents', 'auth', 'design', 'integrations'] as const;

/** With the one in which services hand messages to each other. */
export const SCHEMAS = [...SERVICE_SCHEMAS, 'messaging'] as const;

/** The login roles that may use a schema. */
export function rolesOf(schema: string): readonly DatabaseRole[] {
  if (schema === 'messaging') return ['flowgrid_agents', 'flowgrid_design', 'flowgrid_integrations'];
  return [`flowgrid_${schema}` as DatabaseRole];
}

/** Tables of tenants that no service reads or writes by itself, each with the reason. */
export const OUT_OF_REACH: Readonly<Record<string, string>> = {
  'messaging.delivery': 'functions alone decide who is given which message; there is no content in it',
};

export interface TableName {
  readonly schema: string;
  readonly table: string;
}

export interface TableFacts extends TableName {
  readonly hasTenant: boolean;
  /** `tenant_id`, but for the table of tenants itself. */
  readonly tenantColumn: string;
  readonly isEnabled: boolean;
  readonly isForced: boolean;
}

/** Tables without a tenant, each with the reason. */
export const GLOBAL_TABLES: Readonly<Record<string, string>> = {
  'agents.outbox_lease': 'says which replica hands events over',
  'auth.account': 'a login belongs to a person, who may work in several tenants',
  'auth.sign_in_attempt': 'counts failed sign-ins before anybody is known',
  'auth.signing_key': 'keys of the platform itself',
  'design.outbox_lease': 'says which replica hands events over',
  'integrations.outbox_lease': 'says which replica hands events over',
  'messaging.event_resource': 'says which service tells of what',
  'messaging.source': 'says which service receives what',
};

/** Every table but the bookkeeping of migrations. */
export async function listTables(client: Client): Promise<readonly TableFacts[]> {
  const { rows } = await client.query<TableFacts>(
    `SELECT n.nspname AS schema, c.relname AS table, c.relrowsecurity AS "isEnabled", c.relforcerowsecurity AS "isForced",
            c.relname = 'tenant' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
                     AND a.attname = 'tenant_id' AND a.attnotnull) AS "hasTenant",
            CASE WHEN c.relname = 'tenant' THEN 'id' ELSE 'tenant_id' END AS "tenantColumn"
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'
      ORDER BY 1, 2`,
    [SCHEMAS],
  );
  return rows;
}
