/** Wakes those who follow a session: when something is announced about it, and at intervals. */

const REREAD_INTERVAL_MS = 3_000;

export interface SessionSignal extends Disposable {
  /** Rises with every wake-up. */
  version(): number;
  /** Resolves when the version is another one, or when `stopped` aborts. */
  changedSince(version: number, stopped: AbortSignal): Promise<void>;
}

export interface SessionSignals extends Disposable {
  open(sessionId: string): SessionSignal;
  announce(sessionId: string): void;
  announceAll(): void;
}

interface Entry {
  version: number;
  followers: number;
  readonly waiting: Set<() => void>;
}

export function createSessionSignals(rereadIntervalMs = REREAD_INTERVAL_MS): SessionSignals {
  const entries = new Map<string, Entry>();
  // Never starts again: a version stands for a moment, also after the last follower of a session has gone.
  let lastVersion = 0;
  const wake = (entry: Entry): void => {
    entry.version = ++lastVersion;
    const waiting = [...entry.waiting];
    entry.waiting.clear();
    for (const resolve of waiting) resolve();
  };
  const wakeAll = (): void => {
    for (const entry of entries.values()) wake(entry);
  };
  const timer = setInterval(wakeAll, rereadIntervalMs);
  timer.unref();
  return {
    open: (sessionId) => {
      const entry = entries.get(sessionId) ?? { version: ++lastVersion, followers: 0, waiting: new Set() };
      entry.followers += 1;
      entries.set(sessionId, entry);
      return {
        version: () => entry.version,
        changedSince: (version, stopped) => waitFor(entry, version, stopped),
        [Symbol.dispose]: () => {
          entry.followers -= 1;
          if (entry.followers === 0) entries.delete(sessionId);
        },
      };
    },
    announce: (sessionId) => {
      const entry = entries.get(sessionId);
      if (entry) wake(entry);
    },
    announceAll: wakeAll,
    [Symbol.dispose]: () => {
      clearInterval(timer);
      wakeAll();
    },
  };
}

async function waitFor(entry: Entry, version: number, stopped: AbortSignal): Promise<void> {
  if (entry.version !== version || stopped.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const onStop = (): void => resolve();
  entry.waiting.add(resolve);
  stopped.addEventListener('abort', onStop, { once: true });
  await promise;
  stopped.removeEventListener('abort', onStop);
  entry.waiting.delete(resolve);
}
