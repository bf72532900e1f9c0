/** What carries announcements, limits and messages between processes: tests of replicas run on each of these. */
import type { ProcessEnv } from '../testkit/platform.ts';
import { hasRedis, startRedis } from '../testkit/redis.ts';

export interface Adapters {
  readonly name: string;
  readonly isHere: boolean;
  /** Starts what is needed, on the stack, and gives the variables by which the processes find it. */
  open(stack: AsyncDisposableStack): Promise<ProcessEnv>;
}

export const EMBEDDED: Adapters = {
  name: 'PostgreSQL alone',
  isHere: true,
  open: () => Promise.resolve({}),
};

export const REDIS: Adapters = {
  name: 'Redis',
  isHere: hasRedis,
  open: async (stack) => {
    const { url } = stack.use(await startRedis());
    // Two places for announcements would be a contradiction: the usual one is taken away.
    const shared = { REDIS_URL: url, PUBSUB_URL: '' };
    return { router: shared, auth: shared, design: shared, 'design-worker': shared };
  },
};

/** Puts variables of several sources together. */
export function mergeEnv(...sources: readonly ProcessEnv[]): ProcessEnv {
  const names = new Set(sources.flatMap((source) => Object.keys(source) as (keyof ProcessEnv)[]));
  return Object.fromEntries(
    [...names].map((name) => [name, Object.assign({}, ...sources.map((source) => source[name]))]),
  );
}
