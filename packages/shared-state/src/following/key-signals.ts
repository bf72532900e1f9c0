/** Wakes those who follow something by its key: when something is announced about it, and at intervals. */

const REREAD_INTERVAL_MS = 3_000;

/** The wake-ups of one key. Its follower disposes of it. */
export interface KeySignal extends Disposable {
  /** Rises with every wake-up. */
  version(): number;
  /** Resolves when the version is another one, or when `stopped` aborts. */
  changedSince(version: number, stopped: AbortSignal): Promise<void>;
}

/** The wake-ups of all keys that are followed in this process. Disposing wakes everybody a last time. */
export interface KeySignals extends Disposable {
  open(key: string): KeySignal;
  announce(key: string): void;
  announceAll(): void;
}

interface Entry {
  version: number;
  followers: number;
  readonly waiting: Set<() => void>;
}

/** Starts its timer at once; the caller disposes of it. */
export function createKeySignals(rereadIntervalMs = REREAD_INTERVAL_MS): KeySignals {
  const entries = new Map<string, Entry>();
  // Never starts again: a version stands for a moment, also after the last follower of a key has gone.
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
    open: (key) => {
      const entry = entries.get(key) ?? { version: ++lastVersion, followers: 0, waiting: new Set() };
      entry.followers += 1;
      entries.set(key, entry);
      return {
        version: () => entry.version,
        changedSince: (version, stopped) => waitFor(entry, version, stopped),
        [Symbol.dispose]: () => {
          entry.followers -= 1;
          if (entry.followers === 0) entries.delete(key);
        },
      };
    },
    announce: (key) => {
      const entry = entries.get(key);
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
