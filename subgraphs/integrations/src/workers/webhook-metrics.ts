/** What webhooks do, for operators: of all tenants together. */
import { Counter, Gauge, Histogram, type Clock, type Logger, type Registry } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../database.ts';
import { measureQueue, type QueueMeasure } from '../modules/webhook-delivery/queue-store.ts';
import type { WebhookQueue } from '../modules/webhook-delivery/webhook-work.ts';

export type AttemptLabel = 'delivered' | 'failed' | 'throttled' | 'gone' | 'given_back' | 'lost';

export interface WebhookMetrics {
  countAttempt(queue: WebhookQueue, outcome: AttemptLabel): void;
  observeDuration(queue: WebhookQueue, durationMs: number): void;
  moveInFlight(queue: WebhookQueue, by: 1 | -1): void;
}

const DURATION_BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

export function createWebhookMetrics(
  registry: Registry,
  queue: {
    readonly database: Pick<IntegrationsDatabase, 'withoutTenant'>;
    readonly clock: Clock;
    readonly logger: Logger;
  },
): WebhookMetrics {
  const attempts = new Counter({
    name: 'webhook_attempts_total',
    help: 'Requests to webhook endpoints, by what came of them.',
    labelNames: ['queue', 'outcome'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'webhook_attempt_seconds',
    help: 'How long webhook endpoints took to answer.',
    labelNames: ['queue'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  });
  const inFlight = new Gauge({
    name: 'webhook_attempts_in_flight',
    help: 'Requests to webhook endpoints that are under way.',
    labelNames: ['queue'],
    registers: [registry],
  });
  registerQueueMetrics(registry, queue);
  return {
    countAttempt: (name, outcome) => attempts.inc({ queue: name, outcome }),
    observeDuration: (name, durationMs) => duration.observe({ queue: name }, durationMs / 1000),
    moveInFlight: (name, by) => inFlight.inc({ queue: name }, by),
  };
}

/** Looked at when the metrics are asked for. */
function registerQueueMetrics(
  registry: Registry,
  {
    database,
    clock,
    logger,
  }: {
    readonly database: Pick<IntegrationsDatabase, 'withoutTenant'>;
    readonly clock: Clock;
    readonly logger: Logger;
  },
): void {
  const figures: readonly { name: string; help: string; of: (measure: QueueMeasure) => number }[] = [
    {
      name: 'webhook_queue_age_seconds',
      help: 'For how long the endpoint that waits longest has had work that is due.',
      of: ({ oldestAgeSeconds }) => oldestAgeSeconds,
    },
    {
      name: 'webhook_endpoints_due',
      help: 'Endpoints with work that is due.',
      of: ({ dueEndpoints }) => dueEndpoints,
    },
    {
      name: 'webhook_endpoints_failing',
      help: 'Endpoints whose last attempt failed.',
      of: ({ failingEndpoints }) => failingEndpoints,
    },
  ];
  let measuring: Promise<QueueMeasure | null> | null = null;
  // One look for all figures of one answer.
  const measure = (): Promise<QueueMeasure | null> =>
    (measuring ??= measureQueue(database, clock.now())
      .catch((error: unknown) => {
        logger.debug({ err: error }, 'the queue of webhooks cannot be measured');
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
