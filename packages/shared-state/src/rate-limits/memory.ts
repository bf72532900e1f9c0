/** Rate limits counted by one process, bounded: whoever was quiet for the longest time is forgotten first. */
import { invariant, type Clock } from '@flowgrid/platform';
import type { RateLimits } from './rate-limits.ts';
import { rateKey } from './rate-key.ts';
import { decide, usedIn } from './window.ts';

const DEFAULT_CAPACITY = 50_000;

interface Counter {
  window: number;
  current: number;
  previous: number;
}

export function createMemoryRateLimits({
  clock,
  capacity = DEFAULT_CAPACITY,
}: {
  readonly clock: Clock;
  readonly capacity?: number;
}): RateLimits {
  const counters = new Map<string, Counter>();
  return {
    take: async (parts, { limit, windowSeconds, cost = 1 }) => {
      invariant(limit > 0 && windowSeconds > 0 && cost >= 0, 'a rate limit is positive');
      const key = rateKey(parts, windowSeconds);
      const windowMs = windowSeconds * 1000;
      const now = clock.now().getTime();
      const counter = advance(counters.get(key), Math.floor(now / windowMs));
      const state = { elapsedMs: now % windowMs, windowMs };
      const isAllowed = usedIn({ ...state, ...counter }) + cost <= limit;
      if (isAllowed) counter.current += cost;
      counters.delete(key);
      counters.set(key, counter);
      if (counters.size > capacity) {
        const oldest = counters.keys().next();
        if (!oldest.done) counters.delete(oldest.value);
      }
      return decide({ ...state, ...counter }, { isAllowed, limit, cost });
    },
  };
}

function advance(counter: Counter | undefined, window: number): Counter {
  if (counter?.window === window) return counter;
  const previous = counter?.window === window - 1 ? counter.current : 0;
  return { window, current: 0, previous };
}
