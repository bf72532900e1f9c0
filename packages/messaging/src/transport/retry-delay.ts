/** How long a message rests after a handler failed on it: attempt 1 is the first delivery. */
export type RetryDelay = (attempt: number) => number;

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Doubles from half a second to half a minute; half of it is chance, so that failures of one cause do not come back together. */
export const exponentialRetryDelay: RetryDelay = (attempt) => {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1));
  return full / 2 + (Math.random() * full) / 2;
};
