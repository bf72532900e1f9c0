/** What ServiceNow's answers say about its limits: rules of the instance's administrator by the hour, and moments in which it is busy. */
import { NO_LIMITS, type ReadLimits, type VendorLimits } from '../vendor-limits.ts';

const SECOND_MS = 1_000;
/** Busy nodes name no time. */
const UNNAMED_PAUSE_MS = 10 * SECOND_MS;
/** Rules count by the hour; clocks differ. */
const MAX_PAUSE_MS = 65 * 60 * SECOND_MS;

/** `X-RateLimit-*` also stand in answers that are no refusals, but say nothing of how much is left. */
export const readServiceNowLimits: ReadLimits = ({ status, headers }, now): VendorLimits => {
  if (status !== 429) return NO_LIMITS;
  const retryAfter = toNumber(headers.get('retry-after'));
  const reset = toNumber(headers.get('x-ratelimit-reset'));
  const reason = headers.has('x-ratelimit-rule') || reset !== null ? 'RATE_LIMIT' : 'SECONDARY_LIMIT';
  const untilResetMs = reset === null ? 0 : reset * SECOND_MS - now.getTime();
  const namedMs = retryAfter === null ? untilResetMs : retryAfter * SECOND_MS;
  const pauseMs = namedMs > 0 ? Math.min(namedMs, MAX_PAUSE_MS) : UNNAMED_PAUSE_MS;
  return { pauseUntil: new Date(now.getTime() + pauseMs), reason };
};

function toNumber(text: string | null): number | null {
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : null;
}
