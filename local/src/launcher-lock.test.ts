import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { socketPath, takeLauncherLock } from './launcher-lock.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'flowgrid-test-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

test('a second launcher is told who runs', async () => {
  await using _first = await takeLauncherLock(home, async () => 'unused');

  const second = takeLauncherLock(home, async () => 'Its address is X.');

  await expect(second).rejects.toThrow(`Flowgrid is already running in ${home}. Its address is X.`);
});

test('the lock is free again after its owner ended, in order or not', async () => {
  await (await takeLauncherLock(home, async () => ''))[Symbol.asyncDispose]();
  // What a killed launcher leaves: a name that nobody listens on.
  await writeFile(socketPath(home), '');

  await using lock = await takeLauncherLock(home, async () => '');

  expect(lock).toBeDefined();
});

test('a folder with a long name has its socket elsewhere, because socket names are short', () => {
  expect(socketPath(`/${'long/'.repeat(40)}`).length).toBeLessThan(100);
});
