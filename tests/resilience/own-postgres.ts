/** A PostgreSQL of one test's own, which may be stopped and started again under the services that use it. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrate } from '@flowgrid/db';
import {
  bootstrapDatabase,
  databaseUrl,
  generateSecrets,
  startPostgres,
  type RunningPostgres,
} from '../../local/src/index.ts';
import type { TestDatabase } from '../testkit/database.ts';
import type { PostgresAccess } from '../testkit/global-postgres.ts';

export interface OwnPostgres extends AsyncDisposable {
  readonly access: PostgresAccess;
  readonly database: TestDatabase;
  /** Ends the server: `fast` as an operator does it, `crash` as a power failure. */
  end(how: 'fast' | 'crash'): Promise<void>;
  /** Starts it again, where it was and with what it had. */
  start(): Promise<void>;
}

const NAME = 'flowgrid';

/** Writes are durable, as in production: what was acknowledged must be there afterwards. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'flowgrid-restart-'));
  // As root PostgreSQL runs as another user, who must get through to the data.
  await chmod(directory, 0o711);
  const secrets = generateSecrets();
  const options = {
    dataDirectory: join(directory, 'data'),
    superuserPassword: secrets.superuserPassword,
    settings: { max_connections: '200' },
  };
  let server: RunningPostgres = await startPostgres(options);
  const { superuserUrl, port } = server;
  const url: TestDatabase['url'] = (role) =>
    databaseUrl(superuserUrl, { database: NAME, role, password: secrets.rolePasswords[role] });
  const dispose = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  await bootstrapDatabase({ superuserUrl, database: NAME, passwords: secrets.rolePasswords });
  await migrate(url('flowgrid_owner'), fileURLToPath(new URL('../../prisma', import.meta.url)));
  return {
    access: { superuserUrl, secrets },
    database: {
      name: NAME,
      url,
      superuserUrl: databaseUrl(superuserUrl, { database: NAME }),
      cutConnections: () => Promise.reject(new Error('end the server instead')),
      [Symbol.asyncDispose]: dispose,
    },
    end: async (how) => {
      // On this signal PostgreSQL writes nothing more and recovers from its log at the next start.
      if (how === 'crash') process.kill(server.pid, 'SIGQUIT');
      await server.stop();
    },
    start: async () => {
      server = await startPostgres({ ...options, port });
    },
    [Symbol.asyncDispose]: dispose,
  };
}
