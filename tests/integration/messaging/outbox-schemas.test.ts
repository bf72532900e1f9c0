/** The outbox stands in the schema of every service that tells of changes: it is the same in each. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const readOutbox = async (schema: string): Promise<string> => {
  const file = new URL(
    `../../../prisma/${schema}/migrations/20261123010000_outbox/migration.sql`,
    import.meta.url,
  );
  return (await readFile(file, 'utf8')).replaceAll(schema, '<service>');
};

test.each(['design', 'integrations'])('the outbox of %s is that of agents', async (schema) => {
  expect(await readOutbox(schema)).toBe(await readOutbox('agents'));
});
