/** How much somebody may do in a window of time that slides with the clock. */

export interface RateLimit {
  readonly limit: number;
  readonly windowSeconds: number;
  /** What this one counts for; 1 if not given. */
  readonly cost?: number;
}

export interface RateDecision {
  readonly isAllowed: boolean;
  /** What may still be taken now. */
  readonly remaining: number;
  /** Whole seconds until the same cost is allowed if nothing else is taken; 0 when it was allowed. */
  readonly retryAfterSeconds: number;
}

export interface RateLimits {
  /**
   * Takes `cost` from what `key` may do, or refuses and takes nothing. `parts` of the key are kept apart whatever they contain.
   * Never rejects: while the shared store is away, this process counts by itself, with the same limit.
   */
  take(key: readonly [kind: string, ...parts: string[]], rate: RateLimit): Promise<RateDecision>;
}
