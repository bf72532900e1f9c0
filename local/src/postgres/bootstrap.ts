/** Makes a database ready for migrations: the database itself, the login roles and their passwords. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { checkoutDirectory } from '../checkout.ts';

export const OWNER_ROLE = 'flowgrid_owner';

export const DATABASE_ROLES = [
  OWNER_ROLE,
  'flowgrid_auth',
  'flowgrid_agents',
  'flowgrid_design',
  'flowgrid_integrations',
  'flowgrid_router',
] as const;

export type DatabaseRole = (typeof DATABASE_ROLES)[number];
export type RolePasswords = Readonly<Record<DatabaseRole, string>>;

export interface BootstrapOptions {
  /** Connects as a superuser to any database of the server. */
  superuserUrl: string;
  /** The database to make ready; created when it does not exist. */
  database: string;
  passwords: RolePasswords;
}

// Roles belong to the whole server, and PostgreSQL fails when two sessions alter one role at once.
const BOOTSTRAP_LOCK = 7_205_511;

/** Creates database and roles, or brings them up to date. It can be repeated, and run by several at once. */
export async function bootstrapDatabase({
  superuserUrl,
  database,
  passwords,
}: BootstrapOptions): Promise<void> {
  await withClient(superuserUrl, async (server) => {
    // Held until this connection ends.
    await server.query('select pg_advisory_lock($1)', [BOOTSTRAP_LOCK]);
    await ensureDatabase(server, database);
    await withClient(databaseUrl(superuserUrl, { database }), async (client) => {
      await client.query(await readFile(join(checkoutDirectory(), 'prisma', 'roles.sql'), 'utf8'));
      await client.query(`alter database ${escapeIdentifier(database)} owner to ${OWNER_ROLE}`);
    });
    for (const role of DATABASE_ROLES) {
      await server.query(`alter role ${escapeIdentifier(role)} password ${escapeLiteral(passwords[role])}`);
    }
  });
}

async function ensureDatabase(server: Client, database: string): Promise<void> {
  const { rowCount } = await server.query('select from pg_database where datname = $1', [database]);
  if (rowCount === 0) await server.query(`create database ${escapeIdentifier(database)}`);
}

/** The same server, seen as another role or in another database. */
export function databaseUrl(
  url: string,
  { database, role, password }: { database?: string; role?: DatabaseRole; password?: string },
): string {
  const changed = new URL(url);
  if (database !== undefined) changed.pathname = `/${encodeURIComponent(database)}`;
  if (role !== undefined) changed.username = role;
  if (password !== undefined) changed.password = encodeURIComponent(password);
  return changed.toString();
}

async function withClient(connectionString: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
