import { expect, test } from 'vitest';
import { createGate } from './gate.ts';

test('no more than the allowed work runs at once, and all of it is done in order', async () => {
  const gate = createGate({ concurrent: 2, waiting: 10 });
  const done: number[] = [];
  let running = 0;
  let most = 0;

  await Promise.all(
    [1, 2, 3, 4, 5].map((number) =>
      gate(async () => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
        done.push(number);
      }),
    ),
  );

  expect(most).toBe(2);
  expect(done).toEqual([1, 2, 3, 4, 5]);
});

test('work beyond the queue is refused, and the gate goes on', async () => {
  const gate = createGate({ concurrent: 1, waiting: 1 });
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = gate(() => promise);
  const second = gate(async () => 'second');

  await expect(gate(async () => 'third')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  resolve('first');
  expect(await Promise.all([first, second])).toEqual(['first', 'second']);
  expect(await gate(async () => 'fourth')).toBe('fourth');
});

test('work that fails makes room for the next', async () => {
  const gate = createGate({ concurrent: 1, waiting: 0 });

  await expect(gate(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await gate(async () => 'next')).toBe('next');
});
