import type { SourceSettings, Topology } from './topology.ts';
import type { Source } from './transport.ts';

/** The name of a source: in the database, in logs, and in the property that a message replayed over Service Bus carries. */
export function toSourceName(source: Source): string {
  return 'queue' in source ? `queue:${source.queue}` : `subscription:${source.subscription}`;
}

/** @throws when the topology has no such source. */
export function getSettings({ queues, subscriptions }: Topology, source: Source): SourceSettings {
  const settings = 'queue' in source ? queues[source.queue] : subscriptions[source.subscription];
  if (settings === undefined) throw new Error(`no such source: ${toSourceName(source)}`);
  return settings;
}
