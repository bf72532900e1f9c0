import { expect, test } from 'vitest';
import { Slots } from './slots.ts';

const never = new AbortController().signal;

test('only as many are taken as there are', () => {
  const slots = new Slots(2);

  expect([slots.tryTake(), slots.tryTake(), slots.tryTake()]).toEqual([true, true, false]);
});

test('who waits gets a slot that is given back, and only one of several', async () => {
  const slots = new Slots(1);
  slots.tryTake();
  const taken: string[] = [];
  const waiting = ['first', 'second'].map((name) => slots.take(never).then(() => taken.push(name)));

  slots.giveBack();
  await Promise.race(waiting);
  const before = [...taken];
  slots.giveBack();
  await Promise.all(waiting);

  expect([before, taken]).toEqual([['first'], ['first', 'second']]);
});

test('who stops waiting takes nothing', async () => {
  const slots = new Slots(1);
  slots.tryTake();
  const stopping = new AbortController();
  const waiting = slots.take(stopping.signal);

  stopping.abort(new Error('stopping'));

  await expect(waiting).rejects.toThrow('stopping');
  slots.giveBack();
  expect(slots.tryTake()).toBe(true);
});
