import { createServiceBusTransport, type Topology } from '@flowgrid/messaging';
import { createLogger } from '@flowgrid/platform';
import { startAmqpBroker } from '../../testkit/amqp/broker.ts';
import { toNamespace } from '../../testkit/amqp/namespace.ts';
import { startTcpProxy } from '../../testkit/tcp-proxy.ts';
import { describeTransport, type ContractBroker } from './transport-contract.ts';

const logger = createLogger({ name: 'contract', level: 'silent' });

describeTransport({ name: 'Service Bus', lockSeconds: 1.5, start });

async function start(topology: Topology): Promise<ContractBroker> {
  const broker = await startAmqpBroker({ namespace: toNamespace(topology) });
  return {
    open: async () => {
      const proxy = await startTcpProxy({ host: '127.0.0.1', port: broker.port });
      const transport = await createServiceBusTransport({
        address: { connectionString: broker.connectionString(proxy.port) },
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
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}
