/** A database of the release before gets the tables of messages without losing what it holds. */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomUUID } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { expect, inject, test } from 'vitest';
import { migrate } from '@flowgrid/db';
import { newId } from '@flowgrid/platform';
import { writeEvents } from '@flowgrid/messaging';
import { bootstrapDatabase } from '../../../local/src/index.ts';
import { openAgentsDatabase } from '../../../subgraphs/agents/src/database.ts';
import { openTestDatabase, type TestDatabaseAccess } from '../../testkit/database.ts';
import { agentEvent } from './outbox-service.ts';

const folder = fileURLToPath(new URL('../../../prisma', import.meta.url));
/** The last migration of the release before. */
const BEFORE = '20261123';

async function createEmptyDatabase(): Promise<TestDatabaseAccess & AsyncDisposable> {
  const { superuserUrl, secrets } = inject('postgres');
  const name = `empty${randomUUID().replaceAll('-', '')}`;
  const run = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: superuserUrl });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await bootstrapDatabase({ superuserUrl, database: name, passwords: secrets.rolePasswords });
  return {
    ...openTestDatabase({ superuserUrl, secrets }, name),
    [Symbol.asyncDispose]: () => run(`DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`),
  };
}

/** A copy of the migrations, as the release before had them. */
async function copyOfBefore(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'flowgrid-before-'));
  for (const schema of await readdir(folder)) {
    const migrations = await readdir(join(folder, schema, 'migrations')).catch(() => []);
    for (const name of migrations.filter((candidate) => candidate < BEFORE)) {
      const target = join(path, schema, 'migrations', name);
      await cp(join(folder, schema, 'migrations', name), target, { recursive: true });
    }
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test('the database of the release before is brought up to date with its rows', async () => {
  await using empty = await createEmptyDatabase();
  await using before = await copyOfBefore();
  const owner = empty.url('flowgrid_owner');
  const tenantId = newId();
  const old = await migrate(owner, before.path);
  const superuser = new Client({ connectionString: empty.superuserUrl });
  await superuser.connect();
  await superuser.query(
    `INSERT INTO agents.audit_event VALUES ($1, $2, now(), 'USER', 'a', 'Ada', NULL, 'agent.created', 'agent', 'x', '{}', NULL)`,
    [tenantId, newId()],
  );

  const added = await migrate(owner, folder);
  const again = await migrate(owner, folder);
  await using database = openAgentsDatabase(empty.url('flowgrid_agents'));
  const stored = await database.inTenant(tenantId, async (tx) => {
    await writeEvents(tx, [agentEvent(tenantId)]);
    return { audit: await tx.auditEvent.count(), outbox: await tx.outboxEvent.count() };
  });
  await superuser.end();

  expect(old.map(({ schema }) => schema)).toEqual(
    expect.arrayContaining(['agents', 'design', 'integrations']),
  );
  expect(old.map(({ schema }) => schema)).not.toContain('messaging');
  expect(added.map(({ schema, name }) => `${schema}/${name}`)).toEqual(
    expect.arrayContaining([
      'agents/20261123010000_outbox',
      'design/20261123010000_outbox',
      'design/20261123010100_inbox',
      'integrations/20261123010000_outbox',
      'messaging/20261123020000_messaging',
    ]),
  );
  expect([again, stored]).toEqual([[], { audit: 1, outbox: 1 }]);
});
