import { expect, test } from 'vitest';
import { createOneByOne } from './one-by-one.ts';

test('works of a key follow each other, also after a failure; those of others do not wait', async () => {
  const oneByOne = createOneByOne();
  const order: string[] = [];
  const { promise: blocked, resolve: unblock } = Promise.withResolvers<void>();
  const first = oneByOne('a', async () => {
    await blocked;
    order.push('a1');
    throw new Error('failed');
  });
  const second = oneByOne('a', async () => order.push('a2'));
  const other = oneByOne('b', async () => order.push('b1'));

  await other;
  unblock();

  await expect(first).rejects.toThrow('failed');
  await second;
  expect(order).toEqual(['b1', 'a1', 'a2']);
});
