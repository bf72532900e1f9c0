import { invariant } from '@flowgrid/platform';
import { MESSAGE_LIMIT, type PubSub } from './pubsub.ts';
import { Subscribers } from './subscribers.ts';

/** Pub/sub within one process, for unit tests. */
export function createMemoryPubSub(): PubSub {
  const subscribers = new Subscribers();
  return {
    publish: async (channel, message) => {
      invariant(message.length <= MESSAGE_LIMIT, 'an announcement is an id');
      queueMicrotask(() => subscribers.deliver(channel, message));
    },
    subscribe: async (channel, subscriber) => subscribers.add(channel, subscriber),
    [Symbol.asyncDispose]: async () => subscribers.clear(),
  };
}
