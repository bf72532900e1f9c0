/** The transports that the bench compares, each as two services have it: one that tells and one that receives. */
import { createLogger } from '@flowgrid/platform';
import {
  MemoryBroker,
  MemoryTransport,
  createPostgresTransport,
  createServiceBusTransport,
  type Transport,
} from '@flowgrid/messaging';
import type { TestDatabase } from '../../testkit/database.ts';
import { startAmqpBroker } from '../../testkit/amqp/broker.ts';

const logger = createLogger({ name: 'bench', level: 'error' });

export interface OpenContender extends AsyncDisposable {
  readonly agents: Transport;
  readonly design: Transport;
}

export const CONTENDERS: Readonly<Record<string, (database: TestDatabase) => Promise<OpenContender>>> = {
  memory: async () => {
    const broker = new MemoryBroker();
    return withBoth(new MemoryTransport(broker), new MemoryTransport(broker));
  },
  PostgreSQL: async (database) =>
    withBoth(
      createPostgresTransport({ url: database.url('flowgrid_agents'), logger }),
      createPostgresTransport({ url: database.url('flowgrid_design'), logger }),
    ),
  'Service Bus': async () => {
    const broker = await startAmqpBroker();
    const address = { connectionString: broker.connectionString() };
    const open = () => createServiceBusTransport({ address, logger });
    return withBoth(await open(), await open(), broker);
  },
};

function withBoth(agents: Transport, design: Transport, broker?: AsyncDisposable): OpenContender {
  return {
    agents,
    design,
    [Symbol.asyncDispose]: async () => {
      await agents[Symbol.asyncDispose]();
      await design[Symbol.asyncDispose]();
      await broker?.[Symbol.asyncDispose]();
    },
  };
}
