import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '@flowgrid/platform';
import { reportFound } from './found-reporter.ts';
import { JobLost, type PartialResult } from './job-record.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const activity = (name: string) => ({ kind: 'ACTIVITY', name }) as const;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function startReporter(report: (partial: PartialResult) => Promise<void> = async () => undefined) {
  const partials: PartialResult[] = [];
  const record = {
    reportFound: async (partial: PartialResult) => {
      partials.push(partial);
      await report(partial);
    },
  };
  return { partials, reporter: reportFound({ record, phase: 'ANALYSIS', percent: 10, logger }) };
}

test('what comes within half a second is told at once, each thing once, with the number so far', async () => {
  const { partials, reporter } = startReporter();

  reporter.onFound([activity('check claim')]);
  reporter.onFound([activity('check claim'), { kind: 'ACTOR', name: 'clerk' }]);
  await vi.advanceTimersByTimeAsync(500);
  reporter.onFound([activity('pay claim')]);
  await vi.advanceTimersByTimeAsync(500);
  reporter.onFound([activity('check claim'), activity('pay claim')]);
  await vi.advanceTimersByTimeAsync(5_000);

  expect(partials.map(({ message, found }) => [message, found.map(({ name }) => name)])).toEqual([
    ['1 activity, 1 actor so far.', ['check claim', 'clerk']],
    ['2 activities, 1 actor so far.', ['pay claim']],
  ]);
});

test('percent rises with what is found and stays before the end of the phase', async () => {
  const { partials, reporter } = startReporter();

  for (let index = 0; index < 200; index += 1) {
    reporter.onFound([activity(`step ${index}`)]);
    await vi.advanceTimersByTimeAsync(500);
  }

  const percents = partials.map(({ percent }) => percent);
  expect(percents).toHaveLength(200);
  expect(percents).toEqual(percents.toSorted((one, other) => one - other));
  expect([percents[0], percents.at(-1)]).toEqual([12, 37]);
});

test('a phase that ends tells no more', async () => {
  const { partials, reporter } = startReporter();

  reporter.onFound([activity('check claim')]);
  await reporter[Symbol.asyncDispose]();
  reporter.onFound([activity('pay claim')]);
  await vi.advanceTimersByTimeAsync(5_000);

  expect(partials).toEqual([]);
});

test('a slow write holds the next one up, and is waited for at the end', async () => {
  const written = Promise.withResolvers<void>();
  const { partials, reporter } = startReporter(() => written.promise);

  reporter.onFound([activity('check claim')]);
  await vi.advanceTimersByTimeAsync(500);
  reporter.onFound([activity('pay claim')]);
  await vi.advanceTimersByTimeAsync(5_000);
  let isOver = false;
  const end = reporter[Symbol.asyncDispose]().then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(0);
  const wasOver = isOver;
  written.resolve();
  await end;

  expect(wasOver).toBe(false);
  expect(partials).toHaveLength(1);
});

test('a refused write ends the work of the phase, another failure does not', async () => {
  const failures = [new Error('The database is away.'), new JobLost('taken over')];
  const { reporter } = startReporter(() => Promise.reject(failures.shift()));

  reporter.onFound([activity('check claim')]);
  await vi.advanceTimersByTimeAsync(500);
  const wasLost = reporter.lost.aborted;
  reporter.onFound([activity('pay claim')]);
  await vi.advanceTimersByTimeAsync(500);

  expect(wasLost).toBe(false);
  expect(reporter.lost.reason).toBeInstanceOf(JobLost);
});

test('names that are too long are shortened, and an event names a bounded number of things', async () => {
  const { partials, reporter } = startReporter();

  reporter.onFound(Array.from({ length: 300 }, (_, index) => activity(`${index} ${'x'.repeat(500)}`)));
  await vi.advanceTimersByTimeAsync(500);

  expect(partials[0]?.message).toBe('300 activities so far.');
  expect(partials[0]?.found).toHaveLength(100);
  expect(partials[0]?.found[0]?.name).toHaveLength(120);
});
