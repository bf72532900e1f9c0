import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from './logger.ts';
import { repeatHourly } from './hourly.ts';

const HOUR_MS = 60 * 60 * 1000;
const logger = createLogger({ name: 'test', level: 'silent' });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('work is done soon after the start and then each hour, also after a failure', async () => {
  let times = 0;
  const work = async (): Promise<void> => {
    times += 1;
    if (times === 1) throw new Error('away');
  };

  await using repeated = repeatHourly({ work, failure: 'not done', logger });
  await vi.advanceTimersByTimeAsync(HOUR_MS / 10);
  const atFirst = times;
  await vi.advanceTimersByTimeAsync(2 * HOUR_MS);

  expect([atFirst, times]).toEqual([1, 3]);
  expect(repeated).toBeDefined();
});

test('nothing is begun after it was disposed of, and what is under way is waited for', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let times = 0;
  let isDisposed = false;
  const work = async (): Promise<void> => {
    times += 1;
    await promise;
  };

  const repeated = repeatHourly({ work, failure: 'not done', logger });
  await vi.advanceTimersByTimeAsync(HOUR_MS / 10);
  const disposal = Promise.resolve(repeated[Symbol.asyncDispose]()).then(() => {
    isDisposed = true;
  });
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  const before = isDisposed;
  resolve();
  await disposal;
  await vi.advanceTimersByTimeAsync(3 * HOUR_MS);

  expect([before, isDisposed, times]).toEqual([false, true, 1]);
});
