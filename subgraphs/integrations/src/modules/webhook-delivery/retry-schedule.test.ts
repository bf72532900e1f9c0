import { expect, test } from 'vitest';
import { MAX_ATTEMPTS, RETRY_DELAYS_MS, delayAfterMs } from './retry-schedule.ts';

test('the schedule is the published one: ten attempts within about 75 hours', () => {
  const seconds = RETRY_DELAYS_MS.map((delay) => delay / 1000);

  expect(seconds).toEqual([0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
  expect(Math.floor(seconds.reduce((sum, delay) => sum + delay, 0) / 3600)).toBe(75);
});

test.each([
  [1, 0, 4_000],
  [1, 0.5, 5_000],
  [1, 1, 6_000],
  [2, 0, 240_000],
  [2, 1, 360_000],
  [9, 0.5, 86_400_000],
])('after %i attempts and the chance of %d, %i ms pass', (attempts, random, expected) => {
  expect(delayAfterMs(attempts, random)).toBe(expected);
});

test('after the last attempt there is none', () => {
  expect(delayAfterMs(MAX_ATTEMPTS, 0.5)).toBeNull();
  expect(delayAfterMs(MAX_ATTEMPTS + 1, 0.5)).toBeNull();
});
