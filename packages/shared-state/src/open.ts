/** Opens the shared state that the environment asks for. */
import { invariant, systemClock, type Logger } from '@flowgrid/platform';
import { createMemoryCache } from './cache/memory.ts';
import { createRedisCache } from './cache/redis.ts';
import { createAnnouncedEpochs } from './epochs/announced.ts';
import { createRedisEpochs } from './epochs/redis.ts';
import { createMemoryPubSub } from './pubsub/memory.ts';
import { createPostgresPubSub } from './pubsub/postgres.ts';
import type { PubSub } from './pubsub/pubsub.ts';
import { createRedisPubSub } from './pubsub/redis.ts';
import { createMemoryRateLimits } from './rate-limits/memory.ts';
import { createRedisRateLimits } from './rate-limits/redis.ts';
import { parseRedisAddress } from './redis/address.ts';
import { createSubscriberClient } from './redis/clients.ts';
import { RedisCommands } from './redis/commands.ts';
import { RedisSubscriber } from './redis/subscriber.ts';
import type { SharedState } from './shared-state.ts';

export interface SharedStateChoice {
  readonly REDIS_URL?: string | undefined;
  readonly PUBSUB_URL?: string | undefined;
  /** Carries announcements when neither of the others is given. */
  readonly DATABASE_URL?: string | undefined;
}

/**
 * Opens Redis (`REDIS_URL`), or the embedded twin: memory, and announcements over PostgreSQL (`PUBSUB_URL`, else `DATABASE_URL`);
 * with no address at all, everything stays in this process. Returns at once and connects in the background, so that a process
 * starts while the store is away. The caller disposes of the result.
 */
export function openSharedState(choice: SharedStateChoice, logger: Logger): SharedState {
  invariant(choice.REDIS_URL === undefined || choice.PUBSUB_URL === undefined, 'one way to share is chosen');
  if (choice.REDIS_URL !== undefined) return openRedisSharedState(choice.REDIS_URL, logger);
  const url = choice.PUBSUB_URL ?? choice.DATABASE_URL;
  if (url === undefined) return createMemorySharedState(logger);
  const pubsub = createPostgresPubSub({ url, logger });
  return assembleEmbedded({ pubsub, isAway: () => pubsub.isAway, logger });
}

/** The shared state of one process, for unit tests. */
export function createMemorySharedState(logger: Logger): SharedState {
  return assembleEmbedded({ pubsub: createMemoryPubSub(), isAway: () => false, logger });
}

interface EmbeddedParts {
  readonly pubsub: PubSub;
  readonly isAway: () => boolean;
  readonly logger: Logger;
}

function assembleEmbedded({ pubsub, isAway, logger }: EmbeddedParts): SharedState {
  const clock = systemClock;
  const stack = new AsyncDisposableStack();
  stack.use(pubsub);
  return {
    cache: createMemoryCache({ clock }),
    rateLimits: createMemoryRateLimits({ clock }),
    epochs: stack.use(createAnnouncedEpochs({ pubsub, clock, logger })),
    pubsub,
    get isAway() {
      return isAway();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function openRedisSharedState(url: string, logger: Logger): SharedState {
  const clock = systemClock;
  const address = parseRedisAddress(url);
  const stack = new AsyncDisposableStack();
  const commands = stack.use(new RedisCommands({ address, logger }));
  const subscriber = stack.use(
    new RedisSubscriber({
      createClient: (attempt) => createSubscriberClient(address, commands.nodes, attempt),
      logger,
    }),
  );
  const pubsub = createRedisPubSub(commands, subscriber);
  return {
    cache: createRedisCache(commands),
    rateLimits: createRedisRateLimits(commands, createMemoryRateLimits({ clock })),
    epochs: stack.use(createRedisEpochs({ commands, pubsub, clock, logger })),
    pubsub,
    get isAway() {
      return commands.isAway;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
