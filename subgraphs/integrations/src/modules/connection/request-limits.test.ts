import { expect, test } from 'vitest';
import { INTEGRATION_KINDS } from '../integration/integration.ts';
import { limitsOf, reserveOf, type Bucket } from './request-limits.ts';

/** The most that a bucket lets through within so many minutes, whenever they begin. */
const most = ({ burst, perMinute }: Bucket, minutes: number): number => burst + perMinute * minutes;

test('GitHub is never asked more than it publishes', () => {
  const { requests, writes, atOnce } = limitsOf('GITHUB', null);

  expect(most(requests, 60)).toBeLessThan(5_000);
  expect(writes && most(writes, 1)).toBeLessThan(80);
  expect(writes && most(writes, 60)).toBeLessThan(500);
  expect(atOnce).toBeLessThan(100);
});

test.each([2, 3, 10, 60, 600, 10_000])('%i a minute are kept in every minute', (perMinute) => {
  for (const kind of INTEGRATION_KINDS) {
    const { requests } = limitsOf(kind, perMinute);

    expect(Math.floor(most(requests, 1))).toBeLessThanOrEqual(perMinute);
    expect(requests.burst).toBeGreaterThanOrEqual(1);
    expect(requests.perMinute).toBeGreaterThan(0);
    // Background work is slower with it, and does come to its turn.
    expect(reserveOf(limitsOf(kind, perMinute))).toBeLessThan(requests.burst);
  }
});
