/** A cache in the memory of one process, bounded in bytes: the entry unused for the longest time goes first. */
import type { Clock } from '@flowgrid/platform';
import type { Cache } from './cache.ts';
import { cacheKey, readEntry, writeEntry } from './entry.ts';

const DEFAULT_CAPACITY_BYTES = 16 * 1024 * 1024;
/** What an entry costs beside its text. */
const ENTRY_OVERHEAD_BYTES = 200;

interface Entry {
  readonly text: string;
  readonly expiresAt: number;
  readonly bytes: number;
}

export function createMemoryCache({
  clock,
  capacityBytes = DEFAULT_CAPACITY_BYTES,
}: {
  readonly clock: Clock;
  readonly capacityBytes?: number;
}): Cache {
  const entries = new Map<string, Entry>();
  let used = 0;
  const forget = (key: string): void => {
    used -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
  };
  return {
    get: async (space, key) => {
      const fullKey = cacheKey(space, key);
      const entry = entries.get(fullKey);
      if (!entry) return undefined;
      entries.delete(fullKey);
      if (entry.expiresAt <= clock.now().getTime()) {
        used -= entry.bytes;
        return undefined;
      }
      entries.set(fullKey, entry);
      return readEntry(space, fullKey, entry.text);
    },
    set: async (space, { key, value, ttlSeconds }) => {
      const fullKey = cacheKey(space, key);
      forget(fullKey);
      const text = writeEntry(fullKey, value);
      if (text === undefined) return false;
      const bytes = 2 * (fullKey.length + text.length) + ENTRY_OVERHEAD_BYTES;
      entries.set(fullKey, { text, bytes, expiresAt: clock.now().getTime() + ttlSeconds * 1000 });
      used += bytes;
      for (const oldest of entries.keys()) {
        if (used <= capacityBytes) break;
        forget(oldest);
      }
      return entries.has(fullKey);
    },
    delete: async (space, key) => forget(cacheKey(space, key)),
  };
}
