import { expect, test } from 'vitest';
import {
  CLOCK_STARTS_AFTER,
  HEALTHY,
  afterFailure,
  isGivenUp,
  type EndpointHealth,
} from './endpoint-health.ts';

const START = Date.parse('2026-05-04T00:00:00Z');
const hour = (hours: number): Date => new Date(START + hours * 3_600_000);

function failAt(hours: readonly number[], health: EndpointHealth = HEALTHY): EndpointHealth {
  return hours.reduce((current, at) => afterFailure(current, hour(at)), health);
}

test('several failures within a day start the clock', () => {
  const almost = failAt([0, 1, 2, 3]);
  const started = failAt([4], almost);

  expect(almost).toEqual({ failures: 4, windowStartedAt: hour(0), windowFailures: 4, failingSince: null });
  expect(started.failures).toBe(CLOCK_STARTS_AFTER);
  expect(started.failingSince).toEqual(hour(4));
});

test('failures that are further apart never start it', () => {
  const health = failAt([0, 10, 20, 24, 30, 40, 50, 54, 60, 70, 80, 84.1]);

  expect(health.failures).toBe(12);
  expect(health.failingSince).toBeNull();
  expect(isGivenUp(health, hour(1_000))).toBe(false);
});

test.each([
  [4 + 119.9, false],
  [4 + 120, true],
  [4 + 500, true],
])('with the clock started after 4 hours it is given up after %d: %s', (hours, expected) => {
  expect(isGivenUp(failAt([0, 1, 2, 3, 4, 90]), hour(hours))).toBe(expected);
});

test('the clock is not moved by further failures', () => {
  expect(failAt([0, 0, 0, 0, 0, 50, 100]).failingSince).toEqual(hour(0));
});
