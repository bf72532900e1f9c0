/** How a rate limit is told: the headers of draft-ietf-httpapi-ratelimit-headers-10 on every answer, and an error when it is reached. */
import { FlowgridError } from '@flowgrid/platform';
import type { RateOutcome } from './rate-limiter.ts';

/** `t` is left out while operations are allowed: a window that slides has no moment at which it begins anew. */
export function rateLimitHeaders(outcome: RateOutcome): Readonly<Record<string, string>> {
  const { policy, limit, windowSeconds, remaining, isAllowed, retryAfterSeconds } = outcome;
  const state = `"${policy}";r=${remaining}`;
  return {
    'ratelimit-policy': `"${policy}";q=${limit};w=${windowSeconds}`,
    ratelimit: isAllowed ? state : `${state};t=${retryAfterSeconds}`,
    ...(!isAllowed && { 'retry-after': String(retryAfterSeconds) }),
  };
}

/** @throws FlowgridError `RATE_LIMITED` when the operation may not run. */
export function requireAllowed({ isAllowed, limit, windowSeconds, retryAfterSeconds }: RateOutcome): void {
  if (isAllowed) return;
  throw new FlowgridError(
    'RATE_LIMITED',
    `At most ${limit} operations in ${windowSeconds} seconds. Try again in ${retryAfterSeconds} s.`,
    { details: { retryAfterSeconds } },
  );
}
