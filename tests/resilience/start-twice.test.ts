/** Everything that starts may start twice at the same moment, on a database that nobody has used before. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { bootstrapDatabase, type ProcessName } from '../../local/src/index.ts';
import { createTestDatabase, type TestDatabase } from '../testkit/database.ts';
import { dataOf, postGraphQL } from '../testkit/graphql.ts';
import { createPlatform } from '../testkit/platform.ts';
import { createTenant } from '../testkit/tenant.ts';
import { openRows } from './database-rows.ts';

const run = promisify(execFile);
/** Twelve processes at once are much for two cores. */
const START_LIMIT_MS = 150_000;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The lines that `npm run db:migrate` prints. */
async function migrateInProcess(database: TestDatabase): Promise<readonly string[]> {
  const { stdout } = await run(process.execPath, ['packages/db/src/migrate-main.ts'], {
    cwd: ROOT,
    env: { PATH: String(process.env['PATH']), DATABASE_URL: database.url('flowgrid_owner') },
  });
  return stdout.trim().split('\n');
}

test('processes that migrate an empty database at once apply each migration once', async () => {
  await using database = await createTestDatabase();
  await using rows = await openRows(database.superuserUrl);
  const schemas = await rows.rows<{ name: string }>(
    `SELECT schema_name AS name FROM information_schema.schemata WHERE schema_owner = 'flowgrid_owner'`,
  );
  for (const { name } of schemas) await rows.rows(`DROP SCHEMA "${name}" CASCADE`);

  const printed = await Promise.all([1, 2, 3].map(() => migrateInProcess(database)));

  const applied = printed.flat().filter((line) => line.startsWith('applied '));
  expect(new Set(applied).size).toBe(applied.length);
  expect(applied.map((line) => line.split(/[ /]/)[1])).toEqual(
    expect.arrayContaining(['agents', 'auth', 'design', 'integrations']),
  );
  expect(await migrateInProcess(database)).toEqual(['the database is up to date']);
  const unfinished = await rows.rows('SELECT * FROM auth._prisma_migrations WHERE finished_at IS NULL');
  expect(unfinished).toEqual([]);
});

test(
  'each process started twice at once: one key of each use, and either answers for the other',
  async () => {
    await using database = await createTestDatabase();
    await using rows = await openRows(database.superuserUrl);
    await using platform = await createPlatform({ database });
    const startTwice = async (name: ProcessName, env: Readonly<Record<string, string>> = {}) =>
      Promise.all([platform.start(name), platform.start(name, { env })]);
    const services = ['agents', 'design', 'integrations', 'design-worker', 'delivery-worker'] as const;
    const [[, secondAuth]] = await Promise.all([
      startTwice('auth'),
      Promise.all(services.map((name) => startTwice(name))),
    ]);
    const [first, second] = await startTwice('router', {
      AUTH_URL: secondAuth.url,
      SUBGRAPH_AUTH_URL: secondAuth.url,
    });

    const { users } = await createTenant(first.url, database);
    const { accessToken, email } = users.EDITOR;
    const request = { query: '{ viewer { user { email } } agents { edges { node { id } } } }' };
    const answers = await Promise.all(
      [first, second].map(({ url }) => postGraphQL(`${url}/graphql`, request, accessToken)),
    );

    const answer = { viewer: { user: { email } }, agents: { edges: [] } };
    expect(answers.map((each) => dataOf(each))).toEqual([answer, answer]);
    const keys = await rows.rows('SELECT use FROM auth.signing_key ORDER BY use');
    expect(keys).toEqual([{ use: 'access' }, { use: 'context' }]);
  },
  START_LIMIT_MS,
);

test('a database is made ready by several launchers at once', async () => {
  const { superuserUrl, secrets } = inject('postgres');
  const name = `test_${newId().replaceAll('-', '')}`;
  const options = { superuserUrl, database: name, passwords: secrets.rolePasswords };
  await using rows = await openRows(superuserUrl);

  await Promise.all([1, 2, 3].map(() => bootstrapDatabase(options)));

  const owners = await rows.rows(
    'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
    [name],
  );
  await rows.rows(`DROP DATABASE ${name} WITH (FORCE)`);
  expect(owners).toEqual([{ owner: 'flowgrid_owner' }]);
});
