/** What GitHub's answers say about its limits, by its documented order: retry-after, then the reset, then a minute. */
import { NO_LIMITS, type VendorLimits } from '../vendor-limits.ts';

const SECOND_MS = 1_000;
/** What GitHub asks for where it names no time. */
const UNNAMED_PAUSE_MS = 60 * SECOND_MS;
/** Longer than any pause of GitHub's: its hourly limit, and clocks that differ. */
const MAX_PAUSE_MS = 65 * 60 * SECOND_MS;
const MAX_BODY_LENGTH = 10_000;

/** The parts of an answer that tell. */
export interface LimitedAnswer {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly body: string;
}

/** An answer that is no refusal may still be the last one of the hour: then the next one waits. */
export async function readGitHubLimits(response: Response, now: Date): Promise<VendorLimits> {
  const { headers, status } = response;
  // A secondary limit that names no time differs from a missing permission by its words alone.
  const body = status === 403 ? await response.clone().text() : '';
  return findGitHubLimits({ status, header: (name) => headers.get(name), body }, now);
}

export function findGitHubLimits({ status, header, body }: LimitedAnswer, now: Date): VendorLimits {
  const retryAfter = toSeconds(header('retry-after'));
  const reset = toSeconds(header('x-ratelimit-reset'));
  const isUsedUp = header('x-ratelimit-remaining') === '0';
  const isRefused = status === 403 || status === 429;
  if (isRefused && retryAfter !== null) {
    return pause(now, retryAfter * SECOND_MS, isUsedUp ? 'RATE_LIMIT' : 'SECONDARY_LIMIT');
  }
  // Search has limits of its own, a minute long: what is used up there says nothing about the others.
  const isShared = (header('x-ratelimit-resource') ?? 'core') === 'core';
  if (isUsedUp && (isRefused || (isShared && reset !== null))) {
    const pauseMs = reset === null ? UNNAMED_PAUSE_MS : reset * SECOND_MS - now.getTime();
    return pause(now, pauseMs, 'RATE_LIMIT');
  }
  const saysLimit = /secondary rate limit|abuse detection|rate limit exceeded/i;
  if (status === 429 || (status === 403 && saysLimit.test(body.slice(0, MAX_BODY_LENGTH)))) {
    return pause(now, UNNAMED_PAUSE_MS, 'SECONDARY_LIMIT');
  }
  return NO_LIMITS;
}

function pause(now: Date, pauseMs: number, reason: 'RATE_LIMIT' | 'SECONDARY_LIMIT'): VendorLimits {
  if (pauseMs <= 0) return NO_LIMITS;
  return { pauseUntil: new Date(now.getTime() + Math.min(pauseMs, MAX_PAUSE_MS)), reason };
}

function toSeconds(text: string | null): number | null {
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : null;
}
