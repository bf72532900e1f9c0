import type { Cache } from './cache/cache.ts';
import type { Epochs } from './epochs/epochs.ts';
import type { PubSub } from './pubsub/pubsub.ts';
import type { RateLimits } from './rate-limits/rate-limits.ts';

/**
 * What the processes of one installation share and may lose. Nothing in it is the only copy of anything, and no part of it
 * rejects because the shared store is away, except `pubsub.publish`: callers go on with what they know themselves.
 * Disposing closes the connections.
 */
export interface SharedState extends AsyncDisposable {
  readonly cache: Cache;
  readonly rateLimits: RateLimits;
  readonly epochs: Epochs;
  readonly pubsub: PubSub;
  /** True while nothing reaches the other processes, for a metric: nobody has to ask before using a part. */
  readonly isAway: boolean;
}
