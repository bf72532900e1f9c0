/** Sends messages in order, in batches as large as the namespace takes. */
import type { ServiceBusClient, ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import { toFailure } from './service-bus-failure.ts';

/** Beside the limits of the SDK: nothing of a call may hang longer. */
const SEND_TIMEOUT_MS = 30_000;

export class Publisher {
  readonly #client: ServiceBusClient;
  /** One link per destination; the SDK opens it again when it broke. */
  readonly #senders = new Map<string, ServiceBusSender>();

  constructor(client: ServiceBusClient) {
    this.#client = client;
  }

  /** Rejects when the broker did not confirm all of them. */
  async send(destination: string, messages: readonly ServiceBusMessage[]): Promise<void> {
    if (messages.length === 0) return;
    try {
      await this.#sendInBatches(destination, messages);
    } catch (error) {
      throw toFailure(`Service Bus did not confirm messages to ${destination}`, error);
    }
  }

  /** Opens the link if it is not open; rejects when there is no such queue or topic. */
  async open(destination: string, abortSignal: AbortSignal): Promise<void> {
    await this.#getSender(destination).createMessageBatch({ abortSignal });
  }

  async #sendInBatches(destination: string, messages: readonly ServiceBusMessage[]): Promise<void> {
    const sender = this.#getSender(destination);
    const options = { abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS) };
    let batch = await sender.createMessageBatch(options);
    for (const message of messages) {
      if (batch.tryAddMessage(message)) continue;
      if (batch.count > 0) {
        await sender.sendMessages(batch, options);
        batch = await sender.createMessageBatch(options);
        if (batch.tryAddMessage(message)) continue;
      }
      // Too large beside the envelope of a batch, which repeats its properties.
      await sender.sendMessages(message, options);
    }
    if (batch.count > 0) await sender.sendMessages(batch, options);
  }

  #getSender(destination: string): ServiceBusSender {
    const existing = this.#senders.get(destination);
    if (existing !== undefined) return existing;
    const sender = this.#client.createSender(destination);
    this.#senders.set(destination, sender);
    return sender;
  }
}
