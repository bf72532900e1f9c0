/** The models of Prisma and the SQL migrations say the same; a difference is shown as the SQL that would mend it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { diffDatabaseToModels } from '../../testkit/schema-engine.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test.each(['agents', 'auth', 'design', 'integrations'])(
  'the migrations of %s make what its models say',
  async (schema) => {
    const file = new URL(`../../../prisma/${schema}/schema.prisma`, import.meta.url);

    const difference = await diffDatabaseToModels(database.url('flowgrid_owner'), { schema, file });

    expect(difference).toBe('');
  },
);
