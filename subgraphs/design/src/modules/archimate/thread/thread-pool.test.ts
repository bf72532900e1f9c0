import { afterAll, expect, test } from 'vitest';
import { ARCHI_EXCHANGE } from '../testkit/fixtures.ts';
import { createArchimateWorkshop } from './archimate-workshop.ts';

const { signal } = new AbortController();
const workshop = createArchimateWorkshop({ limitMs: 60_000, waiting: 1 });

afterAll(() => workshop[Symbol.asyncDispose]());

test('files are read in a thread, one after another', async () => {
  const first = workshop.read(ARCHI_EXCHANGE, signal);
  const second = workshop.check('<nothing/>', signal).catch((error: unknown) => error);

  expect((await first).elements.map(({ id }) => id)).toContain('id-role');
  expect(await second).toMatchObject({ code: 'NOT_ARCHIMATE' });
});

test('more files than may wait are refused', async () => {
  const waiting = [workshop.check(ARCHI_EXCHANGE, signal), workshop.check(ARCHI_EXCHANGE, signal)];

  await expect(workshop.check(ARCHI_EXCHANGE, signal)).rejects.toMatchObject({ code: 'TOO_BUSY' });
  await Promise.all(waiting);
});

test('a file that takes too long ends its thread, and the next one is read', async () => {
  await using impatient = createArchimateWorkshop({ limitMs: 1 });

  await expect(impatient.read(ARCHI_EXCHANGE, signal)).rejects.toMatchObject({ code: 'TOO_SLOW' });
  await expect(impatient.read(ARCHI_EXCHANGE, signal)).rejects.toMatchObject({ code: 'TOO_SLOW' });
});

// Attack: a small file that becomes a large tree.
test('a file that needs too much memory ends its thread and nothing else', async () => {
  await using small = createArchimateWorkshop({ limitMs: 60_000, memoryMb: 64 });
  const large = `<a>${'<b c="d"/>'.repeat(390_000)}</a>`;

  await expect(small.check(large, signal)).rejects.toMatchObject({ code: 'TOO_COMPLEX' });
  expect((await small.check(ARCHI_EXCHANGE, signal)).findings).toEqual([]);
});

test('work that is given up ends with the reason of its signal', async () => {
  const controller = new AbortController();
  const running = workshop.check(ARCHI_EXCHANGE, controller.signal);

  controller.abort(new Error('cancelled'));

  await expect(running).rejects.toThrow('cancelled');
});
