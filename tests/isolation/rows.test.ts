/** Every table, with rows of a real tenant in it, attacked with the login role of its own service. */
import { Client, escapeIdentifier } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import { OUT_OF_REACH, listTables, rolesOf, type TableFacts } from './tables.ts';
import { fillTenant } from './tenant-data.ts';

const platform = sharedPlatform();
const REFUSED =
  /row-level security|permission denied|refuse|append|immutable|never change|cannot be changed|insert-only/i;

let superuser: Client;
let owner: TestTenant;
let stranger: TestTenant;
let tables: readonly TableFacts[];

beforeAll(async () => {
  superuser = new Client({ connectionString: platform.database.superuserUrl });
  await superuser.connect();
  owner = await platform.createTenant();
  stranger = await platform.createTenant();
  await fillTenant(owner, platform.routerUrl);
  await addGrantOfRunningJob();
  await addMessages();
  await addAiUsage();
  await addExternalItems();
  await addIntegrationEvents();
  await addSignIns();
  await addHooksAndRules();
  await addWebhooks();
  tables = (await listTables(superuser)).filter(({ hasTenant }) => hasTenant);
});
afterAll(() => superuser.end());

/** Grants exist only while a worker may need them, which is over by now. */
async function addGrantOfRunningJob(): Promise<void> {
  await superuser.query(
    `INSERT INTO design.job_grant (tenant_id, session_id, actor_id, context_token, created_at)
     SELECT tenant_id, id, 'actor', 'evidence', now() FROM design.design_session WHERE tenant_id = $1 LIMIT 1`,
    [owner.id],
  );
}

/** Events leave their outbox at once, but for those that no transport takes. */
async function addMessages(): Promise<void> {
  for (const schema of ['agents', 'design', 'integrations']) {
    await superuser.query(
      `INSERT INTO ${escapeIdentifier(schema)}.outbox_event (tenant_id, id, type, subject, body, dead_at, dead_reason)
       VALUES ($1, gen_random_uuid(), 'test.kept', 'subject', '{}', now(), 'too-large')`,
      [owner.id],
    );
  }
  await superuser.query(
    `INSERT INTO design.known_agent (tenant_id, id, name, description, status, revision, created_at)
     VALUES ($1, gen_random_uuid(), 'Known', '', 'DRAFT', 1, now())`,
    [owner.id],
  );
  await superuser.query(
    `INSERT INTO design.inbox_message (tenant_id, consumer, message_id) VALUES ($1, 'test', gen_random_uuid())`,
    [owner.id],
  );
  await superuser.query(
    `WITH dead AS (
       INSERT INTO messaging.delivery (tenant_id, id, source, state, dead_at)
       VALUES ($1, nextval('messaging.delivery_id'), 'subscription:design-agents', 'DEAD', now()) RETURNING *
     )
     INSERT INTO messaging.message (tenant_id, id, source, message_id, type, body)
     SELECT tenant_id, id, source, 'test', 'agent.kept', '{}' FROM dead`,
    [owner.id],
  );
}

/** A request to an AI model, and what the tenant has set. */
async function addAiUsage(): Promise<void> {
  await superuser.query(
    `INSERT INTO design.design_setting (tenant_id, engine, redact_personal_data, revision, updated_at)
     VALUES ($1, 'LOCAL', true, 1, now())`,
    [owner.id],
  );
  await superuser.query(
    `INSERT INTO design.ai_call (tenant_id, id, session_id, phase, provider, model, state, cost_usd, started_at)
     SELECT tenant_id, gen_random_uuid(), id, 'DESIGN', 'anthropic', 'claude', 'RESERVED', 1, now()
       FROM design.design_session WHERE tenant_id = $1 LIMIT 1`,
    [owner.id],
  );
}

/** What a connected system would have told. */
async function addExternalItems(): Promise<void> {
  await superuser.query(
    `WITH item AS (
       INSERT INTO integrations.external_item (tenant_id, integration_id, key, title, body, state, type, changed_at, seen_at)
       SELECT tenant_id, id, 'CLM-1', 'Claim', '', 'open', 'Issue', now(), now()
         FROM integrations.integration WHERE tenant_id = $1 LIMIT 1 RETURNING *
     )
     INSERT INTO integrations.agent_item (tenant_id, agent_id, integration_id, item_key, reason, tied_at)
     SELECT tenant_id, gen_random_uuid(), integration_id, key, 'a rule', now() FROM item`,
    [owner.id],
  );
  await superuser.query(
    `INSERT INTO integrations.external_write (tenant_id, id, integration_id, kind, input_digest, state, sent_at)
     SELECT tenant_id, gen_random_uuid(), id, 'CREATE', 'digest', 'SENT', now()
       FROM integrations.integration WHERE tenant_id = $1 LIMIT 1`,
    [owner.id],
  );
}

/** What happened at an integration, and how its connection is. */
async function addIntegrationEvents(): Promise<void> {
  await superuser.query(
    `WITH head AS (
       INSERT INTO integrations.integration_event_head (tenant_id, integration_id, last_sequence)
       SELECT tenant_id, id, 1 FROM integrations.integration WHERE tenant_id = $1 LIMIT 1 RETURNING *
     )
     INSERT INTO integrations.integration_event (tenant_id, integration_id, sequence, kind, message, item_keys, at)
     SELECT tenant_id, integration_id, 1, 'FAILED', 'Kept', '{}', now() FROM head`,
    [owner.id],
  );
  await superuser.query(
    `WITH kept AS (
       INSERT INTO integrations.connection_state (tenant_id, integration_id, revision, tokens, write_tokens, refilled_at)
       SELECT tenant_id, id, 1, 1, 1, now() FROM integrations.integration WHERE tenant_id = $1 LIMIT 1 RETURNING *
     )
     INSERT INTO integrations.integration_status_change (tenant_id, integration_id, id, at, from_status, to_status, reason)
     SELECT tenant_id, integration_id, gen_random_uuid(), now(), 'UNTESTED', 'HEALTHY', 'Kept' FROM kept`,
    [owner.id],
  );
}

/** A sign-in in the browser that was begun, and what another one brought. */
async function addSignIns(): Promise<void> {
  await superuser.query(
    `INSERT INTO integrations.authorization_request
       (tenant_id, id, integration_id, user_id, state_hash, envelope, connection_revision, created_at, expires_at)
     SELECT tenant_id, gen_random_uuid(), id, gen_random_uuid(), 'hash', '{}', 1, now(), now()
       FROM integrations.integration WHERE tenant_id = $1 LIMIT 1`,
    [owner.id],
  );
  await superuser.query(
    `INSERT INTO integrations.oauth_token
       (tenant_id, integration_id, envelope, connection_revision, generation, refreshed_at)
     SELECT tenant_id, id, '{}', 1, 1, now() FROM integrations.integration WHERE tenant_id = $1 LIMIT 1`,
    [owner.id],
  );
}

/** A hook with what it received, and a rule that fired. */
async function addHooksAndRules(): Promise<void> {
  await superuser.query(
    `INSERT INTO auth.rule_grant (tenant_id, rule_id, user_id, rule_name, created_at)
     SELECT tenant_id, gen_random_uuid(), id, 'Kept', now() FROM auth.app_user WHERE tenant_id = $1 LIMIT 1`,
    [owner.id],
  );
  await superuser.query(
    `WITH hook AS (
       INSERT INTO integrations.inbound_hook (tenant_id, id, kind, verification, name, is_enabled, address, created_at, updated_at)
       VALUES ($1, gen_random_uuid(), 'GENERIC', 'HMAC_SHA256', 'Kept', true, gen_random_uuid()::text, now(), now()) RETURNING *
     ), secret AS (
       INSERT INTO integrations.inbound_hook_secret (tenant_id, id, hook_id, envelope, created_at)
       SELECT tenant_id, gen_random_uuid(), id, '{}', now() FROM hook
     ), registration AS (
       INSERT INTO integrations.inbound_registration (tenant_id, id, hook_id, foreign_id, created_at)
       SELECT tenant_id, gen_random_uuid(), id, '1', now() FROM hook
     ), delivery AS (
       INSERT INTO integrations.inbound_delivery (tenant_id, id, hook_id, delivery_key, size, state, attempt, run_after, received_at)
       SELECT tenant_id, gen_random_uuid(), id, 'key', 2, 'DONE', 1, now(), now() FROM hook RETURNING *
     )
     INSERT INTO integrations.inbound_delivery_content (tenant_id, delivery_id, headers, body)
     SELECT tenant_id, id, '{}', '{}'::bytea FROM delivery`,
    [owner.id],
  );
  await superuser.query(
    `WITH rule AS (
       INSERT INTO integrations.integration_rule (tenant_id, id, name, is_enabled, trigger, action, settings, max_runs_per_hour,
                                                  author_name, created_at, updated_at)
       VALUES ($1, gen_random_uuid(), 'Kept', false, 'ITEM_CHANGED', 'START_DESIGN', '{}', 1, 'Ada', now(), now()) RETURNING *
     )
     INSERT INTO integrations.rule_run (tenant_id, id, rule_id, event_id, state, attempt, run_after, created_at)
     SELECT tenant_id, gen_random_uuid(), id, gen_random_uuid(), 'DONE', 1, now(), now() FROM rule`,
    [owner.id],
  );
}

/** An endpoint, its secret, and what was told to it. */
async function addWebhooks(): Promise<void> {
  const [endpoint, message, delivery] = Array.from({ length: 3 }, () => newId());
  const statements: readonly (readonly [string, readonly unknown[]])[] = [
    [
      `INSERT INTO integrations.webhook_endpoint (tenant_id, id, url, description, events, signing, ordering, status, created_at, updated_at)
       VALUES ($1, $2, 'https://example.com/', '', '{}', 'HMAC', 'NONE', 'ENABLED', now(), now())`,
      [endpoint],
    ],
    [
      `INSERT INTO integrations.webhook_secret (tenant_id, id, endpoint_id, envelope, created_at)
       VALUES ($1, gen_random_uuid(), $2, '{}', now())`,
      [endpoint],
    ],
    ['INSERT INTO integrations.webhook_queue (tenant_id, endpoint_id) VALUES ($1, $2)', [endpoint]],
    [
      `INSERT INTO integrations.webhook_message (tenant_id, id, type, body, is_test, created_at)
       VALUES ($1, $2, 'agent.created', '{}', false, now())`,
      [message],
    ],
    [
      `INSERT INTO integrations.webhook_delivery (tenant_id, endpoint_id, message_id, id, type, resource, state, created_at, updated_at)
       VALUES ($1, $2, $3, $4, 'agent.created', 'agent', 'DELIVERED', now(), now())`,
      [endpoint, message, delivery],
    ],
    [
      `INSERT INTO integrations.webhook_attempt (tenant_id, endpoint_id, delivery_id, number, at, outcome, url, body_bytes, body_sha256)
       VALUES ($1, $2, $3, 1, now(), 'DELIVERED', 'https://example.com/', 2, '')`,
      [endpoint, delivery],
    ],
    [
      `INSERT INTO integrations.webhook_replay (tenant_id, id, endpoint_id, since, until, only_failed, state, total, created_at)
       VALUES ($1, gen_random_uuid(), $2, now(), now(), true, 'DONE', 0, now())`,
      [endpoint],
    ],
  ];
  for (const [sql, values] of statements) await superuser.query(sql, [owner.id, ...values]);
}

const nameOf = ({ schema, table }: TableFacts): string =>
  `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`;

/** Runs as the service that owns the table, with a tenant or without, and undoes what it did. */
async function asService<Result>(
  table: TableFacts,
  tenantId: string | null,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  // Of the services that hand messages to each other, the one that receives what `addMessages` adds.
  const role = table.schema === 'messaging' ? 'flowgrid_design' : rolesOf(table.schema)[0];
  if (role === undefined) throw new Error(`nobody uses ${nameOf(table)}`);
  const client = new Client({ connectionString: platform.database.url(role) });
  await client.connect();
  try {
    await client.query('BEGIN');
    if (tenantId !== null) await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId]);
    return await work(client);
  } finally {
    await client.end();
  }
}

async function rowsOfOwner(table: TableFacts): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await superuser.query<Record<string, unknown>>(
    `SELECT to_jsonb(t) AS row FROM ${nameOf(table)} t WHERE ${table.tenantColumn} = $1`,
    [owner.id],
  );
  return rows;
}

/** The number of rows a statement touched, or that it was refused. */
async function touch(client: Client, sql: string, values: unknown[]): Promise<number | 'refused'> {
  try {
    return (await client.query(sql, values)).rowCount ?? 0;
  } catch (error) {
    if (error instanceof Error && REFUSED.test(error.message)) return 'refused';
    throw error;
  }
}

test('every table holds rows of the tenant, so that no check below is empty', async () => {
  const empty: string[] = [];
  for (const table of tables) if ((await rowsOfOwner(table)).length === 0) empty.push(nameOf(table));

  expect(empty).toEqual([]);
});

test('no table shows rows of another tenant, or any without a tenant', async () => {
  for (const table of tables) {
    const rows = `SELECT 1 FROM ${nameOf(table)} WHERE ${table.tenantColumn} = $1`;
    const seenBy = (tenantId: string | null): Promise<number | 'refused'> =>
      asService(table, tenantId, (client) => touch(client, rows, [owner.id]));
    const isOutOfReach = `${table.schema}.${table.table}` in OUT_OF_REACH;

    expect({ table: nameOf(table), stranger: await seenBy(stranger.id), nobody: await seenBy(null) }).toEqual(
      {
        table: nameOf(table),
        stranger: isOutOfReach ? 'refused' : 0,
        nobody: isOutOfReach ? 'refused' : 0,
      },
    );
  }
});

test('no table lets another tenant change or delete rows', async () => {
  for (const table of tables) {
    const where = `WHERE ${table.tenantColumn} = $1`;
    const changes = [
      `UPDATE ${nameOf(table)} SET ${table.tenantColumn} = ${table.tenantColumn} ${where}`,
      `DELETE FROM ${nameOf(table)} ${where}`,
    ];

    for (const sql of changes) {
      const touched = await asService(table, stranger.id, (client) => touch(client, sql, [owner.id]));
      expect([0, 'refused'], sql).toContain(touched);
    }
  }
});

test('no table takes a row for another tenant, or a row without a tenant set', async () => {
  for (const table of tables) {
    const [example] = await rowsOfOwner(table);
    const sql = `INSERT INTO ${nameOf(table)} SELECT * FROM jsonb_populate_record(NULL::${nameOf(table)}, $1)`;
    const insertAs = (tenantId: string | null): Promise<number | 'refused'> =>
      asService(table, tenantId, (client) => touch(client, sql, [JSON.stringify(example?.['row'])]));

    expect({
      table: nameOf(table),
      stranger: await insertAs(stranger.id),
      nobody: await insertAs(null),
    }).toEqual({
      table: nameOf(table),
      stranger: 'refused',
      nobody: 'refused',
    });
  }
});
