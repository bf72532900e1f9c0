export { VALUE_LIMIT_BYTES, type Cache, type CacheScope, type CacheSpace } from './cache/cache.ts';
export { SHARED_STATE_CONTRADICTIONS, sharedStateEnv } from './env.ts';
export type { EpochKey, Epochs } from './epochs/epochs.ts';
export { createMemorySharedState, openSharedState, type SharedStateChoice } from './open.ts';
export { createMemoryPubSub } from './pubsub/memory.ts';
export { createPostgresPubSub, type PostgresPubSubOptions } from './pubsub/postgres.ts';
export type { Channel, PubSub, Subscriber, Subscription } from './pubsub/pubsub.ts';
export type { RateDecision, RateLimit, RateLimits } from './rate-limits/rate-limits.ts';
export type { SharedState } from './shared-state.ts';
