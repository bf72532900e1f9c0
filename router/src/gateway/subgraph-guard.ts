/**
 * Keeps a subgraph that does not answer from taking the router's connections and its callers' time. Not an `OutsidePolicy`: retries are
 * those of the replicas, the time is the operation's, and what a call was late or given up for has to be told apart.
 */
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  bulkhead,
  circuitBreaker,
  handleWhen,
  type BulkheadPolicy,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { unreachable, type BreakerState } from '@flowgrid/platform';
import { SubgraphFailure } from './fetch-failure.ts';

export interface SubgraphGuardOptions {
  readonly onStateChange: (state: BreakerState) => void;
  /** From the first refusal to the first probe. */
  readonly firstProbeMs?: number;
}

/** Calls under way at one subgraph, those that wait for a connection included. */
const MAX_CALLS = 256;
/** Of them, those of one tenant. */
const MAX_CALLS_PER_TENANT = 192;
const FAILURES_IN_A_ROW = 5;
/** A restart is noticed at once; a subgraph that stays away costs one call in ten seconds. */
const FIRST_PROBE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

export class SubgraphGuard {
  readonly #bulkhead: BulkheadPolicy;
  readonly #breaker: CircuitBreakerPolicy;
  readonly #callsByTenant = new Map<string, number>();

  constructor({ onStateChange, firstProbeMs = FIRST_PROBE_MS }: SubgraphGuardOptions) {
    this.#bulkhead = bulkhead(MAX_CALLS);
    this.#breaker = circuitBreaker(
      handleWhen((error) => this.#isFailure(error)),
      {
        breaker: new ConsecutiveBreaker(FAILURES_IN_A_ROW),
        halfOpenAfter: new ExponentialBackoff({ initialDelay: firstProbeMs, maxDelay: LONGEST_PAUSE_MS }),
      },
    );
    this.#breaker.onStateChange((state) => onStateChange(toState(state)));
  }

  /**
   * Runs a call for a tenant; those for nobody in particular share what there is.
   * @throws SubgraphFailure `refused` without running it; otherwise what the call throws.
   */
  async run<Result>(call: () => Promise<Result>, tenantId: string | null = null): Promise<Result> {
    // The policy would let the others wait for the one call that probes.
    if (this.#breaker.state === CircuitState.HalfOpen)
      throw new SubgraphFailure('refused', 'it is being tried');
    using _place = this.#takePlace(tenantId);
    try {
      // Outside the breaker: a call that had no place says nothing about the subgraph.
      return await this.#bulkhead.execute(() => this.#breaker.execute(call));
    } catch (error) {
      if (error instanceof BrokenCircuitError)
        throw new SubgraphFailure('refused', 'it gave no answer lately');
      if (error instanceof BulkheadRejectedError)
        throw new SubgraphFailure('refused', 'too many calls wait for it');
      throw error;
    }
  }

  #takePlace(tenantId: string | null): Disposable | null {
    if (tenantId === null) return null;
    const held = this.#callsByTenant.get(tenantId) ?? 0;
    if (held >= MAX_CALLS_PER_TENANT)
      throw new SubgraphFailure('refused', 'too many calls of one tenant wait for it');
    this.#callsByTenant.set(tenantId, held + 1);
    return { [Symbol.dispose]: () => this.#giveBack(tenantId) };
  }

  #giveBack(tenantId: string): void {
    const held = (this.#callsByTenant.get(tenantId) ?? 1) - 1;
    if (held === 0) this.#callsByTenant.delete(tenantId);
    else this.#callsByTenant.set(tenantId, held);
  }

  /** A probe that was given up is no success either. */
  #isFailure(error: unknown): boolean {
    if (!(error instanceof SubgraphFailure)) return false;
    const { reason } = error;
    switch (reason) {
      case 'unreachable':
      case 'timeout':
      case 'status':
        return true;
      case 'abandoned':
      case 'late':
        return this.#breaker.state === CircuitState.HalfOpen;
      case 'unusable':
      case 'refused':
        return false;
      default:
        return unreachable(reason);
    }
  }
}

function toState(state: CircuitState): BreakerState {
  if (state === CircuitState.Closed) return 'closed';
  return state === CircuitState.HalfOpen ? 'half-open' : 'open';
}
