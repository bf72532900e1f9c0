export { createMemoryPubSub } from './pubsub/memory.ts';
export { createPostgresPubSub, type PostgresPubSubOptions } from './pubsub/postgres.ts';
export type { Channel, PubSub, Subscriber, Subscription } from './pubsub/pubsub.ts';
