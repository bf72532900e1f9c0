/** A transport on an AMQP broker that fails on demand. */
import { createServiceBusTransport, type Topology, type Transport } from '@flowgrid/messaging';
import { createLogger } from '@flowgrid/platform';
import { type AmqpBroker, startAmqpBroker } from '../../testkit/amqp/broker.ts';
import { toNamespace } from '../../testkit/amqp/namespace.ts';
import { contractTopology } from './contract-fixture.ts';

export const logger = createLogger({ name: 'service-bus', level: 'silent' });

export const LOCK_SECONDS = 1.5;

export interface BrokerAndTransport extends AsyncDisposable {
  readonly broker: AmqpBroker;
  readonly transport: Transport;
}

export async function openOnBroker(
  options: { duplicateWindowSeconds?: number; lockSeconds?: number } = {},
): Promise<BrokerAndTransport> {
  const topology = contractTopology(options.lockSeconds ?? LOCK_SECONDS);
  const broker = await startAmqpBroker({ namespace: toNamespace(topology, options.duplicateWindowSeconds) });
  const transport = await openTransport(broker, topology);
  return {
    broker,
    transport,
    [Symbol.asyncDispose]: async () => {
      await transport[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
    },
  };
}

export const openTransport = async (
  broker: Pick<AmqpBroker, 'connectionString'>,
  topology: Topology = contractTopology(LOCK_SECONDS),
): Promise<Transport> =>
  await createServiceBusTransport({
    address: { connectionString: broker.connectionString() },
    logger,
    topology,
    retryDelayMs: (attempt) => attempt * 5,
  });
