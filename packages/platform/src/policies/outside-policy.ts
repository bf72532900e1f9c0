/** How calls of one outside system are made: in time, not too many at once, tried again with care, given up while it is down. */
import {
  BulkheadPolicy,
  CircuitState,
  ConsecutiveBreaker,
  DelegateBackoff,
  SamplingBreaker,
  TimeoutStrategy,
  circuitBreaker,
  handleWhen,
  isBrokenCircuitError,
  isBulkheadRejectedError,
  isTaskCancelledError,
  retry,
  timeout,
  type CircuitBreakerPolicy,
  type IRetryBackoffContext,
  type RetryPolicy,
} from 'cockatiel';
import type { Logger } from '../logger.ts';
import { orAborted } from '../telemetry/deadline.ts';
import { RetryBudget } from './retry-budget.ts';

/**
 * What a failed try says of the other side: it is down (`outage`: counts against it and is tried again), it asks to wait
 * (`busy`: is tried again), or it has answered and would answer the same again.
 */
export type FailureKind = 'outage' | 'busy' | 'answered';

export interface PolicyOptions {
  /** For the log and the metrics: `agents`. */
  readonly name: string;
  readonly logger: Logger;
  readonly classify: (error: unknown) => FailureKind;
  /** How long the other side asks to wait, if it does. */
  readonly retryAfterMs?: (error: unknown) => number | null;
  /** From the first try to the last. */
  readonly totalTimeoutMs: number;
  readonly tryTimeoutMs: number;
  /** Tries after the first one; for calls that may be repeated. */
  readonly retries: number;
  /** Longest wait before the second try; doubled before each further one, up to `longestWaitMs`. */
  readonly waitMs?: number;
  readonly longestWaitMs?: number;
  /** How many failures in a row, or which part of the calls within a time, opens the breaker. */
  readonly opensAfter?: number | { readonly share: number; readonly withinMs: number };
  /** How long an open breaker lets nothing through. */
  readonly opensForMs?: number;
  /** Calls under way, and calls that wait for one of them to end. */
  readonly atOnce?: number;
  readonly queued?: number;
  /** Between 0 and 1. */
  readonly random?: () => number;
}

/** Why there was no try, or none that ended. */
export type RefusalReason = 'OPEN' | 'FULL' | 'TIMEOUT';

const REFUSALS: Readonly<Record<RefusalReason, string>> = {
  OPEN: 'has failed too often and is left alone for a while',
  FULL: 'has too many calls under way',
  TIMEOUT: 'did not answer in time',
};

/** The call was given up on this side. */
export class PolicyRefusal extends Error {
  override readonly name = 'PolicyRefusal';
  readonly reason: RefusalReason;

  constructor(name: string, reason: RefusalReason) {
    super(`${name} ${REFUSALS[reason]}`);
    this.reason = reason;
  }
}

export interface OutsideCallOptions {
  /** Gives the call up; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Only what has the same effect once and twice may be tried again after a try that perhaps arrived. */
  readonly isRepeatable: boolean;
}

export type BreakerState = 'closed' | 'half-open' | 'open';

/** Something failed, and the other side is to blame. */
class Outage extends Error {}
class CallerGone extends Error {}

type Outcome<Result> =
  | { readonly isAnswer: true; readonly value: Result }
  | { readonly isAnswer: false; readonly isBusy: boolean; readonly error: unknown };

const DEFAULTS = {
  waitMs: 250,
  longestWaitMs: 5_000,
  opensAfter: 5,
  opensForMs: 10_000,
  atOnce: 64,
  queued: 256,
};
/** One retry per ten calls, and ten in a burst. */
const RETRY_RATIO = 0.1;
const RETRY_RESERVE = 10;
/** A breaker by share needs some calls to speak of a share. */
const SAMPLED_PER_SECOND = 1;

/** The policy of one system. It holds no connection and needs no closing. */
export class OutsidePolicy {
  readonly #options: PolicyOptions;
  readonly #breaker: CircuitBreakerPolicy;
  readonly #bulkhead: BulkheadPolicy;
  readonly #retry: RetryPolicy;
  readonly #budget = new RetryBudget(RETRY_RATIO, RETRY_RESERVE);
  #isSaidToBeOpen = false;

  constructor(options: PolicyOptions) {
    this.#options = options;
    this.#breaker = this.#createBreaker();
    this.#bulkhead = new BulkheadPolicy(options.atOnce ?? DEFAULTS.atOnce, options.queued ?? DEFAULTS.queued);
    this.#retry = this.#createRetry();
  }

  get state(): BreakerState {
    switch (this.#breaker.state) {
      case CircuitState.Closed:
        return 'closed';
      case CircuitState.HalfOpen:
        return 'half-open';
      default:
        return 'open';
    }
  }

  /**
   * Makes the call: `work` is called once per try, with a signal that ends the try.
   * @throws what the last try threw, PolicyRefusal when there was none or it did not end, the reason of the caller's signal.
   */
  async run<Result>(
    work: (signal: AbortSignal) => Promise<Result>,
    { signal, isRepeatable }: OutsideCallOptions,
  ): Promise<Result> {
    signal?.throwIfAborted();
    this.#budget.earn();
    const tryOnce = (within: AbortSignal): Promise<Outcome<Result>> =>
      this.#throughBreaker((trySignal) => this.#toOutcome(work(trySignal), signal), {
        within,
        caller: signal,
      });
    const total = timeout(this.#options.totalTimeoutMs, TimeoutStrategy.Aggressive);
    try {
      const running = total.execute(
        (context) =>
          isRepeatable
            ? this.#retry.execute(({ signal: within }) => tryOnce(within), context.signal)
            : tryOnce(context.signal),
        signal,
      );
      const outcome = await orAborted(running, signal);
      if (outcome.isAnswer) return outcome.value;
      throw outcome.error;
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : this.#toThrown(error);
    }
  }

  #throughBreaker<Result>(
    work: (signal: AbortSignal) => Promise<Outcome<Result>>,
    { within, caller }: { readonly within: AbortSignal; readonly caller: AbortSignal | undefined },
  ): Promise<Outcome<Result>> {
    return this.#breaker.execute(
      (breaking) =>
        this.#bulkhead.execute(async (held) => {
          const limit = timeout(this.#options.tryTimeoutMs, TimeoutStrategy.Aggressive);
          try {
            return await limit.execute((timed) => work(timed.signal), held.signal);
          } catch (error) {
            if (caller?.aborted === true) throw new CallerGone();
            if (!isTaskCancelledError(error)) throw error;
            throw new Outage('timeout', { cause: new PolicyRefusal(this.#options.name, 'TIMEOUT') });
          }
        }, breaking.signal),
      within,
    );
  }

  async #toOutcome<Result>(work: Promise<Result>, caller: AbortSignal | undefined): Promise<Outcome<Result>> {
    try {
      return { isAnswer: true, value: await work };
    } catch (error) {
      if (caller?.aborted === true) throw new CallerGone();
      const kind = this.#options.classify(error);
      if (kind === 'outage') throw new Outage('outage', { cause: error });
      return { isAnswer: false, isBusy: kind === 'busy', error };
    }
  }

  #toThrown(error: unknown): unknown {
    const { name } = this.#options;
    if (error instanceof Outage) return error.cause;
    if (isBrokenCircuitError(error)) return new PolicyRefusal(name, 'OPEN');
    if (isBulkheadRejectedError(error)) return new PolicyRefusal(name, 'FULL');
    if (isTaskCancelledError(error)) return new PolicyRefusal(name, 'TIMEOUT');
    return error;
  }

  #createBreaker(): CircuitBreakerPolicy {
    const { opensAfter = DEFAULTS.opensAfter, opensForMs = DEFAULTS.opensForMs } = this.#options;
    const breaker: CircuitBreakerPolicy = circuitBreaker(
      // While it is tried out, only an answer closes it: neither a caller who left nor a full queue says anything.
      handleWhen((error) => error instanceof Outage || breaker.state === CircuitState.HalfOpen),
      {
        halfOpenAfter: opensForMs,
        breaker:
          typeof opensAfter === 'number'
            ? new ConsecutiveBreaker(opensAfter)
            : new SamplingBreaker({
                threshold: opensAfter.share,
                duration: opensAfter.withinMs,
                minimumRps: SAMPLED_PER_SECOND,
              }),
      },
    );
    breaker.onStateChange((state) => this.#say(state));
    return breaker;
  }

  /** A breaker that opens again at each trial is one event, not one per trial. */
  #say(state: CircuitState): void {
    const { name, logger } = this.#options;
    if (state === CircuitState.Open && !this.#isSaidToBeOpen) {
      this.#isSaidToBeOpen = true;
      logger.warn({ breaker: name }, 'a breaker opened: calls fail at once for a while');
    }
    if (state === CircuitState.Closed && this.#isSaidToBeOpen) {
      this.#isSaidToBeOpen = false;
      logger.info({ breaker: name }, 'a breaker closed: calls are made again');
    }
  }

  #createRetry(): RetryPolicy {
    const policy = handleWhen((error) => error instanceof Outage && this.#budget.spend()).orWhenResult(
      (outcome) => isBusy(outcome) && this.#isSoon(errorIn(outcome)) && this.#budget.spend(),
    );
    const retrying = retry(policy, {
      maxAttempts: this.#options.retries,
      backoff: new DelegateBackoff((context: IRetryBackoffContext<unknown>) => this.#waitBefore(context)),
    });
    // The last try was asked about too, and is followed by none.
    retrying.onGiveUp(() => this.#budget.giveBack());
    return retrying;
  }

  /** False when the other side asks to wait for longer than this call does. */
  #isSoon(error: unknown): boolean {
    const { longestWaitMs = DEFAULTS.longestWaitMs, retryAfterMs } = this.#options;
    return (retryAfterMs?.(error) ?? 0) <= longestWaitMs;
  }

  /** Full jitter: those who failed together do not come back together. */
  #waitBefore({ attempt, result }: IRetryBackoffContext<unknown>): number {
    const { waitMs = DEFAULTS.waitMs, longestWaitMs = DEFAULTS.longestWaitMs } = this.#options;
    const { random = Math.random, retryAfterMs } = this.#options;
    const longest = Math.min(longestWaitMs, waitMs * 2 ** (attempt - 1));
    const asked = 'error' in result ? result.error : result.value;
    return Math.max(random() * longest, retryAfterMs?.(errorIn(asked)) ?? 0);
  }
}

function isBusy(outcome: unknown): boolean {
  return typeof outcome === 'object' && outcome !== null && 'isBusy' in outcome && outcome.isBusy === true;
}

function errorIn(given: unknown): unknown {
  if (given instanceof Outage) return given.cause;
  return typeof given === 'object' && given !== null && 'error' in given ? given.error : given;
}
