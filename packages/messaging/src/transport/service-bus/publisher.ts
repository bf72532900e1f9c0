/** Sends messages in order, in batches as large as the namespace takes. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  isServiceBusError,
  type ServiceBusClient,
  type ServiceBusMessage,
  type ServiceBusMessageBatch,
  type ServiceBusSender,
} from '@azure/service-bus';
import type { ServiceBusConnection } from './service-bus-connection.ts';
import { toFailure } from './service-bus-failure.ts';

/** The relay of the outbox tries again later; these are for a link that was detached and a namespace busy for a moment. */
const PAUSES_MS = [200, 1_000];

export class Publisher {
  readonly #connection: ServiceBusConnection;
  /** One link per destination. */
  readonly #senders = new WeakMap<ServiceBusClient, Map<string, ServiceBusSender>>();

  constructor(connection: ServiceBusConnection) {
    this.#connection = connection;
  }

  /** Rejects when the broker did not confirm all of them. */
  async send(destination: string, messages: readonly ServiceBusMessage[]): Promise<void> {
    try {
      let sent = 0;
      while (sent < messages.length) {
        const rest = messages.slice(sent);
        sent += await this.#withPauses(() => this.#sendSome(destination, rest));
      }
    } catch (error) {
      throw toFailure(`Service Bus did not confirm messages to ${destination}`, error);
    }
  }

  /** Opens the link if it is not open; rejects when there is no such queue or topic. */
  async open(destination: string): Promise<void> {
    await this.#connection.run(async (client) => {
      await this.#getSender(client, destination).createMessageBatch();
    });
  }

  /** Sends as many as fit into one batch, and says how many. */
  async #sendSome(destination: string, messages: readonly ServiceBusMessage[]): Promise<number> {
    return await this.#connection.run(async (client) => {
      const sender = this.#getSender(client, destination);
      const batch = await sender.createMessageBatch();
      const count = fill(batch, messages);
      const [first] = messages;
      if (count > 0) await sender.sendMessages(batch);
      // Too large beside the envelope of a batch, which repeats its properties.
      else if (first !== undefined) await sender.sendMessages(first);
      return Math.max(1, count);
    });
  }

  async #withPauses<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (const pause of PAUSES_MS) {
      try {
        return await attempt();
      } catch (error) {
        if (isServiceBusError(error) && !error.retryable) throw error;
      }
      await delay(pause * (0.5 + Math.random() / 2));
    }
    return await attempt();
  }

  #getSender(client: ServiceBusClient, destination: string): ServiceBusSender {
    const senders = this.#senders.get(client) ?? new Map<string, ServiceBusSender>();
    this.#senders.set(client, senders);
    const sender = senders.get(destination) ?? client.createSender(destination);
    senders.set(destination, sender);
    return sender;
  }
}

function fill(batch: ServiceBusMessageBatch, messages: readonly ServiceBusMessage[]): number {
  const firstLeftOut = messages.findIndex((message) => !batch.tryAddMessage(message));
  return firstLeftOut === -1 ? messages.length : firstLeftOut;
}
