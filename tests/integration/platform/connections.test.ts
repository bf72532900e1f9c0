/** That the embedded PostgreSQL bears all connections that the platform may open, by what the processes themselves say. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { poolSizeEnv } from '@flowgrid/platform';
import { PROCESS_NAMES, platformProcesses, startPostgres } from '../../../local/src/index.ts';
import { CONNECTIONS, countConnections } from '../../../local/src/postgres/connections.ts';
import { DEFAULT_PORTS } from '../../../local/src/processes.ts';
import { generateSecrets } from '../../../local/src/secrets.ts';
import { TRANSPORT_POOL_SIZE } from '../../../packages/messaging/src/transport/postgres.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('the count of connections is that of the pools, transports and listeners that the processes open', async () => {
  const processes = platformProcesses({
    ports: DEFAULT_PORTS,
    secrets: generateSecrets().services,
    nodeEnv: 'test',
    logLevel: 'warn',
    databaseUrl: (role) => `postgresql://${role}@db/flowgrid`,
  });
  const { DATABASE_POOL_SIZE: defaultPool } = z.object(poolSizeEnv).parse({});

  const opened = await Promise.all(
    PROCESS_NAMES.map(async (name) => {
      const { workspace, entry, env } = processes[name];
      const source = await readFile(join(ROOT, workspace, entry), 'utf8');
      const countOf = (call: RegExp): number => source.match(call)?.length ?? 0;
      const pool =
        Number(env['DATABASE_POOL_SIZE'] ?? defaultPool) * countOf(/poolSize: env\.DATABASE_POOL_SIZE/g);
      const messages = (TRANSPORT_POOL_SIZE + 1) * countOf(/await openTransport\(/g);
      return [name, { pool, messages, announcements: countOf(/ openSharedState\(|\(openSharedState\(/g) }];
    }),
  );

  expect(Object.fromEntries(opened)).toEqual(CONNECTIONS);
});

test('the embedded server has room for all of them, and for commands beside them', async () => {
  await using postgres = await startPostgres({ settings: { fsync: 'off' } });
  const client = new Client({ connectionString: postgres.superuserUrl });
  await client.connect();
  const { rows } = await client.query<{ room: number }>(
    `SELECT current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer AS room`,
  );
  await client.end();

  const [{ room } = { room: 0 }] = rows;
  const largest = Math.max(
    ...Object.values(CONNECTIONS).map(({ pool, messages, announcements }) => pool + messages + announcements),
  );
  expect(room).toBeGreaterThanOrEqual(countConnections() + 2 * largest);
});
