/** One client, with everything that uses it. */
import { isServiceBusError } from '@azure/service-bus';
import Long from 'long';
import { requireBodySizes } from '../body-size.ts';
import { exponentialRetryDelay } from '../retry-delay.ts';
import type { ServiceBusTransportOptions } from '../service-bus.ts';
import { getSettings, toSourceName } from '../source.ts';
import { EVENTS_TOPIC, TOPOLOGY, type QueueName } from '../topology.ts';
import type {
  DeadLetter,
  Handler,
  Message,
  ReceiveOptions,
  Receiver,
  Source,
  Transport,
} from '../transport.ts';
import { prepareClients } from './client.ts';
import { DeadLetters } from './dead-letters.ts';
import { Publisher } from './publisher.ts';
import { SessionReceiver } from './session-receiver.ts';
import { ServiceBusConnection } from './service-bus-connection.ts';
import { toFailure } from './service-bus-failure.ts';
import { acceptNextSession, openReceiver } from './source-address.ts';
import { toWire } from './wire-message.ts';

export async function openServiceBusTransport(options: ServiceBusTransportOptions): Promise<Transport> {
  const connection = new ServiceBusConnection(await prepareClients(options.address), options.logger);
  return new ServiceBusTransport(connection, options);
}

class ServiceBusTransport implements Transport {
  readonly #options: ServiceBusTransportOptions;
  readonly #connection: ServiceBusConnection;
  readonly #publisher: Publisher;
  readonly #deadLetters: DeadLetters;
  readonly #receivers = new Map<SessionReceiver, Source>();

  constructor(connection: ServiceBusConnection, options: ServiceBusTransportOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#publisher = new Publisher(connection);
    this.#deadLetters = new DeadLetters(connection, this.#publisher);
  }

  async publish(messages: readonly Message[]): Promise<void> {
    requireBodySizes(messages);
    await this.#publisher.send(
      EVENTS_TOPIC,
      messages.map((message) => toWire(message)),
    );
  }

  async send(
    queue: QueueName,
    messages: readonly Message[],
    { notBefore }: { readonly notBefore?: Date } = {},
  ): Promise<void> {
    requireBodySizes(messages);
    await this.#publisher.send(
      queue,
      messages.map((message) => toWire(message, notBefore)),
    );
  }

  receive(source: Source, handler: Handler, { concurrency }: ReceiveOptions): Receiver {
    const receiver = new SessionReceiver({
      sourceName: toSourceName(source),
      settings: getSettings(this.#options.topology ?? TOPOLOGY, source),
      handler,
      concurrency,
      retryDelayMs: this.#options.retryDelayMs ?? exponentialRetryDelay,
      logger: this.#options.logger,
      accept: async () =>
        await this.#connection.run(async (client, ended) => ({
          receiver: await acceptNextSession(client, source),
          ended,
        })),
    });
    this.#receivers.set(receiver, source);
    return {
      [Symbol.asyncDispose]: async () => {
        this.#receivers.delete(receiver);
        await receiver.stop();
      },
    };
  }

  async listDeadLetters(source: Source, limit: number): Promise<readonly DeadLetter[]> {
    return await this.#deadLetters.list(source, limit);
  }

  async replayDeadLetters(source: Source, ids?: readonly string[]): Promise<number> {
    return await this.#deadLetters.replay(source, ids);
  }

  /** Looks at the topic and at each source that is received from; says which one the namespace lacks. */
  async checkReady(): Promise<void> {
    await requireEntity(`topic ${EVENTS_TOPIC}`, () => this.#publisher.open(EVENTS_TOPIC));
    const sources = new Map([...this.#receivers.values()].map((source) => [toSourceName(source), source]));
    for (const [name, source] of sources) {
      await requireEntity(name, async () => {
        // Behind the last message there is: a round trip that carries none.
        await this.#connection.run((client) =>
          openReceiver(client, source).peekMessages(1, { fromSequenceNumber: Long.MAX_VALUE }),
        );
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#receivers.keys()].map((receiver) => receiver.stop()));
    this.#receivers.clear();
    await this.#connection[Symbol.asyncDispose]();
  }
}

async function requireEntity(name: string, look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    const isMissing = isServiceBusError(error) && error.code === 'MessagingEntityNotFound';
    throw toFailure(
      isMissing ? `the Service Bus namespace has no ${name}` : `Service Bus does not answer for ${name}`,
      error,
    );
  }
}
