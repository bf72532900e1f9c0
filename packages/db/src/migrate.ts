/**
 * Applies the SQL migrations of every schema, in the bookkeeping of Prisma Migrate (`_prisma_migrations`, its advisory
 * lock and its checksums), so that `prisma migrate deploy` and this are interchangeable.
 */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { newId } from '@flowgrid/platform';

/** The key of Prisma Migrate's own lock: whoever migrates, one at a time. */
const MIGRATION_LOCK = 72_707_369;

interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, in hex. */
  readonly checksum: string;
}

export interface AppliedMigration {
  readonly schema: string;
  readonly name: string;
}

/** A migration that cannot be applied; the message names it and says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Brings every schema found as `<folder>/<schema>/migrations` up to date and returns what was applied.
 * Safe when several processes do it at once: the second waits and finds nothing to do.
 * @param url connection string of the owner of the database.
 * @throws MigrationError when an applied file was edited, is missing, or a new one fails; a failed one leaves nothing behind.
 */
export async function migrate(url: string, folder: string): Promise<readonly AppliedMigration[]> {
  const client = new Client({ connectionString: url, application_name: 'flowgrid-migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const applied: AppliedMigration[] = [];
    for (const schema of await schemasIn(folder)) {
      const migrations = await readMigrations(join(folder, schema, 'migrations'));
      for (const name of await migrateSchema(client, schema, migrations)) applied.push({ schema, name });
    }
    return applied;
  } finally {
    await client.end();
  }
}

async function schemasIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: false });
  const names = entries
    .filter((entry) => entry.isDirectory() && /^[a-z_]+$/.test(entry.name))
    .map(({ name }) => name);
  const withMigrations: string[] = [];
  for (const name of names.toSorted()) {
    const inside = await readdir(join(folder, name));
    if (inside.includes('migrations')) withMigrations.push(name);
  }
  return withMigrations;
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.toSorted().map(async (name) => {
      const content = await readFile(join(folder, name, 'migration.sql'));
      return { name, sql: content.toString(), checksum: createHash('sha256').update(content).digest('hex') };
    }),
  );
}

async function migrateSchema(
  client: Client,
  schema: string,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const quoted = escapeIdentifier(schema);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted}`);
  await client.query(`SET search_path TO ${quoted}`);
  await client.query(BOOKKEEPING_SQL);
  const pending = await findPending(client, schema, migrations);
  for (const migration of pending) {
    await apply(client, schema, migration);
    await client.query(`SET search_path TO ${quoted}`);
  }
  return pending.map(({ name }) => name);
}

async function findPending(
  client: Client,
  schema: string,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  const recorded = new Map(rows.map((row) => [row.migration_name, row]));
  for (const { migration_name: name, finished_at: finishedAt } of rows) {
    if (finishedAt === null)
      throw new MigrationError(`${schema}/${name} began and did not finish. ${RESOLVE_HINT}`);
    if (!migrations.some((migration) => migration.name === name)) {
      throw new MigrationError(`${schema}/${name} was applied to this database and is not in this release.`);
    }
  }
  return migrations.filter((migration) => {
    const record = recorded.get(migration.name);
    if (record && record.checksum !== migration.checksum) {
      throw new MigrationError(
        `${schema}/${migration.name} was edited after it was applied. Undo that; add a new one.`,
      );
    }
    return !record;
  });
}

async function apply(client: Client, schema: string, migration: Migration): Promise<void> {
  const id = newId();
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ($1, $2, $3, now())`,
    [id, migration.checksum, migration.name],
  );
  try {
    // One simple query is one implicit transaction: a failing file leaves nothing behind.
    await client.query(migration.sql);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await client.query(`UPDATE _prisma_migrations SET rolled_back_at = now(), logs = $2 WHERE id = $1`, [
      id,
      reason,
    ]);
    throw new MigrationError(`${schema}/${migration.name} failed and was rolled back: ${reason}`, {
      cause: error,
    });
  }
  await client.query(
    `UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = $1`,
    [id],
  );
}

const RESOLVE_HINT = 'Look at the schema, then delete its row in _prisma_migrations or set finished_at.';

const BOOKKEEPING_SQL = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
)`;
