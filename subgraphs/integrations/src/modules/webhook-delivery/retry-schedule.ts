/** When a message that could not be delivered is sent again. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Before each attempt, counted from the end of the one before it; the first is made at once. */
export const RETRY_DELAYS_MS: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

export const MAX_ATTEMPTS = RETRY_DELAYS_MS.length;

/** Each delay is up to so much shorter or longer: what failed together does not come back together. */
export const JITTER = 0.2;

/** How long to wait after so many attempts; null when no further one is made. `random` is between 0 and 1. */
export function delayAfterMs(attempts: number, random: number): number | null {
  const delay = RETRY_DELAYS_MS[attempts];
  return delay === undefined ? null : Math.round(delay * (1 - JITTER + 2 * JITTER * random));
}
