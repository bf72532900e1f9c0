/** What Jira's answers say about its limits: Cloud by the hour, by the second and by the issue, Data Center by a bucket. */
import { NO_LIMITS, type VendorLimits } from '../vendor-limits.ts';

const SECOND_MS = 1_000;
/** Where no time is named: the burst limits of Cloud are over by then. */
const UNNAMED_PAUSE_MS = 10 * SECOND_MS;
/** Longer than the hour after which quotas of Cloud begin anew. */
const MAX_PAUSE_MS = 65 * 60 * SECOND_MS;
const REFUSALS = new Set([429, 503]);
/** The quotas of an hour; the others are bursts and writes to one issue, and pass soon. */
const QUOTA = /quota/i;

/** Data Center says how long to wait in each answer, and means it once nothing remains. */
export function readJiraLimits(response: Response, now: Date): VendorLimits {
  const { headers, status } = response;
  const retryAfter = toPauseMs(headers.get('retry-after'), now);
  const isUsedUp = headers.get('x-ratelimit-remaining') === '0';
  const isRefused = status === 429 || (REFUSALS.has(status) && retryAfter !== null);
  if (!isRefused && !isUsedUp) return NO_LIMITS;
  const reset = toPauseMs(headers.get('x-ratelimit-reset'), now);
  const named = retryAfter ?? reset;
  // The last one of a bucket whose refill is not told: the next answer tells it.
  if (!isRefused && named === null) return NO_LIMITS;
  const pauseMs = Math.min(named ?? UNNAMED_PAUSE_MS, MAX_PAUSE_MS);
  if (pauseMs <= 0) return NO_LIMITS;
  const isQuota = isUsedUp || QUOTA.test(headers.get('ratelimit-reason') ?? '');
  return {
    pauseUntil: new Date(now.getTime() + pauseMs),
    reason: isQuota ? 'RATE_LIMIT' : 'SECONDARY_LIMIT',
  };
}

/** Of seconds from now, or of a time; null for neither. */
function toPauseMs(text: string | null, now: Date): number | null {
  if (text === null) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND_MS;
  const at = /^\d{4}-\d\d-\d\dT|^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at - now.getTime();
}
