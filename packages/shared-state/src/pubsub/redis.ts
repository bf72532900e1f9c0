/** Pub/sub over Redis. */
import { invariant } from '@flowgrid/platform';
import type { RedisCommands } from '../redis/commands.ts';
import { KEY_PREFIX } from '../redis/keys.ts';
import type { RedisSubscriber } from '../redis/subscriber.ts';
import { MESSAGE_LIMIT, type Channel, type PubSub } from './pubsub.ts';

/** The caller owns the connections; disposing of the result is left to them. */
export function createRedisPubSub(commands: RedisCommands, subscriber: RedisSubscriber): PubSub {
  return {
    publish: async (channel, message) => {
      invariant(message.length <= MESSAGE_LIMIT, 'an announcement is an id');
      await commands.run('PUBLISH', [redisChannel(channel), message]);
    },
    subscribe: (channel, handlers) => subscriber.subscribe(channel, handlers),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

export function redisChannel(channel: Channel): string {
  return KEY_PREFIX + channel;
}
