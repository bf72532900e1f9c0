/** The cache in Redis. */
import type { RedisCommands } from '../redis/commands.ts';
import { KEY_PREFIX } from '../redis/keys.ts';
import type { Cache } from './cache.ts';
import { cacheKey, readEntry, writeEntry } from './entry.ts';

export function createRedisCache(commands: RedisCommands): Cache {
  return {
    get: async (space, key) => {
      const fullKey = cacheKey(space, key);
      const text = await commands.tryRun('GET', [KEY_PREFIX + fullKey]);
      return typeof text === 'string' ? readEntry(space, fullKey, text) : undefined;
    },
    set: async (space, { key, value, ttlSeconds }) => {
      const fullKey = cacheKey(space, key);
      const text = writeEntry(fullKey, value);
      if (text === undefined) return false;
      const ttlMs = Math.max(1, Math.round(ttlSeconds * 1000));
      return (await commands.tryRun('SET', [KEY_PREFIX + fullKey, text, 'PX', String(ttlMs)])) === 'OK';
    },
    delete: async (space, key) => {
      await commands.tryRun('UNLINK', [KEY_PREFIX + cacheKey(space, key)]);
    },
  };
}
