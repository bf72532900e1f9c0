/** What the answer of an endpoint means for the message and for the endpoint. */
import type { OutboundReason } from '@flowgrid/outbound';

/** What came back, or why nothing did. */
export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfter: string | null }
  | { readonly kind: 'unanswered'; readonly reason: OutboundReason; readonly message: string };

export type AttemptOutcome =
  | { readonly kind: 'DELIVERED' }
  /** The endpoint says that it is no more. */
  | { readonly kind: 'GONE'; readonly error: string }
  /** It asks not to be asked for so long. */
  | { readonly kind: 'THROTTLED'; readonly error: string; readonly pauseMs: number }
  | { readonly kind: 'FAILED'; readonly error: string };

const THROTTLING: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Where it does not say for how long. */
export const DEFAULT_PAUSE_MS = 30_000;
/** Whatever it says: the schedule goes on, and messages do not get lost by a slip in a header. */
export const LONGEST_PAUSE_MS = 60 * 60 * 1000;

export function toOutcome(answer: Answer, now: Date): AttemptOutcome {
  if (answer.kind === 'unanswered') return { kind: 'FAILED', error: answer.message };
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'DELIVERED' };
  if (status === 410) return { kind: 'GONE', error: 'The endpoint answered 410: it is gone.' };
  if (THROTTLING.has(status)) {
    const pauseMs = pauseOf(answer.retryAfter, now);
    const seconds = Math.round(pauseMs / 1000);
    const error = `The endpoint answered ${status}: it is left alone for ${seconds} s.`;
    return { kind: 'THROTTLED', error, pauseMs };
  }
  if (status >= 300 && status < 400) {
    const error = `The endpoint answered ${status}: redirects are not followed. Enter the address it leads to.`;
    return { kind: 'FAILED', error };
  }
  return { kind: 'FAILED', error: `The endpoint answered ${status}.` };
}

/** `Retry-After` is a number of seconds or a date. */
function pauseOf(retryAfter: string | null, now: Date): number {
  const text = retryAfter?.trim() ?? '';
  const asked = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : toTime(text) - now.getTime();
  return Number.isNaN(asked) ? DEFAULT_PAUSE_MS : Math.min(Math.max(asked, 1_000), LONGEST_PAUSE_MS);
}

/** `Date.parse` also makes something of `-5`; a date of HTTP names its month. */
const toTime = (text: string): number => (/[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN);
