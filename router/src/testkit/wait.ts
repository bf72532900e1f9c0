import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 5;
const LIMIT_MS = 5_000;

/** Waits until a condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await delay(POLL_MS);
  }
}
