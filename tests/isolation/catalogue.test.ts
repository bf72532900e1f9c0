/** What the database itself says about isolation. A new table, function or role fails here until it is right. */
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testkit/database.ts';
import {
  GLOBAL_TABLES,
  OUT_OF_REACH,
  SCHEMAS,
  SERVICE_SCHEMAS,
  listTables,
  rolesOf,
  type TableName,
} from './tables.ts';

const TENANT_CONDITION =
  /tenant_id = \( SELECT \(NULLIF\(current_setting\('app\.tenant_id'::text, true\), ''::text\)\)::uuid/;

/** Functions that act before a tenant is known. Each takes an unguessable or public key, or a lease, and returns ids or numbers only. */
const DEFINER_FUNCTIONS = [
  'agents.bury_outbox_event',
  'agents.claim_outbox_lease',
  'agents.delete_outbox_events',
  'agents.list_dead_outbox_events',
  'agents.list_outbox_events',
  'agents.measure_outbox',
  'agents.release_outbox_lease',
  'agents.revive_outbox_events',
  'auth.find_active_users_of_account',
  'auth.find_refresh_token_by_hash',
  'auth.find_tenant_by_slug',
  'design.bury_outbox_event',
  'design.claim_design_job',
  'design.claim_outbox_lease',
  'design.delete_outbox_events',
  'design.list_dead_outbox_events',
  'design.list_outbox_events',
  'design.list_unsent_design_jobs',
  'design.measure_outbox',
  'design.purge_inbox_messages',
  'design.purge_uploads',
  'design.release_outbox_lease',
  'design.revive_outbox_events',
  'integrations.bury_outbox_event',
  'integrations.claim_inbound_deliveries',
  'integrations.claim_inbound_redeliveries',
  'integrations.claim_inbound_registrations',
  'integrations.claim_outbox_lease',
  'integrations.claim_rule_runs',
  'integrations.claim_webhook_replay',
  'integrations.delete_outbox_events',
  'integrations.find_inbound_hook',
  'integrations.list_data_keys_to_tend',
  'integrations.list_dead_outbox_events',
  'integrations.list_former_credentials',
  'integrations.list_oauth_tokens_to_tend',
  'integrations.list_outbox_events',
  'integrations.measure_data_keys',
  'integrations.measure_outbox',
  'integrations.measure_webhook_queue',
  'integrations.purge_deleted_items',
  'integrations.purge_external_writes',
  'integrations.purge_inbound_deliveries',
  'integrations.purge_inbox_messages',
  'integrations.purge_integration_events',
  'integrations.purge_rule_runs',
  'integrations.purge_webhooks',
  'integrations.release_outbox_lease',
  'integrations.revive_outbox_events',
  'integrations.take_due_integration_syncs',
  'integrations.take_due_webhook_endpoints',
  'messaging.claim_deliveries',
  'messaging.list_dead_deliveries',
  'messaging.publish_messages',
  'messaging.renew_deliveries',
  'messaging.replay_dead_deliveries',
  'messaging.send_messages',
  'messaging.settle_deliveries',
];

/** Keys that do not begin with the tenant, each with the reason why it tells no tenant of another. */
const GLOBAL_KEYS: Readonly<Record<string, string>> = {
  'auth.app_user app_user_account_id_fkey': 'accounts are global',
  'auth.refresh_token refresh_token_token_hash_key': 'the hash of an unguessable token',
  'auth.tenant tenant_slug_key': 'a slug is the public name of a tenant, chosen by the operator',
  'integrations.inbound_hook inbound_hook_address_key': 'an unguessable address',
};

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client({ connectionString: database.superuserUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database[Symbol.asyncDispose]();
});

async function rows<Row extends Record<string, unknown>>(
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await client.query<Row>(sql, values)).rows;
}

const nameOf = ({ schema, table }: TableName): string => `${schema}.${table}`;

describe('every table', () => {
  test('belongs to tenants, or is one of the few that are global on purpose', async () => {
    const tables = await listTables(client);

    const withoutTenant = tables.filter(({ hasTenant }) => !hasTenant).map(nameOf);

    expect(withoutTenant).toEqual(Object.keys(GLOBAL_TABLES).toSorted());
  });

  test('of tenants has row level security enabled and forced', async () => {
    const tables = await listTables(client);

    const open = tables
      .filter((table) => table.hasTenant && !(table.isEnabled && table.isForced))
      .map(nameOf);

    expect(open).toEqual([]);
  });

  test('of tenants shows its service the rows of the current tenant only, for reading and writing', async () => {
    const tables = (await listTables(client)).filter(({ hasTenant }) => hasTenant);
    const policies = await rows<{
      name: string;
      role: string;
      cmd: string;
      permissive: string;
      qual: string;
      check: string;
    }>(
      `SELECT schemaname || '.' || tablename AS name, unnest(roles)::text AS role, cmd, permissive, qual, with_check AS check
         FROM pg_policies WHERE schemaname = ANY($1)`,
      [SCHEMAS],
    );

    const wrong = tables.flatMap((table) => {
      const own = policies.filter(({ name, role }) => name === nameOf(table) && role !== 'flowgrid_owner');
      const roles = nameOf(table) in OUT_OF_REACH ? [] : rolesOf(table.schema);
      const isRight =
        own
          .map(({ role }) => role)
          .toSorted()
          .join(' ') === roles.join(' ') &&
        own.every(
          (policy) =>
            policy.cmd === 'ALL' &&
            tenantCondition(table).test(policy.qual) &&
            tenantCondition(table).test(policy.check),
        );
      return isRight ? [] : [`${nameOf(table)}: ${JSON.stringify(own)}`];
    });

    expect(wrong).toEqual([]);
  });

  test('of tenants leads every primary, unique and foreign key with the tenant', async () => {
    const keys = await rows<{ name: string; first: string }>(
      `SELECT n.nspname || '.' || c.relname || ' ' || k.conname AS name, a.attname AS first
         FROM pg_constraint k
         JOIN pg_class c ON c.oid = k.conrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
        WHERE n.nspname = ANY($1) AND k.contype IN ('p', 'u', 'f')
       UNION
       SELECT n.nspname || '.' || c.relname || ' ' || i.relname, a.attname
         FROM pg_index x
         JOIN pg_class i ON i.oid = x.indexrelid
         JOIN pg_class c ON c.oid = x.indrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
        WHERE n.nspname = ANY($1) AND x.indisunique`,
      [SCHEMAS],
    );
    const tenantTables = (await listTables(client)).filter(({ hasTenant }) => hasTenant);

    const wrong = keys.filter(({ name, first }) => {
      const table = tenantTables.find((candidate) => name.startsWith(`${nameOf(candidate)} `));
      return table && first !== table.tenantColumn;
    });

    expect(wrong.map(({ name }) => name).toSorted()).toEqual(Object.keys(GLOBAL_KEYS));
  });

  test('is owned by the owner of migrations and by no service', async () => {
    const owners = await rows<{ owner: string }>(
      `SELECT DISTINCT pg_get_userbyid(c.relowner) AS owner FROM pg_class c
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1)`,
      [SCHEMAS],
    );

    expect(owners).toEqual([{ owner: 'flowgrid_owner' }]);
  });

  test('is out of reach for the services that do not own it', async () => {
    const grants = await rows<{ schema: string; grantee: string; table: string; privilege: string }>(
      `SELECT table_schema AS schema, grantee, table_name AS table, privilege_type AS privilege
         FROM information_schema.role_table_grants
        WHERE table_schema = ANY($1) AND grantee <> 'flowgrid_owner' ORDER BY 1, 2, 3, 4`,
      [SCHEMAS],
    );

    const foreign = grants.filter(({ schema, grantee }) => !rolesOf(schema).some((role) => role === grantee));
    const shared = grants.filter(({ schema }) => schema === 'messaging');

    expect(foreign).toEqual([]);
    expect(shared).toEqual(
      rolesOf('messaging').flatMap((grantee) =>
        ['message', 'source'].map((table) => ({ schema: 'messaging', grantee, table, privilege: 'SELECT' })),
      ),
    );
  });
});

test('no role of the platform is a superuser or passes by row level security', async () => {
  const roles = await rows<{ rolname: string }>(
    `SELECT rolname FROM pg_roles WHERE rolname LIKE 'flowgrid%'
        AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)`,
  );
  const memberships = await rows(
    `SELECT 1 FROM pg_auth_members WHERE member IN (SELECT oid FROM pg_roles WHERE rolname LIKE 'flowgrid%')`,
  );

  expect(roles).toEqual([]);
  expect(memberships).toEqual([]);
});

test('only the listed functions run with the rights of their owner, for the roles of their schema, on a fixed search path', async () => {
  const functions = await rows<{ name: string; config: string[] | null; grantees: string[] }>(
    `SELECT n.nspname || '.' || p.proname AS name, p.proconfig AS config,
            ARRAY(SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END
                    FROM aclexplode(p.proacl) a WHERE a.grantee <> p.proowner ORDER BY 1) AS grantees
       FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname = ANY($1) AND p.prosecdef ORDER BY 1`,
    [SCHEMAS],
  );

  expect(functions.map(({ name }) => name)).toEqual(DEFINER_FUNCTIONS);
  for (const { name, config, grantees } of functions) {
    const schema = name.split('.')[0] ?? '';
    expect({ name, config, grantees }).toEqual({
      name,
      config: [`search_path=${schema}, pg_temp`],
      grantees: rolesOf(schema),
    });
  }
});

test('no view and no materialized view looks at tables with the rights of its owner', async () => {
  const views = await rows(
    `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ANY($1) AND (c.relkind = 'm'
         OR (c.relkind = 'v' AND NOT coalesce(c.reloptions::text LIKE '%security_invoker=true%', false)))`,
    [SCHEMAS],
  );

  expect(views).toEqual([]);
});

test.each(SERVICE_SCHEMAS)('the audit of %s can be added to and never changed', async (schema) => {
  const grants = await rows<{ privilege: string }>(
    `SELECT privilege_type AS privilege FROM information_schema.role_table_grants
      WHERE table_schema = $1 AND table_name = 'audit_event' AND grantee = 'flowgrid_' || $1 ORDER BY 1`,
    [schema],
  );

  expect(grants).toEqual([{ privilege: 'INSERT' }, { privilege: 'SELECT' }]);
});

function tenantCondition(table: { tenantColumn: string }): RegExp {
  return new RegExp(TENANT_CONDITION.source.replace('tenant_id =', `${table.tenantColumn} =`));
}
