/** The ways to share state, each as a family of processes that share it. */
import { createLogger } from '@flowgrid/platform';
import { openSharedState, type SharedState } from '@flowgrid/shared-state';
import { createTestDatabase } from '../../testkit/database.ts';
import { hasRedis, startRedis } from '../../testkit/redis.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

export interface Family extends AsyncDisposable {
  /** What one more process opens. The test disposes of it. */
  readonly open: () => SharedState;
}

export interface Implementation {
  readonly name: string;
  readonly isHere: boolean;
  /** Whether cache and counters are the same for all processes. */
  readonly isShared: boolean;
  readonly start: () => Promise<Family>;
}

export const IMPLEMENTATIONS: readonly Implementation[] = [
  {
    name: 'embedded',
    isHere: true,
    isShared: false,
    start: async () => {
      const database = await createTestDatabase();
      return {
        open: () => openSharedState({ PUBSUB_URL: database.url('flowgrid_router') }, logger),
        [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
      };
    },
  },
  {
    name: 'Redis',
    isHere: hasRedis,
    isShared: true,
    start: async () => {
      const redis = await startRedis();
      return {
        open: () => openSharedState({ REDIS_URL: redis.url }, logger),
        [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
      };
    },
  },
];
