/** Which subscriptions and queues there are; the same on every transport. */

/** The topic of all events. */
export const EVENTS_TOPIC = 'flowgrid-events';

export interface SourceSettings {
  /** After so many deliveries a message goes to the dead letters. */
  readonly maxDeliveries: number;
  /** How long a receiver may be silent before its message is given to another one. Receivers renew it while they work. */
  readonly lockSeconds: number;
}

export interface SubscriptionSettings extends SourceSettings {
  /** The service that receives. */
  readonly service: 'design';
  /** The first part of the event types that it is given: `agent` takes `agent.created`. */
  readonly resources: readonly string[];
}

export const SUBSCRIPTIONS = {
  /** The design service's read model of the tenant's agents. */
  'design-agents': { service: 'design', resources: ['agent'], maxDeliveries: 10, lockSeconds: 30 },
} as const satisfies Record<string, SubscriptionSettings>;

export type SubscriptionName = keyof typeof SUBSCRIPTIONS;

export interface QueueSettings extends SourceSettings {
  /** The service that sends and receives. */
  readonly service: 'design' | 'integrations';
}

export const QUEUES = {
  'design-jobs': { service: 'design', maxDeliveries: 10, lockSeconds: 30 },
  'webhook-deliveries': { service: 'integrations', maxDeliveries: 10, lockSeconds: 30 },
} as const satisfies Record<string, QueueSettings>;

export type QueueName = keyof typeof QUEUES;

/** What a transport is told about sources: the product's, or those of a test. */
export interface Topology {
  readonly subscriptions: Readonly<Record<string, SubscriptionSettings>>;
  readonly queues: Readonly<Record<string, QueueSettings>>;
}

export const TOPOLOGY: Topology = { subscriptions: SUBSCRIPTIONS, queues: QUEUES };
