/** One contract over every implementation of shared state. Where Redis is not installed, its part is skipped. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  VALUE_LIMIT_BYTES,
  type CacheScope,
  type CacheSpace,
  type SharedState,
} from '@flowgrid/shared-state';
import { z } from 'zod';
import { until } from '../../testkit/wait.ts';
import { IMPLEMENTATIONS, type Family } from './implementations.ts';

const TTL_SECONDS = 60;
const noted = z.object({ text: z.string() });

function spaceOf(scope: CacheScope, namespace = 'notes'): CacheSpace<z.output<typeof noted>> {
  return { namespace, scope, parse: (stored) => noted.parse(stored) };
}

describe.each(IMPLEMENTATIONS)('$name', ({ isHere, isShared, start }) => {
  let family: Family;
  let one: SharedState;
  let two: SharedState;

  beforeAll(async () => {
    if (!isHere) return;
    family = await start();
    [one, two] = [family.open(), family.open()];
  });
  afterAll(async () => {
    if (!isHere) return;
    await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()]);
    await family[Symbol.asyncDispose]();
  });

  describe.runIf(isHere)('cache', () => {
    const put = (space: CacheSpace<z.output<typeof noted>>, key: string, text: string): Promise<boolean> =>
      one.cache.set(space, { key, value: { text }, ttlSeconds: TTL_SECONDS });

    test('a value is there until it is deleted', async () => {
      const space = spaceOf({ tenantId: randomUUID() });

      const isStored = await put(space, 'a', 'first');
      const found = await one.cache.get(space, 'a');
      await one.cache.delete(space, 'a');

      expect(isStored).toBe(true);
      expect(found).toEqual({ text: 'first' });
      expect(await one.cache.get(space, 'a')).toBeUndefined();
    });

    test('a value is gone when its time is over', async () => {
      const space = spaceOf({ tenantId: randomUUID() });

      await one.cache.set(space, { key: 'a', value: { text: 'short' }, ttlSeconds: 0.2 });

      await until('the value is gone', async () => (await one.cache.get(space, 'a')) === undefined);
      expect(await one.cache.get(space, 'a')).toBeUndefined();
    });

    // What one tenant stores must never be read by another, whatever the key looks like.
    test('tenants, namespaces and the global scope are kept apart', async () => {
      const [a, b] = [randomUUID(), randomUUID()];
      await put(spaceOf({ tenantId: a }), 'key', 'of a');

      const others = await Promise.all([
        one.cache.get(spaceOf({ tenantId: b }), 'key'),
        one.cache.get(spaceOf('global'), 'key'),
        one.cache.get(spaceOf({ tenantId: a }, 'other'), 'key'),
      ]);

      expect(others).toEqual([undefined, undefined, undefined]);
    });

    // Keys made of parts: a part that contains the separator must not reach into another tenant's keys.
    test.each([
      ['a separator', { tenantId: 'a' }, 'b:c', { tenantId: 'a:b' }, 'c'],
      ['an escaped separator', { tenantId: 'a' }, 'b%3Ac', { tenantId: 'a' }, 'b:c'],
      ['the name of the global scope', { tenantId: 'global' }, 'k', 'global', 'k'],
      ['the mark of the global scope', { tenantId: 'g' }, 'k', 'global', 'k'],
      ['the mark of a tenant', 'global', 't:a:k', { tenantId: 'a' }, 'k'],
      ['a hash tag of a cluster', { tenantId: '{a}' }, 'k', { tenantId: 'a' }, 'k'],
      ['a line break', { tenantId: 'a' }, 'k\r\n', { tenantId: 'a' }, 'k'],
      ['nothing', { tenantId: 'a' }, '', { tenantId: 'a' }, ' '],
      ['half a character', { tenantId: 'a' }, '\uD800', { tenantId: 'a' }, '\uD801'],
      ['very much', { tenantId: 'a' }, 'x'.repeat(5000), { tenantId: 'a' }, 'x'.repeat(5001)],
    ] satisfies [string, CacheScope, string, CacheScope, string][])(
      'a key with %s is no other key',
      async (_name, scope, key, otherScope, otherKey) => {
        await put(spaceOf(scope), key, 'mine');

        expect(await one.cache.get(spaceOf(scope), key)).toEqual({ text: 'mine' });
        expect(await one.cache.get(spaceOf(otherScope), otherKey)).toBeUndefined();
        await one.cache.delete(spaceOf(scope), key);
      },
    );

    test('a value of another form is a miss', async () => {
      const tenantId = randomUUID();
      const numbers = {
        namespace: 'notes',
        scope: { tenantId },
        parse: (stored: unknown) => z.number().parse(stored),
      };

      await one.cache.set(numbers, { key: 'a', value: 5, ttlSeconds: TTL_SECONDS });

      expect(await one.cache.get(spaceOf({ tenantId }), 'a')).toBeUndefined();
      expect(await one.cache.get(numbers, 'a')).toBe(5);
    });

    test('a value that is too large is not stored', async () => {
      const space = spaceOf({ tenantId: randomUUID() });

      const isStored = await put(space, 'a', 'x'.repeat(VALUE_LIMIT_BYTES));

      expect(isStored).toBe(false);
      expect(await one.cache.get(space, 'a')).toBeUndefined();
    });

    test('a value is there for all processes where there is a shared store, else for its own', async () => {
      const space = spaceOf({ tenantId: randomUUID() });

      await put(space, 'a', 'shared');

      expect(await two.cache.get(space, 'a')).toEqual(isShared ? { text: 'shared' } : undefined);
    });
  });

  describe.runIf(isHere)('rate limits', () => {
    test('the limit is allowed, and no more', async () => {
      const key = ['test', randomUUID()] as const;
      const rate = { limit: 3, windowSeconds: 3600 };
      const decisions = [];
      for (let index = 0; index < 4; index += 1) decisions.push(await one.rateLimits.take(key, rate));

      const last = decisions.pop();

      expect(decisions).toEqual(
        [2, 1, 0].map((remaining) => ({ isAllowed: true, remaining, retryAfterSeconds: 0 })),
      );
      expect(last).toMatchObject({ isAllowed: false, remaining: 0 });
      expect(last?.retryAfterSeconds).toBeGreaterThan(0);
      expect(last?.retryAfterSeconds).toBeLessThanOrEqual(2 * 3600);
    });

    test('what is taken at the same moment is not allowed twice', async () => {
      const key = ['test', randomUUID()] as const;
      const other = isShared ? two : one;

      const decisions = await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          (index % 2 === 0 ? one : other).rateLimits.take(key, { limit: 50, windowSeconds: 3600 }),
        ),
      );

      expect(decisions.filter(({ isAllowed }) => isAllowed)).toHaveLength(50);
    });

    test('a cost is taken as a whole or not at all', async () => {
      const key = ['test', randomUUID()] as const;
      const rate = { limit: 10, windowSeconds: 3600 };

      const first = await one.rateLimits.take(key, { ...rate, cost: 8 });
      const tooMuch = await one.rateLimits.take(key, { ...rate, cost: 3 });
      const fitting = await one.rateLimits.take(key, { ...rate, cost: 2 });
      const never = await one.rateLimits.take(key, { ...rate, cost: 11 });

      expect([first, tooMuch, fitting, never].map(({ isAllowed }) => isAllowed)).toEqual([
        true,
        false,
        true,
        false,
      ]);
      expect(tooMuch.remaining).toBe(2);
      expect(never.retryAfterSeconds).toBe(3600);
    });

    test('whoever waits as long as told is allowed again', async () => {
      const key = ['test', randomUUID()] as const;
      const rate = { limit: 2, windowSeconds: 1 };
      await one.rateLimits.take(key, rate);
      await one.rateLimits.take(key, rate);
      const refused = await one.rateLimits.take(key, rate);
      const from = performance.now();

      await until('it is allowed again', async () => (await one.rateLimits.take(key, rate)).isAllowed);

      // Rounded up to whole seconds, and never later than promised but for a busy machine.
      expect(performance.now() - from).toBeLessThan(refused.retryAfterSeconds * 1000 + 1000);
    });

    // Two actors whose ids would give one key when they are joined.
    test('keys are kept apart whatever their parts contain', async () => {
      const id = randomUUID();
      const rate = { limit: 1, windowSeconds: 3600 };

      const decisions = [
        await one.rateLimits.take(['test', id, 'a:b', 'c'], rate),
        await one.rateLimits.take(['test', id, 'a', 'b:c'], rate),
        await one.rateLimits.take(['test', `${id}:a`, 'b', 'c'], rate),
        await one.rateLimits.take(['test', id, 'a:b', 'c'], rate),
      ];

      expect(decisions.map(({ isAllowed }) => isAllowed)).toEqual([true, true, true, false]);
    });
  });

  describe.runIf(isHere)('epochs', () => {
    test('a raise is told to the followers of all processes, once', async () => {
      const heard: string[] = [];
      const own: string[] = [];
      const key = `user:${randomUUID()}` as const;
      const last = `user:${randomUUID()}` as const;
      await using _ = two.epochs.follow({ onRaised: (raised) => heard.push(raised), heldKeys: () => [] });
      await using _own = one.epochs.follow({ onRaised: (raised) => own.push(raised), heldKeys: () => [] });
      await isFollowed(one, heard);
      heard.length = 0;
      own.length = 0;

      await one.epochs.raise(key);
      await one.epochs.raise(last);

      await until('both are heard', () => heard.includes(last) && own.includes(last));
      expect(heard).toEqual([key, last]);
      expect(own).toEqual([key, last]);
    });

    test('an epoch rises with every raise, and only that of its key', async () => {
      const key = `tenant:${randomUUID()}` as const;
      const other = `tenant:${randomUUID()}` as const;
      await one.epochs.raise(key);
      const first = (await one.epochs.read([key, other])).get(key);

      await one.epochs.raise(key);
      const epochs = await one.epochs.read([key, other]);

      expect(epochs.get(key)).toBeGreaterThan(first ?? Infinity);
      expect(epochs.has(other)).toBe(false);
    });

    test('a process that comes later hears of what was raised under the keys that it holds', async () => {
      const [held, foreign] = [`session:${randomUUID()}`, `session:${randomUUID()}`] as const;
      await one.epochs.raise(held);
      await one.epochs.raise(foreign);
      await using late = family.open();
      const heard: string[] = [];

      await using _ = late.epochs.follow({
        onRaised: (raised) => heard.push(raised),
        heldKeys: () => [held],
      });

      await until('the raise is heard', () => heard.includes(held));
      // Without a shared store, the others repeat everything they raised lately.
      expect(isShared ? heard : heard.filter((key) => key === held)).toEqual([held]);
    });

    test('nothing is told after the end of following', async () => {
      const heard: string[] = [];
      const ended: string[] = [];
      await using _ = one.epochs.follow({ onRaised: (raised) => heard.push(raised), heldKeys: () => [] });
      const following = one.epochs.follow({ onRaised: (raised) => ended.push(raised), heldKeys: () => [] });

      await following[Symbol.asyncDispose]();
      await one.epochs.raise('user:after');

      await until('the other hears it', () => heard.includes('user:after'));
      expect(ended).toEqual([]);
    });

    /** Raises keys until one is heard: from then on, nothing is missed. */
    async function isFollowed(raiser: SharedState, heard: readonly string[]): Promise<void> {
      await until('the follower listens', async () => {
        await raiser.epochs.raise(`user:${randomUUID()}`);
        return heard.length > 0;
      });
      const last = `user:${randomUUID()}` as const;
      await raiser.epochs.raise(last);
      await until('the follower has heard everything', () => heard.includes(last));
    }
  });

  describe.runIf(isHere)('pub/sub', () => {
    test('processes hear each other, in order and each channel by itself', async () => {
      const received: string[] = [];
      await two.pubsub.subscribe('design-progress', { onMessage: (message) => received.push(message) });

      await one.pubsub.publish('design-jobs', 'other');
      for (let index = 0; index < 50; index += 1) await one.pubsub.publish('design-progress', String(index));

      await until('50 announcements', () => received.length >= 50);
      expect(received).toEqual(Array.from({ length: 50 }, (_, index) => String(index)));
    });

    test('content is refused: an announcement is an id', async () => {
      await expect(one.pubsub.publish('design-jobs', 'x'.repeat(201))).rejects.toThrow('Invariant violated');
    });
  });
});
