/** A database of its own for a test file: a clone of the migrated template. */
import { randomUUID } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { inject } from 'vitest';
import { bootstrapDatabase, databaseUrl, type DatabaseRole } from '../../local/src/index.ts';
import { TEMPLATE_DATABASE, type PostgresAccess } from './global-postgres.ts';

/** How to reach a database that somebody else owns. */
export interface TestDatabaseAccess {
  readonly name: string;
  /** Connection string of a login role. */
  url(role: DatabaseRole): string;
  /** Connection string of the superuser, for looking behind row level security. */
  readonly superuserUrl: string;
}

export interface TestDatabase extends TestDatabaseAccess, AsyncDisposable {
  /** Ends every connection to the database from outside, as a failing network would. */
  cutConnections(): Promise<void>;
}

export async function createTestDatabase(
  postgres: PostgresAccess = inject('postgres'),
): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asSuperuser(postgres, (client) =>
    client.query(`CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${TEMPLATE_DATABASE}`),
  );
  // A clone does not take over the rights on the database itself.
  const { superuserUrl, secrets } = postgres;
  await bootstrapDatabase({ superuserUrl, database: name, passwords: secrets.rolePasswords });
  return {
    ...openTestDatabase(postgres, name),
    cutConnections: async () => {
      await asSuperuser(postgres, (client) =>
        client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]),
      );
    },
    [Symbol.asyncDispose]: async () => {
      await asSuperuser(postgres, (client) =>
        client.query(`DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`),
      );
    },
  };
}

export function openTestDatabase(
  { superuserUrl, secrets }: PostgresAccess,
  name: string,
): TestDatabaseAccess {
  return {
    name,
    superuserUrl: databaseUrl(superuserUrl, { database: name }),
    url: (role) => databaseUrl(superuserUrl, { database: name, role, password: secrets.rolePasswords[role] }),
  };
}

async function asSuperuser<Result>(
  postgres: PostgresAccess,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString: postgres.superuserUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
