/** The transport contract over PostgreSQL; each process has a network of its own that can be cut. */
import { Client } from 'pg';
import { createLogger } from '@flowgrid/platform';
import { createPostgresTransport, type Topology } from '@flowgrid/messaging';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { startTcpProxy } from '../../testkit/tcp-proxy.ts';
import { describeTransport } from './transport-contract.ts';

const logger = createLogger({ name: 'messaging', level: 'silent' });

describeTransport({
  name: 'PostgreSQL',
  lockSeconds: 1.5,
  start: async (topology) => {
    const database = await createTestDatabase();
    await addSources(database, topology);
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
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  },
});

/** The contract's own sources, which a migration would add, with the resources that its messages are of. */
async function addSources(database: TestDatabase, { subscriptions, queues }: Topology): Promise<void> {
  const client = new Client({ connectionString: database.superuserUrl });
  await client.connect();
  for (const [name, { resources }] of Object.entries(subscriptions)) {
    await client.query(`INSERT INTO messaging.source VALUES ($1, 'flowgrid_design', $2)`, [
      `subscription:${name}`,
      resources,
    ]);
  }
  for (const name of Object.keys(queues)) {
    await client.query(`INSERT INTO messaging.source VALUES ($1, 'flowgrid_design', NULL)`, [
      `queue:${name}`,
    ]);
  }
  await client.query(
    `INSERT INTO messaging.event_resource
     SELECT resource, 'flowgrid_design' FROM unnest(ARRAY['one', 'two', 'shared', 'none', 'onemore']) AS resource`,
  );
  await client.end();
}
