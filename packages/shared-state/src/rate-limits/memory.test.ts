import { expect, test } from 'vitest';
import { createMemoryRateLimits } from './memory.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const RATE = { limit: 10, windowSeconds: 60 };

function createLimits(capacity?: number) {
  let time = START;
  const limits = createMemoryRateLimits({
    clock: { now: () => new Date(time) },
    ...(capacity !== undefined && { capacity }),
  });
  return {
    take: (key = 'a', cost = 1) => limits.take(['test', key], { ...RATE, cost }),
    advance: (seconds: number) => (time += seconds * 1000),
  };
}

// Fixed windows allow twice the limit around their edge.
test('the edge of a window does not allow the limit twice', async () => {
  const { take, advance } = createLimits();
  advance(59);
  await take('a', 10);

  advance(2);

  expect(await take()).toMatchObject({ isAllowed: false, remaining: 0 });
});

test('what was taken fades as the window slides over it', async () => {
  const { take, advance } = createLimits();
  await take('a', 10);

  advance(60 + 30);

  expect(await take('a', 5)).toMatchObject({ isAllowed: true, remaining: 0 });
  expect(await take()).toMatchObject({ isAllowed: false });
});

test('after two windows nothing is left of it', async () => {
  const { take, advance } = createLimits();
  await take('a', 10);

  advance(120);

  expect(await take()).toEqual({ isAllowed: true, remaining: 9, retryAfterSeconds: 0 });
});

test.each([
  ['in the same window', 10, 0, 1],
  ['in the same window, more', 10, 20, 5],
  ['in the next window', 10, 65, 5],
])('the wait that is told is enough, and no second less is: %s', async (_name, taken, after, cost) => {
  const told = await refusedAfter(taken, after, cost);

  const enough = await refusedAfter(taken, after, cost, told.retryAfterSeconds);
  const tooShort = await refusedAfter(taken, after, cost, told.retryAfterSeconds - 1);

  expect(told.isAllowed).toBe(false);
  expect([enough.isAllowed, tooShort.isAllowed]).toEqual([true, false]);
});

async function refusedAfter(taken: number, after: number, cost: number, wait = 0) {
  const { take, advance } = createLimits();
  await take('a', taken);
  advance(after + wait);
  return take('a', cost);
}

test('whoever was quiet for the longest time is forgotten when there are too many', async () => {
  const { take } = createLimits(2);
  await take('quiet', 10);
  await take('busy', 10);
  await take('third');

  expect(await take('busy')).toMatchObject({ isAllowed: false });
  expect(await take('quiet')).toMatchObject({ isAllowed: true });
});
