import { expect, test } from 'vitest';
import { DEFAULT_PAUSE_MS, LONGEST_PAUSE_MS, toOutcome, type Answer } from './attempt-outcome.ts';

const NOW = new Date('2026-05-04T10:00:00Z');
const answered = (status: number, retryAfter: string | null = null): Answer => ({
  kind: 'answered',
  status,
  retryAfter,
});

test.each([
  [200, 'DELIVERED'],
  [202, 'DELIVERED'],
  [204, 'DELIVERED'],
  [299, 'DELIVERED'],
  [301, 'FAILED'],
  [304, 'FAILED'],
  [400, 'FAILED'],
  [401, 'FAILED'],
  [404, 'FAILED'],
  [410, 'GONE'],
  [429, 'THROTTLED'],
  [500, 'FAILED'],
  [501, 'FAILED'],
  [502, 'THROTTLED'],
  [503, 'THROTTLED'],
  [504, 'THROTTLED'],
] as const)('%i means %s', (status, expected) => {
  expect(toOutcome(answered(status), NOW).kind).toBe(expected);
});

test.each([
  ['120', 120_000],
  [' 7 ', 7_000],
  ['Mon, 04 May 2026 10:02:00 GMT', 120_000],
  ['Mon, 04 May 2026 09:00:00 GMT', 1_000],
  ['0', 1_000],
  ['99999999', LONGEST_PAUSE_MS],
  ['Mon, 04 May 2099 10:02:00 GMT', LONGEST_PAUSE_MS],
  ['-5', DEFAULT_PAUSE_MS],
  ['soon', DEFAULT_PAUSE_MS],
  ['', DEFAULT_PAUSE_MS],
  [null, DEFAULT_PAUSE_MS],
] as const)('Retry-After %j is a pause of %i ms', (retryAfter, pauseMs) => {
  expect(toOutcome(answered(429, retryAfter), NOW)).toMatchObject({ kind: 'THROTTLED', pauseMs });
});

test('no answer is a failure, in the words of what went wrong', () => {
  const outcome = toOutcome({ kind: 'unanswered', reason: 'TIMEOUT', message: 'Too late.' }, NOW);

  expect(outcome).toEqual({ kind: 'FAILED', error: 'Too late.' });
});
