/** What a namespace of the broker holds, as it would be configured in Azure. */
import { EVENTS_TOPIC, TOPOLOGY, type Topology } from '@flowgrid/messaging';

export interface EntitySettings {
  readonly requiresSession: boolean;
  readonly maxDeliveryCount: number;
  readonly lockSeconds: number;
}

export interface QueueSettings extends EntitySettings {
  /** How long the broker remembers message ids, to drop duplicates; 0 does not look for them. */
  readonly duplicateWindowSeconds: number;
}

export interface SubscriptionSettings extends EntitySettings {
  /** Correlation filters over application properties; a message that one of them matches is taken. */
  readonly rules: readonly Readonly<Record<string, string>>[];
}

export interface TopicSettings {
  readonly duplicateWindowSeconds: number;
  readonly subscriptions: Readonly<Record<string, SubscriptionSettings>>;
}

export interface NamespaceSettings {
  readonly queues: Readonly<Record<string, QueueSettings>>;
  readonly topics: Readonly<Record<string, TopicSettings>>;
}

/** The namespace that the product expects. */
export function toNamespace(topology: Topology = TOPOLOGY, duplicateWindowSeconds = 600): NamespaceSettings {
  const { subscriptions, queues } = topology;
  return {
    queues: mapValues(queues, ({ maxDeliveries, lockSeconds }) => ({
      requiresSession: true,
      maxDeliveryCount: maxDeliveries,
      lockSeconds,
      duplicateWindowSeconds,
    })),
    topics: {
      [EVENTS_TOPIC]: {
        duplicateWindowSeconds,
        subscriptions: mapValues(subscriptions, ({ maxDeliveries, lockSeconds, resources }) => ({
          requiresSession: true,
          maxDeliveryCount: maxDeliveries,
          lockSeconds,
          rules: resources.map((resource) => ({ resource })),
        })),
      },
    },
  };
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
