/** The transport contract over PostgreSQL; each process has a network of its own that can be cut. */
import { Client } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { createLogger } from '@flowgrid/platform';
import { createPostgresTransport, type Topology } from '@flowgrid/messaging';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { startTcpProxy } from '../../testkit/tcp-proxy.ts';
import { describeTransport } from './transport-contract.ts';

const logger = createLogger({ name: 'messaging', level: 'silent' });

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

describeTransport({
  name: 'PostgreSQL',
  lockSeconds: 1.5,
  start: async (topology) => {
    await startAfresh(topology);
    return {
      open: async () => {
        const url = new URL(database.url('flowgrid_design'));
        const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
        url.hostname = '127.0.0.1';
        url.port = String(proxy.port);
        const transport = createPostgresTransport({
          url: url.href,
          logger,
          topology,
          retryDelayMs: (attempt) => attempt * 5,
        });
        return {
          transport,
          setReachable: (isReachable) => proxy.setDown(!isReachable),
          [Symbol.asyncDispose]: async () => {
            await transport[Symbol.asyncDispose]();
            await proxy[Symbol.asyncDispose]();
          },
        };
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
});

/** No messages, and the contract's own sources, which a migration would add, with the resources of its messages. */
async function startAfresh({ subscriptions, queues }: Topology): Promise<void> {
  const sources = [
    ...Object.entries(subscriptions).map(
      ([name, { resources }]) => [`subscription:${name}`, resources] as const,
    ),
    ...Object.keys(queues).map((name) => [`queue:${name}`, null] as const),
  ];
  const client = new Client({ connectionString: database.superuserUrl });
  await client.connect();
  await client.query(
    'TRUNCATE messaging.delivery, messaging.message, messaging.source, messaging.event_resource',
  );
  for (const source of sources) {
    await client.query(`INSERT INTO messaging.source VALUES ($1, 'flowgrid_design', $2)`, [...source]);
  }
  await client.query(
    `INSERT INTO messaging.event_resource
     SELECT resource, 'flowgrid_design' FROM unnest(ARRAY['one', 'two', 'shared', 'none', 'onemore']) AS resource`,
  );
  await client.end();
}
