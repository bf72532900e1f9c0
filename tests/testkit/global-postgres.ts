/** One real PostgreSQL for the whole run, with a migrated template that every test file clones. */
import type { TestProject } from 'vitest/node';
import {
  bootstrapDatabase,
  databaseUrl,
  generateSecrets,
  startPostgres,
  type Secrets,
} from '../../local/src/index.ts';
import { migrate } from '@flowgrid/db';
import { fileURLToPath } from 'node:url';

export const TEMPLATE_DATABASE = 'flowgrid_template';

/** What test files need to reach the server; plain data, because it crosses processes. */
export interface PostgresAccess {
  readonly superuserUrl: string;
  readonly secrets: Secrets;
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: PostgresAccess;
  }
}

/** Nothing of a test database must survive, so durability is traded for speed. */
const THROW_AWAY = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '400',
  max_locks_per_transaction: '256',
};

/** The embedded PostgreSQL, or the installed one whose programs are in the folder `FLOWGRID_TEST_POSTGRES_BIN`. */
export async function startTestPostgres(): Promise<PostgresAccess & AsyncDisposable> {
  const binDirectory = process.env['FLOWGRID_TEST_POSTGRES_BIN'];
  const postgres = await startPostgres({
    settings: THROW_AWAY,
    ...(binDirectory === undefined ? {} : { binDirectory }),
  });
  const secrets = generateSecrets();
  await bootstrapDatabase({
    superuserUrl: postgres.superuserUrl,
    database: TEMPLATE_DATABASE,
    passwords: secrets.rolePasswords,
  });
  const ownerUrl = databaseUrl(postgres.superuserUrl, {
    database: TEMPLATE_DATABASE,
    role: 'flowgrid_owner',
    password: secrets.rolePasswords.flowgrid_owner,
  });
  await migrate(ownerUrl, fileURLToPath(new URL('../../prisma', import.meta.url)));
  return {
    superuserUrl: postgres.superuserUrl,
    secrets,
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  };
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startTestPostgres();
  project.provide('postgres', { superuserUrl: postgres.superuserUrl, secrets: postgres.secrets });
  return async () => postgres[Symbol.asyncDispose]();
}
