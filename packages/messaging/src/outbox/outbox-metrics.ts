import { Gauge, type Logger, type Registry } from '@flowgrid/platform';
import type { TenantDatabase } from './outbox-database.ts';
import { measureOutbox, type OutboxMeasure } from './outbox-store.ts';

/** Adds to the metrics of a service what waits in its outbox. It is looked at when the metrics are asked for. */
export function registerOutboxMetrics(
  registry: Registry,
  { database, logger }: { readonly database: Pick<TenantDatabase, 'withoutTenant'>; readonly logger: Logger },
): void {
  const figures: readonly { name: string; help: string; of: (measure: OutboxMeasure) => number }[] = [
    {
      name: 'outbox_oldest_age_seconds',
      help: 'How long the oldest event has waited to be handed over.',
      of: ({ oldestAgeSeconds }) => oldestAgeSeconds,
    },
    {
      name: 'outbox_events_waiting',
      help: 'Events that wait to be handed over.',
      of: ({ waiting }) => waiting,
    },
    {
      name: 'outbox_dead_letters',
      help: 'Events that can never be handed over; see npm run dead-letters.',
      of: ({ dead }) => dead,
    },
  ];
  let measuring: Promise<OutboxMeasure | null> | null = null;
  // One look for all figures of one answer.
  const measure = (): Promise<OutboxMeasure | null> =>
    (measuring ??= measureOutbox(database)
      .catch((error: unknown) => {
        logger.debug({ err: error }, 'the outbox cannot be measured');
        return null;
      })
      .finally(() => (measuring = null)));
  for (const { name, help, of } of figures) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: async () => {
        const measured = await measure();
        // No figure is better than an old one.
        if (measured === null) gauge.remove();
        else gauge.set(of(measured));
      },
    });
  }
}
