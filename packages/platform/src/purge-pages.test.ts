import { expect, test } from 'vitest';
import { purgePages } from './purge-pages.ts';

test('goes on until a page is not full', async () => {
  let left = 2_500;

  await purgePages(async (rows) => {
    const deleted = Math.min(rows, left);
    left -= deleted;
    return deleted;
  });

  expect(left).toBe(0);
});

test('ends when there is always more', async () => {
  let count = 0;

  await purgePages(async (rows) => {
    count += 1;
    return rows;
  });

  expect(count).toBe(100);
});
