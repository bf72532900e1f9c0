import { expect, test } from 'vitest';
import type { CacheSpace } from './cache.ts';
import { createMemoryCache } from './memory.ts';

const space: CacheSpace<string> = { namespace: 'test', scope: { tenantId: 'a' }, parse: String };

test('a value lives for its time and not longer', async () => {
  let time = 0;
  const cache = createMemoryCache({ clock: { now: () => new Date(time) } });
  await cache.set(space, { key: 'k', value: 'v', ttlSeconds: 10 });

  time = 9_999;
  const before = await cache.get(space, 'k');
  time = 10_000;

  expect(before).toBe('v');
  expect(await cache.get(space, 'k')).toBeUndefined();
});

test('the cache holds a bounded number of bytes: what was unused for the longest time goes', async () => {
  const cache = createMemoryCache({ clock: { now: () => new Date(0) }, capacityBytes: 5_000 });
  const set = (key: string) => cache.set(space, { key, value: 'x'.repeat(500), ttlSeconds: 10 });
  await set('used');
  for (const key of ['1', '2', '3', '4', '5', '6', '7', '8']) {
    await set(key);
    await cache.get(space, 'used');
  }

  expect(await cache.get(space, 'used')).toBeDefined();
  expect(await cache.get(space, '8')).toBeDefined();
  expect(await cache.get(space, '1')).toBeUndefined();
});

test('a value larger than the whole cache is not stored', async () => {
  const cache = createMemoryCache({ clock: { now: () => new Date(0) }, capacityBytes: 1_000 });

  expect(await cache.set(space, { key: 'k', value: 'x'.repeat(2_000), ttlSeconds: 10 })).toBe(false);
});
