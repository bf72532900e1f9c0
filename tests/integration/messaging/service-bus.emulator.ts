/** The contract of transports over Microsoft's emulator; run by `npm run test:servicebus`, not by `npm test`. */
import { ServiceBusClient } from '@azure/service-bus';
import { createServiceBusTransport, EVENTS_TOPIC, type Topology } from '@flowgrid/messaging';
import { EMULATOR_LOCK_SECONDS } from '../../testkit/service-bus-emulator/config.ts';
import { startTcpProxy } from '../../testkit/tcp-proxy.ts';
import { logger } from './service-bus-fixture.ts';
import { type ContractBroker, describeTransport } from './transport-contract.ts';

const connectionString = requireConnectionString(process.env['FLOWGRID_TEST_SERVICE_BUS']);
const endpoint = new URL(/Endpoint=(sb:[^;]+)/u.exec(connectionString)?.[1] ?? 'sb://localhost');
const upstream = { host: endpoint.hostname, port: Number(endpoint.port || 5672) };

// Its sources are those of its configuration file: they are emptied, not made anew.
describeTransport({
  name: "Microsoft's emulator",
  lockSeconds: EMULATOR_LOCK_SECONDS,
  floodMessages: 2_000,
  start,
});

async function start(topology: Topology): Promise<ContractBroker> {
  await empty(topology);
  return {
    open: async () => {
      const proxy = await startTcpProxy(upstream);
      const transport = await createServiceBusTransport({
        address: { connectionString: throughProxy(proxy.port) },
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
    [Symbol.asyncDispose]: async () => {},
  };
}

const throughProxy = (port: number): string =>
  connectionString.replace(/Endpoint=sb:[^;]+/u, `Endpoint=sb://localhost:${port}`);

async function empty(topology: Topology): Promise<void> {
  const client = new ServiceBusClient(connectionString, {
    // How long an empty source is waited for.
    retryOptions: { maxRetries: 0, timeoutInMs: 2_000 },
  });
  const sources = [
    ...Object.keys(topology.queues).map((queue) => [queue] as const),
    ...Object.keys(topology.subscriptions).map((name) => [EVENTS_TOPIC, name] as const),
  ];
  for (const [entity, subscription] of sources) {
    await emptySessions(client, entity, subscription);
    await emptyDeadLetters(client, entity, subscription);
  }
  await client.close();
}

async function emptySessions(client: ServiceBusClient, entity: string, subscription?: string): Promise<void> {
  for (;;) {
    const session = await (
      subscription === undefined
        ? client.acceptNextSession(entity, { receiveMode: 'receiveAndDelete' })
        : client.acceptNextSession(entity, subscription, { receiveMode: 'receiveAndDelete' })
    ).catch(() => null);
    if (session === null) return;
    while ((await session.receiveMessages(100, { maxWaitTimeInMs: 500 })).length > 0);
    await session.close();
  }
}

async function emptyDeadLetters(
  client: ServiceBusClient,
  entity: string,
  subscription?: string,
): Promise<void> {
  const options = { subQueueType: 'deadLetter', receiveMode: 'receiveAndDelete' } as const;
  const receiver =
    subscription === undefined
      ? client.createReceiver(entity, options)
      : client.createReceiver(entity, subscription, options);
  while ((await receiver.receiveMessages(100, { maxWaitTimeInMs: 500 })).length > 0);
  await receiver.close();
}

function requireConnectionString(value: string | undefined): string {
  if (value === undefined) throw new Error('FLOWGRID_TEST_SERVICE_BUS has to be the connection string');
  return value;
}
