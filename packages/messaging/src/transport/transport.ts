/** How messages travel between services: at least once, in order where an order key is given. */
import type { QueueName, SubscriptionName } from './topology.ts';

/** What is handed over. The body is opaque to a transport. */
export interface Message {
  /** Unique per message; sending the same id again is a duplicate, which may be delivered again. */
  readonly id: string;
  readonly tenantId: string;
  /** What subscriptions are filtered by; for a message of a queue, what kind of work it is. */
  readonly type: string;
  /** Messages with the same key are delivered one at a time, in the order in which they were sent; null has no order. */
  readonly orderKey: string | null;
  /** JSON, at most `MAX_BODY_BYTES` in UTF-8. */
  readonly body: string;
}

/** Room for properties is left of the 256 KiB that Azure Service Bus takes in its standard tier. */
export const MAX_BODY_BYTES = 240 * 1024;

/** A message that was received, as often as it was delivered. */
export interface Delivery extends Message {
  /** 1 at the first delivery. */
  readonly attempt: number;
  /** Aborted when the lock is lost or the receiver stops: another receiver may get the message, so the effect must not be written. */
  readonly signal: AbortSignal;
}

/**
 * Works on a delivery. When it resolves the message is done with; when it throws `DeadLetterError` the message goes to the
 * dead letters at once; when it throws anything else the message is delivered again after a pause that grows, and goes to
 * the dead letters after the source's `maxDeliveries`, with the error's message as the reason. Must be idempotent.
 */
export type Handler = (delivery: Delivery) => Promise<void>;

/** This message can never be handled; trying again would not help. */
export class DeadLetterError extends Error {
  override readonly name = 'DeadLetterError';
  /** A short word for operators and metrics: `unknown-type`, `newer-version`, `invalid-data`, `not-json`. */
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Where messages are received from: a subscription of the topic `flowgrid-events`, or a queue. */
export type Source = { readonly subscription: SubscriptionName } | { readonly queue: QueueName };

export interface DeadLetter extends Message {
  /** `DeadLetterError.reason`, or `max-deliveries`. */
  readonly reason: string;
  readonly description: string;
  readonly deadAt: Date;
}

export interface ReceiveOptions {
  /** Deliveries at once; messages of one order key are never among them together. */
  readonly concurrency: number;
}

/** Disposing stops receiving, waits for handlers under way and gives back what they did not finish. */
export type Receiver = AsyncDisposable;

export interface Transport extends AsyncDisposable {
  /**
   * Gives every subscription whose filter takes it a copy of each message, in this order.
   * Rejects when the broker did not confirm all of them: send all again then.
   */
  publish(messages: readonly Message[]): Promise<void>;
  /** Puts messages into a queue, to be received by one receiver each, not before `notBefore`. */
  send(
    queue: QueueName,
    messages: readonly Message[],
    options?: { readonly notBefore?: Date },
  ): Promise<void>;
  /** Starts to receive; survives a broker that goes away and comes back. */
  receive(source: Source, handler: Handler, options: ReceiveOptions): Receiver;
  /** The oldest dead letters first. */
  listDeadLetters(source: Source, limit: number): Promise<readonly DeadLetter[]>;
  /** Delivers dead letters again as new messages, with the same `id`, to this source alone; all of them without `ids`. Returns how many. */
  replayDeadLetters(source: Source, ids?: readonly string[]): Promise<number>;
  /** Rejects while the broker cannot be reached. */
  checkReady(): Promise<void>;
}
