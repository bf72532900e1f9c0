import { expect, test } from 'vitest';
import { startWokenLoop } from './woken-loop.ts';

const HOUR_MS = 60 * 60 * 1000;

test('goes on at once while there is more, and after each waking', async () => {
  let left = 3;
  let count = 0;
  await using loop = startWokenLoop({
    work: async () => {
      count += 1;
      left -= 1;
      return left > 0;
    },
    onFailure: () => undefined,
    pollMs: HOUR_MS,
  });
  await expect.poll(() => count).toBe(3);

  loop.wake();

  await expect.poll(() => count).toBe(4);
});

test('goes on after a failure, at the next waking', async () => {
  const failures: unknown[] = [];
  let count = 0;
  await using loop = startWokenLoop({
    work: async () => {
      count += 1;
      throw new Error(`failure ${count}`);
    },
    onFailure: (error) => failures.push(error),
    pollMs: HOUR_MS,
  });
  await expect.poll(() => failures.length).toBe(1);

  loop.wake();

  await expect.poll(() => failures).toEqual([new Error('failure 1'), new Error('failure 2')]);
});

test('disposing tells the work, waits for it, and begins no other', async () => {
  const { promise: isBegun, resolve: begin } = Promise.withResolvers<void>();
  let count = 0;
  let isOver = false;
  const loop = startWokenLoop({
    work: async (stopping) => {
      count += 1;
      begin();
      await new Promise((resolve) => {
        stopping.addEventListener('abort', resolve);
      });
      isOver = true;
      return true;
    },
    onFailure: () => undefined,
    pollMs: HOUR_MS,
  });
  await isBegun;

  await loop[Symbol.asyncDispose]();

  expect({ count, isOver }).toEqual({ count: 1, isOver: true });
});
