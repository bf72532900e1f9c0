/** Announcements between processes: "something changed about this key". The content is read where it is kept. */

export const CHANNELS = [
  'data-keys',
  'design-jobs',
  'design-progress',
  'epochs',
  'integration-events',
  'outbox',
  'webhook-deliveries',
] as const;

/** What may be announced. */
export type Channel = (typeof CHANNELS)[number];

export interface Subscription {
  /** Ends the subscription; the handler is not called afterwards. */
  unsubscribe(): void;
}

export interface Subscriber {
  /** Called once per announcement, in their order. */
  readonly onMessage: (message: string) => void;
  /** Called after a gap: announcements may have been missed, so read again what they would have been about. */
  readonly onGap?: () => void;
}

export interface PubSub extends AsyncDisposable {
  /**
   * Announces a key, an id of at most 200 characters, never content.
   * Best effort: a receiver that must not miss anything also reads at intervals. Rejects when it is known that nobody heard it.
   */
  publish(channel: Channel, message: string): Promise<void>;
  /** Resolves when announcements that are published from now on arrive. */
  subscribe(channel: Channel, subscriber: Subscriber): Promise<Subscription>;
}

export const MESSAGE_LIMIT = 200;
