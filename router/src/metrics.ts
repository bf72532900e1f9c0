/** What the router counts of its own work. No label names a tenant or an operation: their number is not bounded. */
import { Gauge, Histogram, type BreakerState, type Registry } from '@flowgrid/platform';
import type { FailureReason } from './gateway/fetch-failure.ts';

export type FetchOutcome = 'ok' | FailureReason;

export type OperationType = 'query' | 'mutation' | 'subscription';
/** `partial`: there are errors beside the data. */
export type OperationOutcome = 'ok' | 'partial' | 'failed';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const STATES: readonly BreakerState[] = ['closed', 'half-open', 'open'];

export class RouterMetrics {
  readonly #registry: Registry;
  readonly #fetches: Histogram<'subgraph' | 'outcome'>;
  readonly #operations: Histogram<'type' | 'outcome'>;
  readonly #breakers: Gauge<'name' | 'state'>;
  readonly #subscriptions: Gauge;

  constructor(registry: Registry) {
    this.#registry = registry;
    const registers = [registry];
    this.#fetches = new Histogram({
      name: 'subgraph_fetch_duration_seconds',
      help: 'Time of one call of a subgraph; `refused` ones were not sent.',
      labelNames: ['subgraph', 'outcome'],
      buckets: SECONDS,
      registers,
    });
    this.#operations = new Histogram({
      name: 'graphql_operation_duration_seconds',
      help: 'Time to run one operation, or to join one event of a subscription.',
      labelNames: ['type', 'outcome'],
      buckets: SECONDS,
      registers,
    });
    this.#breakers = new Gauge({
      name: 'breaker_state',
      help: 'Breakers of outside systems by state.',
      labelNames: ['name', 'state'],
      registers,
    });
    this.#subscriptions = new Gauge({
      name: 'router_open_subscriptions',
      help: 'Subscriptions of clients that are open.',
      registers,
    });
  }

  observeFetch(subgraph: string, outcome: FetchOutcome, ms: number): void {
    this.#fetches.observe({ subgraph, outcome }, ms / 1000);
  }

  observeOperation(type: OperationType, outcome: OperationOutcome, ms: number): void {
    this.#operations.observe({ type, outcome }, ms / 1000);
  }

  setBreaker(subgraph: string, state: BreakerState): void {
    for (const each of STATES) this.#breakers.set({ name: subgraph, state: each }, each === state ? 1 : 0);
  }

  /** Counts a subscription as open until the result is called. */
  openSubscription(): () => void {
    this.#subscriptions.inc();
    return () => this.#subscriptions.dec();
  }

  /** Asks for the number of open sockets whenever metrics are read. */
  followSockets(count: () => number): void {
    const gauge: Gauge = new Gauge({
      name: 'router_open_sockets',
      help: 'WebSocket connections of clients that are open.',
      registers: [this.#registry],
      collect: () => gauge.set(count()),
    });
  }
}
