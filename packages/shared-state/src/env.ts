/** The variables that choose the shared state of a process. */
import { postgresUrl } from '@flowgrid/platform';
import { redisUrl } from './redis/address.ts';

/** To be spread into the model of a process that shares state. */
export const sharedStateEnv = {
  /** Redis: redis[s]://, redis[s]+sentinel:// or redis[s]+cluster://. Without it, processes share by PostgreSQL alone. */
  REDIS_URL: redisUrl.optional(),
  /** PostgreSQL that carries announcements instead; the own database if neither is given. */
  PUBSUB_URL: postgresUrl.optional(),
};

/** What the start refuses about those variables together; undefined when they agree. */
export function findSharedStateContradiction(env: {
  readonly REDIS_URL?: unknown;
  readonly PUBSUB_URL?: unknown;
}): string | undefined {
  if (env.REDIS_URL === undefined || env.PUBSUB_URL === undefined) return undefined;
  return 'REDIS_URL, PUBSUB_URL: only one of them says how processes share what they know; leave one out';
}
