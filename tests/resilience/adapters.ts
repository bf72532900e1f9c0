/** What carries announcements, limits and messages between processes: tests of replicas run on each of these. */
import { startAmqpBroker } from '../testkit/amqp/broker.ts';
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

/** As companies run it: Redis, and Azure Service Bus, which an AMQP listener stands in for. */
export const FULL: Adapters = {
  name: 'Redis and Service Bus',
  isHere: hasRedis,
  open: async (stack) => {
    const { url } = stack.use(await startRedis());
    const broker = stack.use(await startAmqpBroker());
    // Two places for announcements would be a contradiction: the usual one is taken away.
    const shared = { REDIS_URL: url, PUBSUB_URL: '' };
    const both = { ...shared, SERVICE_BUS_CONNECTION_STRING: broker.connectionString() };
    return {
      router: shared,
      auth: shared,
      agents: both,
      design: both,
      'design-worker': both,
      'delivery-worker': both,
      integrations: both,
    };
  },
};

/** Puts variables of several sources together. */
export function mergeEnv(...sources: readonly ProcessEnv[]): ProcessEnv {
  const names = new Set(sources.flatMap((source) => Object.keys(source) as (keyof ProcessEnv)[]));
  return Object.fromEntries(
    [...names].map((name) => [name, Object.assign({}, ...sources.map((source) => source[name]))]),
  );
}
