/**
 * The sliding window as two counters: what was taken in the current fixed window, and in the one before, weighted by how much of
 * that still lies within the sliding one. Exact to what an even flow in the window before would give, in constant memory: a log
 * of every operation would cost 1,200 entries per actor.
 */
import type { RateDecision } from './rate-limits.ts';

export interface WindowState {
  /** Milliseconds since the current fixed window began. */
  readonly elapsedMs: number;
  readonly windowMs: number;
  readonly current: number;
  readonly previous: number;
}

/** What the sliding window holds. */
export function usedIn({ elapsedMs, windowMs, current, previous }: WindowState): number {
  return current + previous * (1 - elapsedMs / windowMs);
}

/** Puts the outcome in words. `state` is what it was after the taking, or without it. */
export function decide(
  state: WindowState,
  { isAllowed, limit, cost }: { readonly isAllowed: boolean; readonly limit: number; readonly cost: number },
): RateDecision {
  const remaining = Math.max(0, Math.floor(limit - usedIn(state)));
  const retryAfterSeconds = isAllowed ? 0 : Math.max(1, Math.ceil(waitMs(state, limit - cost) / 1000));
  return { isAllowed, remaining, retryAfterSeconds };
}

/** Milliseconds until the sliding window holds `room` or less; what never fits waits for a whole window. */
function waitMs({ elapsedMs, windowMs, current, previous }: WindowState, room: number): number {
  if (room < 0) return windowMs;
  const restMs = windowMs - elapsedMs;
  if (current <= room) return previous === 0 ? 0 : windowMs * (1 - (room - current) / previous) - elapsedMs;
  return restMs + windowMs * (1 - room / current);
}
