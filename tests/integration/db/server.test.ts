/** What every supported PostgreSQL has to give alike: its version, and an order of text that no operating system decides. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url('flowgrid_agents') });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database[Symbol.asyncDispose]();
});

test('the server is one of a version that is promised', async () => {
  const { rows } = await client.query<{ version: string }>(
    "SELECT current_setting('server_version_num') AS version",
  );

  expect(Number(rows[0]?.version)).toBeGreaterThanOrEqual(150_000);
});

test('text sorts by code point', async () => {
  const { rows } = await client.query<{ word: string }>(
    "SELECT word FROM unnest(ARRAY['é', 'b', '_', 'B', 'a b', 'ab', 'Z', '𝄞', '漢']) AS word ORDER BY word",
  );

  expect(rows.map(({ word }) => word)).toEqual(['B', 'Z', '_', 'a b', 'ab', 'b', 'é', '漢', '𝄞']);
});

test('every letter has its case', async () => {
  const { rows } = await client.query("SELECT lower('ÄÉŽΩЖ') AS lower, 'ÄRGER' ILIKE 'ä%' AS alike");

  expect(rows).toEqual([{ lower: 'äéžωж', alike: true }]);
});
