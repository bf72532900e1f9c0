import { expect, test } from 'vitest';
import { retryMinutes } from './sync-record.ts';

test.each([
  [0, 60, 1],
  [1, 60, 2],
  [5, 60, 32],
  [6, 60, 60],
  [1_000, 60, 60],
  [0, 5, 1],
  [9, 5, 5],
])('after %i failures a sync of every %i minutes is tried again in %i', (failures, everyMinutes, minutes) => {
  expect(retryMinutes({ failures, everyMinutes })).toBe(minutes);
});
