import { expect, test } from 'vitest';
import { createTenantTurns } from './tenant-turns.ts';

/** Works that wait for the test, and the order in which they began. */
function watched() {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const work = (name: string) => async (): Promise<string> => {
    begun.push(name);
    const end = Promise.withResolvers<void>();
    ends.set(name, end);
    await end.promise;
    return name;
  };
  return { begun, work, end: (name: string) => ends.get(name)?.resolve() };
}

// Attack: thirty checks of a file of 20 MB in one request held all of them in memory, and the threads from every other tenant.
test('a tenant has one work under way, and holds up no other tenant', async () => {
  const turns = createTenantTurns();
  const { begun, work, end } = watched();

  const first = turns.run('greedy', work('first'));
  const second = turns.run('greedy', work('second'));
  const other = turns.run('modest', work('other'));
  await Promise.resolve();
  const begunAtOnce = [...begun];
  end('other');
  await other;
  end('first');
  await first;
  await expect.poll(() => begun).toContain('second');
  end('second');

  expect(begunAtOnce).toEqual(['first', 'other']);
  expect(await second).toBe('second');
});

test('what fails gives the turn to the next, and too much at once is refused', async () => {
  const turns = createTenantTurns(1);

  const ends = await Promise.allSettled([
    turns.run('greedy', () => Promise.reject(new Error('broken'))),
    turns.run('greedy', () => Promise.resolve('next')),
    turns.run('greedy', () => Promise.resolve('one too many')),
  ]);

  expect(ends).toMatchObject([
    { reason: { message: 'broken' } },
    { value: 'next' },
    { reason: { code: 'TOO_BUSY' } },
  ]);
  expect(await turns.run('greedy', () => Promise.resolve('again'))).toBe('again');
});
