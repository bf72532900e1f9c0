import { expect, test, vi } from 'vitest';
import { TenantShare } from './tenant-share.ts';

const SOON_MS = 20;
const NEVER_MS = 60_000;

/** A work that ends when the test says so. */
function work(): { run: () => Promise<string>; end: () => void; isStarted: boolean } {
  const gate = Promise.withResolvers<string>();
  const self = {
    isStarted: false,
    run: () => {
      self.isStarted = true;
      return gate.promise;
    },
    end: () => gate.resolve('done'),
  };
  return self;
}

test('a tenant waits for its own works, not for those of others', async () => {
  const share = new TenantShare(3, NEVER_MS);
  const [first, second, third, other] = [work(), work(), work(), work()];
  const running = [first, second, third].map(({ run }) => share.run('acme', run));

  const foreign = share.run('globex', other.run);

  expect([first, second, third, other].map(({ isStarted }) => isStarted)).toEqual([true, true, false, true]);
  expect(share.waiting).toBe(1);
  first.end();
  await running[0];
  await vi.waitUntil(() => third.isStarted);
  expect(share.waiting).toBe(0);
  for (const { end } of [second, third, other]) end();
  await Promise.all([...running, foreign]);
});

test('who waits too long is told so, and takes no place', async () => {
  const share = new TenantShare(1, SOON_MS);
  const first = work();
  const running = share.run('acme', first.run);
  const second = work();

  await expect(share.run('acme', second.run)).rejects.toMatchObject({ code: 'RATE_LIMITED' });

  expect([second.isStarted, share.waiting]).toEqual([false, 0]);
  first.end();
  await running;
  await expect(share.run('acme', async () => 'again')).resolves.toBe('again');
});

test('a work that fails gives its place back', async () => {
  const share = new TenantShare(1, NEVER_MS);

  await expect(share.run('acme', () => Promise.reject(new Error('no')))).rejects.toThrow('no');

  await expect(share.run('acme', async () => 'next')).resolves.toBe('next');
});
