import { expect, test } from 'vitest';
import { Raises } from './raises.ts';

const now = new Date('2026-11-23T08:00:00.000Z');
const HOUR_MS = 3_600_000;

// A clock that is wrong, or whoever may announce: such an epoch must not silence the revocations that follow it.
test.each([now.getTime() + HOUR_MS, Number.MAX_SAFE_INTEGER, 1e16])(
  'an epoch of the far future, %d, is told of and hides no later raise',
  (future) => {
    const raises = new Raises({ now: () => now });

    const told = [raises.note('session:s', future), raises.note('session:s', now.getTime())];

    expect(told).toEqual([true, true]);
    expect(raises.note('session:s', raises.next('session:s'))).toBe(true);
    expect(raises.note('session:s', now.getTime())).toBe(false);
  },
);

test('an epoch of a clock that is a little ahead is kept, and the next one is later', () => {
  const raises = new Raises({ now: () => now });
  const ahead = now.getTime() + 5_000;

  raises.note('user:u', ahead);

  expect([raises.get('user:u'), raises.next('user:u')]).toEqual([ahead, ahead + 1]);
});
