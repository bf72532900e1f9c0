/** What an answer of a connected system says about its limits. */

export interface VendorLimits {
  /** Nothing should be asked before; null while everything may be. */
  readonly pauseUntil: Date | null;
  /** Null while everything may be asked. */
  readonly reason: 'RATE_LIMIT' | 'SECONDARY_LIMIT' | null;
}

/**
 * One for each kind of system, over every answer of it. It is pure, and leaves the body to be read by others: one that has to
 * look into it reads a clone.
 */
export type ReadLimits = (response: Response, now: Date) => VendorLimits | Promise<VendorLimits>;

export const NO_LIMITS: VendorLimits = { pauseUntil: null, reason: null };
