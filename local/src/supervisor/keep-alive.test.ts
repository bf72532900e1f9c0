import { expect, test } from 'vitest';
import { FinalError } from '../local-error.ts';
import type { KeepAliveOptions, Startable } from './keep-alive.ts';
import { keepAlive, pauseAfter } from './keep-alive.ts';

interface FakeProcess extends Startable {
  number: number;
  end(): void;
}

/** Starts fake processes; the numbers in `failing` do not start. */
function fakeStarter(failing: readonly number[] = []): {
  start: () => Promise<FakeProcess>;
  started: () => number;
} {
  let count = 0;
  return {
    started: () => count,
    start: async () => {
      count += 1;
      if (failing.includes(count)) throw new Error(`start ${count} failed`);
      const { promise, resolve } = Promise.withResolvers<void>();
      return { number: count, exited: promise, end: resolve, stop: async () => resolve() };
    },
  };
}

function options(start: () => Promise<FakeProcess>): KeepAliveOptions<FakeProcess> & { notices: string[] } {
  const notices: string[] = [];
  return {
    name: 'worker',
    start,
    startAttempts: 3,
    firstPauseMs: 1,
    longestPauseMs: 4,
    stableAfterMs: 60_000,
    onNotice: (message) => notices.push(message),
    signal: new AbortController().signal,
    notices,
  };
}

test('what ends is started again, and said so', async () => {
  const given = options(fakeStarter().start);
  await using kept = await keepAlive(given);

  kept.current().end();

  await expect.poll(() => kept.current().number).toBe(2);
  expect(given.notices).toEqual([
    'worker ended unexpectedly; it starts again in 0.001 s',
    'worker is running again',
  ]);
});

test('a restart that fails is tried again', async () => {
  await using kept = await keepAlive(options(fakeStarter([2, 3]).start));

  kept.current().end();

  await expect.poll(() => kept.current().number).toBe(4);
});

test('a first start that fails again and again ends with its reason', async () => {
  const starter = fakeStarter([1, 2, 3]);

  await expect(keepAlive(options(starter.start))).rejects.toThrow('start 3 failed');
  expect(starter.started()).toBe(3);
});

test('a start that only a person can mend is not tried again', async () => {
  let starts = 0;
  const start = async (): Promise<FakeProcess> => {
    starts += 1;
    throw new FinalError('this folder is closed');
  };

  await expect(keepAlive(options(start))).rejects.toThrow('this folder is closed');
  expect(starts).toBe(1);
});

test('what is stopped stays stopped', async () => {
  const starter = fakeStarter();
  const kept = await keepAlive(options(starter.start));

  await kept[Symbol.asyncDispose]();

  expect(starter.started()).toBe(1);
});

test('pauses double up to the longest one', () => {
  const pauses = [1, 2, 3, 9].map((failures) =>
    pauseAfter(failures, { firstPauseMs: 500, longestPauseMs: 15_000 }),
  );

  expect(pauses).toEqual([500, 1000, 2000, 15_000]);
});
