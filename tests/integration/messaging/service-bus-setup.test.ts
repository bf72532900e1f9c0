/** What a namespace must be like, and how a process finds out that it is not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ServiceBusClient } from '@azure/service-bus';
import {
  createServiceBusTransport,
  EVENTS_TOPIC,
  QUEUES,
  SUBSCRIPTIONS,
  type Source,
  type SubscriptionName,
} from '@flowgrid/messaging';
import { expect, test } from 'vitest';
import { startAmqpBroker } from '../../testkit/amqp/broker.ts';
import { toNamespace } from '../../testkit/amqp/namespace.ts';
import { until } from '../../testkit/wait.ts';
import { createMessage, createRecorder, idsOf, ONE } from './contract-fixture.ts';
import { logger, openOnBroker, openTransport } from './service-bus-fixture.ts';

const NOTHING = { subscriptions: {}, queues: {} };

test('a missing topic is named', async () => {
  await using broker = await startAmqpBroker({ namespace: { topics: {}, queues: {} } });
  await using transport = await openTransport(broker);

  await expect(transport.checkReady()).rejects.toThrow(
    `the Service Bus namespace has no topic ${EVENTS_TOPIC}`,
  );
  await expect(transport.publish([createMessage()])).rejects.toThrow(/could not be found/u);
});

test('a missing subscription is named', async () => {
  await using broker = await startAmqpBroker({ namespace: toNamespace(NOTHING) });
  await using transport = await openTransport(broker);
  await using _receiver = transport.receive(ONE, async () => {}, { concurrency: 1 });

  await expect(transport.checkReady()).rejects.toThrow(
    'the Service Bus namespace has no subscription:contract-one',
  );
});

test('a source that the topology does not know is refused at once', async () => {
  await using broker = await startAmqpBroker();
  await using transport = await openTransport(broker, NOTHING);
  const source: Source = { subscription: 'unheard-of' as SubscriptionName };

  expect(() => transport.receive(source, async () => {}, { concurrency: 1 })).toThrow(
    'no such source: subscription:unheard-of',
  );
});

test('a wrong key is refused with the reason', async () => {
  await using broker = await startAmqpBroker({ key: 'the right one' });
  await using other = await startAmqpBroker({ key: 'a wrong one' });
  await using transport = await openTransport({
    connectionString: () => other.connectionString(broker.port),
  });

  await expect(transport.checkReady()).rejects.toThrow(/signature/u);
});

test('a message that no transport sent goes to the dead letters and blocks no other', async () => {
  await using open = await openOnBroker();
  await using foreign = new ForeignSender(open.broker.connectionString());
  const recorder = createRecorder();
  await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 1 });
  const message = createMessage({ orderKey: 'shared' });

  await foreign.send({
    body: { hello: 'world' },
    sessionId: 'shared',
    applicationProperties: { resource: 'one' },
  });
  await open.transport.publish([message]);
  await recorder.untilDone(1);
  const letters = await until('the dead letter', async () => {
    const found = await open.transport.listDeadLetters(ONE, 10);
    return found.length > 0 ? found : null;
  });

  expect(idsOf(recorder.deliveries)).toEqual([message.id]);
  expect(letters[0]).toMatchObject({ reason: 'invalid-message', body: '{"hello":"world"}' });
});

test('a namespace with an identity needs no secret, and nothing is asked before it is used', async () => {
  const address = { namespace: 'flowgrid.servicebus.windows.net' };
  const transport = await createServiceBusTransport({ address, logger });

  await expect(transport[Symbol.asyncDispose]()).resolves.toBeUndefined();
});

test('the broker is startable as a process, with the sources of the product', async () => {
  const main = fileURLToPath(new URL('../../testkit/amqp/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] });
  await using ending = new AsyncDisposableStack();
  ending.defer(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const [queue] = Object.keys(QUEUES) as (keyof typeof QUEUES)[];
  const [subscription] = Object.keys(SUBSCRIPTIONS) as SubscriptionName[];
  if (queue === undefined || subscription === undefined) throw new Error('the topology is empty');
  const recorder = createRecorder();

  {
    await using transport = await createServiceBusTransport({ address: { connectionString: line }, logger });
    await using _queue = transport.receive({ queue }, recorder.handler, { concurrency: 1 });
    await using _subscription = transport.receive({ subscription }, recorder.handler, { concurrency: 1 });
    await transport.checkReady();
    await transport.publish([createMessage({ type: `${SUBSCRIPTIONS[subscription].resources[0]}.created` })]);
    await transport.send(queue, [createMessage()]);
    await recorder.untilDone(2);
  }
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];

  expect(code).toBe(0);
});

/** Another application on the same namespace. */
class ForeignSender implements AsyncDisposable {
  readonly #client: ServiceBusClient;

  constructor(connectionString: string) {
    this.#client = new ServiceBusClient(connectionString);
  }

  async send(
    message: Parameters<ReturnType<ServiceBusClient['createSender']>['sendMessages']>[0],
  ): Promise<void> {
    await this.#client.createSender(EVENTS_TOPIC).sendMessages(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }
}
