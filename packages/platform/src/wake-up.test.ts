import { expect, test } from 'vitest';
import { WakeUp } from './wake-up.ts';

const LONG_MS = 60_000;

test('a wake-up while nobody waits ends the next wait at once', async () => {
  const wakeUp = new WakeUp();

  wakeUp.wake();
  wakeUp.wake();

  await expect(wakeUp.wait(LONG_MS)).resolves.toBeUndefined();
});

test('a wait ends with the wake-up, and at the limit without one', async () => {
  const wakeUp = new WakeUp();
  const waiting = wakeUp.wait(LONG_MS);

  wakeUp.wake();

  await expect(waiting).resolves.toBeUndefined();
  await expect(wakeUp.wait(1)).resolves.toBeUndefined();
});
