import { Counter, Histogram, type Registry } from '@flowgrid/platform';

/**
 * What became of a delivery: its effect was written, it had been before, the consumer has no use for its type, it failed
 * and comes again, or it is a dead letter.
 */
export type ConsumeOutcome = 'done' | 'duplicate' | 'passed' | 'failed' | 'dead';

export interface ConsumerMetrics {
  count(outcome: ConsumeOutcome): void;
  /** From the change to its effect. */
  observeDelay(madeAt: string): void;
}

const DELAY_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120, 600];

interface ConsumerFigures {
  readonly deliveries: Counter<'consumer' | 'outcome'>;
  readonly delay: Histogram<'consumer'>;
}

/** A registry takes each name once, and a process may have several consumers. */
const figuresOf = new WeakMap<Registry, ConsumerFigures>();

/** Without a registry nothing is counted. */
export function createConsumerMetrics(consumer: string, registry: Registry | undefined): ConsumerMetrics {
  if (registry === undefined) return { count: () => undefined, observeDelay: () => undefined };
  const figures = figuresOf.get(registry) ?? createFigures(registry);
  figuresOf.set(registry, figures);
  return {
    count: (outcome) => figures.deliveries.inc({ consumer, outcome }),
    observeDelay: (madeAt) =>
      figures.delay.observe({ consumer }, Math.max(0, Date.now() - Date.parse(madeAt)) / 1000),
  };
}

function createFigures(registry: Registry): ConsumerFigures {
  return {
    deliveries: new Counter({
      name: 'event_deliveries_total',
      help: 'Events that a consumer was given, by what became of them.',
      labelNames: ['consumer', 'outcome'],
      registers: [registry],
    }),
    delay: new Histogram({
      name: 'event_delay_seconds',
      help: 'Time from a change to its effect in the consumer.',
      labelNames: ['consumer'],
      buckets: DELAY_BUCKETS_SECONDS,
      registers: [registry],
    }),
  };
}
