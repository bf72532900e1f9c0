/** The variables that choose the shared state of a process. */
import { postgresUrl, type Contradiction } from '@flowgrid/platform';
import { redisUrl } from './redis/address.ts';

/** To be spread into the model of a process that shares state. */
export const sharedStateEnv = {
  REDIS_URL: redisUrl
    .optional()
    .describe(
      'Redis for cache, limits, revocations and announcements: redis[s]://, redis[s]+sentinel:// or redis[s]+cluster://.',
    ),
  PUBSUB_URL: postgresUrl
    .optional()
    .describe(
      'Without Redis: PostgreSQL that carries announcements and revocations; the default is DATABASE_URL.',
    ),
};

/** The third argument of `readEnv` for such a process. */
export const SHARED_STATE_CONTRADICTIONS: readonly Contradiction[] = [
  {
    variables: ['REDIS_URL', 'PUBSUB_URL'],
    problem: 'both say how processes share what they know; leave one of them out',
  },
];
