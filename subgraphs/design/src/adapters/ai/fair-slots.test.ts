import { expect, test } from 'vitest';
import { createFairSlots } from './fair-slots.ts';

const patient = new AbortController().signal;

/** Works that end when they are told to. */
function workshop() {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    started,
    work: (name: string) => async (): Promise<string> => {
      started.push(name);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.set(name, resolve);
      await promise;
      return name;
    },
    end: async (name: string): Promise<void> => {
      ends.get(name)?.();
      // What follows from it has happened when the queue of promises is empty.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    },
  };
}

test('a tenant with one request does not wait for all of another that came before', async () => {
  const slots = createFairSlots(2);
  const { started, work, end } = workshop();
  const many = ['a1', 'a2', 'a3', 'a4'].map((name) => slots.run('a', patient, work(name)));
  const one = slots.run('b', patient, work('b1'));

  await end('a1');
  await end('a2');
  await end('b1');
  await end('a3');
  await end('a4');

  expect(started).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
  expect(await Promise.all([...many, one])).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
  expect([slots.inUse, slots.waiting]).toEqual([0, 0]);
});

test('no more than the size are under way, also after failures', async () => {
  const slots = createFairSlots(3);
  let atOnce = 0;
  let most = 0;
  const works = Array.from({ length: 40 }, (_, index) =>
    slots.run(`t${index % 5}`, patient, async () => {
      most = Math.max(most, (atOnce += 1));
      await Promise.resolve();
      atOnce -= 1;
      if (index % 3 === 0) throw new Error('failed');
    }),
  );

  await Promise.allSettled(works);

  expect(most).toBe(3);
  expect([slots.inUse, slots.waiting]).toEqual([0, 0]);
});

test('whoever gives up while it waits leaves the queue', async () => {
  const slots = createFairSlots(1);
  const { started, work, end } = workshop();
  const controller = new AbortController();
  const first = slots.run('a', patient, work('first'));
  const second = slots.run('a', controller.signal, work('second'));
  const third = slots.run('a', patient, work('third'));

  controller.abort(new Error('gone'));
  await expect(second).rejects.toThrow('gone');
  await end('first');
  await end('third');

  expect(started).toEqual(['first', 'third']);
  expect(await Promise.all([first, third])).toEqual(['first', 'third']);
});
