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
  readonly service: 'design' | 'integrations';
  /** The first part of the event types that it is given: `agent` takes `agent.created`. */
  readonly resources: readonly string[];
}

export const SUBSCRIPTIONS = {
  /** The design service's read model of the tenant's agents. */
  'design-agents': { service: 'design', resources: ['agent'], maxDeliveries: 10, lockSeconds: 30 },
  /** Designs that rules of the integrations service ask for. */
  'design-requests': { service: 'design', resources: ['design_request'], maxDeliveries: 10, lockSeconds: 30 },
  /** What rules act on: published agents, changed items, and designs that they asked for in vain. */
  'integrations-agents': {
    service: 'integrations',
    resources: ['agent', 'design_session', 'external'],
    maxDeliveries: 10,
    lockSeconds: 30,
  },
  /** Everything that webhook endpoints can be told of. */
  'integrations-webhooks': {
    service: 'integrations',
    resources: [
      'agent',
      'archimate_model',
      'design_session',
      'design_setting',
      'external',
      'inbound_hook',
      'integration',
      'integration_rule',
      'webhook_delivery',
      'webhook_endpoint',
    ],
    maxDeliveries: 10,
    lockSeconds: 30,
  },
} as const satisfies Record<string, SubscriptionSettings>;

export type SubscriptionName = keyof typeof SUBSCRIPTIONS;

export interface QueueSettings extends SourceSettings {
  /** The service that sends and receives. */
  readonly service: 'design' | 'integrations';
}

export const QUEUES = {
  'design-jobs': { service: 'design', maxDeliveries: 10, lockSeconds: 30 },
  /** Messages of inbound hooks that were acknowledged and wait to be worked on. */
  'inbound-deliveries': { service: 'integrations', maxDeliveries: 10, lockSeconds: 30 },
  'integration-syncs': { service: 'integrations', maxDeliveries: 10, lockSeconds: 30 },
  /** Attempts to deliver to endpoints that answer. */
  'webhook-deliveries': { service: 'integrations', maxDeliveries: 10, lockSeconds: 30 },
  /** Attempts to deliver to endpoints that have failed: they take no place from those that answer. */
  'webhook-retries': { service: 'integrations', maxDeliveries: 10, lockSeconds: 30 },
} as const satisfies Record<string, QueueSettings>;

export type QueueName = keyof typeof QUEUES;

/** What a transport is told about sources: the product's, or those of a test. */
export interface Topology {
  readonly subscriptions: Readonly<Record<string, SubscriptionSettings>>;
  readonly queues: Readonly<Record<string, QueueSettings>>;
}

export const TOPOLOGY: Topology = { subscriptions: SUBSCRIPTIONS, queues: QUEUES };
