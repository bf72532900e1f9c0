/** At most so many works at once; whoever has the fewest under way comes next, so that one tenant does not hold up the others. */

export interface FairSlots {
  readonly inUse: number;
  readonly waiting: number;
  /** Waits for a slot and runs the work in it. @throws the signal's reason while it waits. */
  run<Result>(tenantId: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
}

interface Waiter {
  readonly tenantId: string;
  readonly start: () => void;
}

export function createFairSlots(size: number): FairSlots {
  const running = new Map<string, number>();
  const waiters: Waiter[] = [];
  let inUse = 0;

  const take = (tenantId: string): void => {
    inUse += 1;
    running.set(tenantId, (running.get(tenantId) ?? 0) + 1);
  };
  const give = (tenantId: string): void => {
    inUse -= 1;
    const left = (running.get(tenantId) ?? 1) - 1;
    if (left === 0) running.delete(tenantId);
    else running.set(tenantId, left);
    const next = takeNext(waiters, running);
    if (!next) return;
    take(next.tenantId);
    next.start();
  };
  const wait = async (tenantId: string, signal: AbortSignal): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { tenantId, start: resolve };
    const leave = (): void => {
      const place = waiters.indexOf(waiter);
      // Gone from the queue: the slot was given in this very moment, and is used.
      if (place === -1) return;
      waiters.splice(place, 1);
      reject(signal.reason);
    };
    waiters.push(waiter);
    signal.addEventListener('abort', leave, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  };

  return {
    get inUse() {
      return inUse;
    },
    get waiting() {
      return waiters.length;
    },
    run: async (tenantId, signal, work) => {
      signal.throwIfAborted();
      if (inUse < size) take(tenantId);
      else await wait(tenantId, signal);
      try {
        return await work();
      } finally {
        give(tenantId);
      }
    },
  };
}

/** Of those who came first, the one whose tenant has the fewest under way. */
function takeNext(waiters: Waiter[], running: ReadonlyMap<string, number>): Waiter | undefined {
  let best = 0;
  for (const [index, { tenantId }] of waiters.entries()) {
    const least = running.get(waiters[best]?.tenantId ?? '') ?? 0;
    if ((running.get(tenantId) ?? 0) < least) best = index;
  }
  return waiters.splice(best, 1)[0];
}
