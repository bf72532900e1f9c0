/** `migrate` against a real database, with migrations of the test's own. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MigrationError, migrate } from '@flowgrid/db';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';

let database: TestDatabase;
let folder: string;
let schema = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'flowgrid-migrations-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await database[Symbol.asyncDispose]();
});

/** A folder with one schema, whose name no other test uses. */
async function writeMigrations(files: Record<string, string>): Promise<{ root: string; name: string }> {
  schema += 1;
  const name = `things_${'abcdefghij'[schema] ?? 'z'}`;
  const root = join(folder, name);
  for (const [migration, sql] of Object.entries(files)) {
    await mkdir(join(root, name, 'migrations', migration), { recursive: true });
    await writeFile(join(root, name, 'migrations', migration, 'migration.sql'), sql);
  }
  return { root, name };
}

async function query(sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: database.url('flowgrid_owner') });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

test('migrations are applied once, in order, in the bookkeeping of Prisma', async () => {
  const { root, name } = await writeMigrations({
    '2_more': 'ALTER TABLE thing ADD COLUMN note text',
    '1_first': 'CREATE TABLE thing (id int)',
  });

  const first = await migrate(database.url('flowgrid_owner'), root);
  const second = await migrate(database.url('flowgrid_owner'), root);

  expect(first).toEqual([
    { schema: name, name: '1_first' },
    { schema: name, name: '2_more' },
  ]);
  expect(second).toEqual([]);
  const rows = await query(
    `SELECT migration_name, applied_steps_count, finished_at IS NOT NULL AS finished FROM ${name}._prisma_migrations ORDER BY 1`,
  );
  expect(rows).toEqual([
    { migration_name: '1_first', applied_steps_count: 1, finished: true },
    { migration_name: '2_more', applied_steps_count: 1, finished: true },
  ]);
});

test('two services that start at once apply each migration once', async () => {
  const { root, name } = await writeMigrations({ '1_first': 'CREATE TABLE thing (id int)' });
  const url = database.url('flowgrid_owner');

  const applied = await Promise.all([migrate(url, root), migrate(url, root), migrate(url, root)]);

  expect(applied.flat()).toEqual([{ schema: name, name: '1_first' }]);
});

test('a failing migration leaves nothing behind and can be mended', async () => {
  const { root, name } = await writeMigrations({ '1_bad': 'CREATE TABLE thing (id int); SELECT nonsense' });
  const url = database.url('flowgrid_owner');

  await expect(migrate(url, root)).rejects.toThrow(MigrationError);
  const tables = await query(`SELECT to_regclass('${name}.thing') AS thing`);
  await writeFile(join(root, name, 'migrations', '1_bad', 'migration.sql'), 'CREATE TABLE thing (id int)');
  const mended = await migrate(url, root);

  expect(tables).toEqual([{ thing: null }]);
  expect(mended).toEqual([{ schema: name, name: '1_bad' }]);
});

test('a migration that was edited after it was applied is refused by name', async () => {
  const { root, name } = await writeMigrations({ '1_first': 'CREATE TABLE thing (id int)' });
  const url = database.url('flowgrid_owner');
  await migrate(url, root);
  await writeFile(join(root, name, 'migrations', '1_first', 'migration.sql'), 'CREATE TABLE other (id int)');

  await expect(migrate(url, root)).rejects.toThrow(`${name}/1_first was edited after it was applied`);
});

test('a database that is newer than the release is refused', async () => {
  const { root, name } = await writeMigrations({ '1_first': 'SELECT 1', '2_new': 'SELECT 1' });
  const url = database.url('flowgrid_owner');
  await migrate(url, root);
  await rm(join(root, name, 'migrations', '2_new'), { recursive: true });

  await expect(migrate(url, root)).rejects.toThrow(
    `${name}/2_new was applied to this database and is not in this release`,
  );
});
