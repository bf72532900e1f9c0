import type { Channel, Subscriber, Subscription } from './pubsub.ts';

/** Who listens to which channel in this process. */
export class Subscribers {
  readonly #byChannel = new Map<Channel, Set<Subscriber>>();

  add(channel: Channel, subscriber: Subscriber): Subscription {
    const subscribers = this.#byChannel.get(channel) ?? new Set();
    // A wrapper of its own: the same subscriber given twice is two subscriptions.
    const entry = { ...subscriber };
    this.#byChannel.set(channel, subscribers.add(entry));
    return { unsubscribe: () => void subscribers.delete(entry) };
  }

  deliver(channel: Channel, message: string): void {
    for (const { onMessage } of this.#byChannel.get(channel) ?? []) onMessage(message);
  }

  announceGap(): void {
    for (const subscribers of this.#byChannel.values()) {
      for (const { onGap } of subscribers) onGap?.();
    }
  }

  clear(): void {
    this.#byChannel.clear();
  }
}
