/** The promise of the README: in a fresh clone, `npm start` and `npm test` work, with nothing prepared by hand. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloneCheckout, waitForOutput, type Account, type Clone } from './checkout.ts';

const INSTALL_AND_START_MS = 10 * 60_000;
const SECOND_START_MS = 2 * 60_000;
const READY = 'Flowgrid is ready';
const NOBODY = { uid: 65_534, gid: 65_534 } satisfies Account;

const users: readonly (readonly [string, Account | undefined])[] =
  process.getuid?.() === 0
    ? [
        ['root', undefined],
        ['an ordinary user', NOBODY],
      ]
    : [['an ordinary user', undefined]];

/** Empty for the first newcomer; the second has what npm keeps of the first one's downloads. */
let npmCache: string;

beforeAll(async () => {
  npmCache = await mkdtemp(join(tmpdir(), 'flowgrid-npm-'));
});
afterAll(() => rm(npmCache, { recursive: true, force: true }));

describe.each(users)('%s in a fresh clone', (_name, account) => {
  let clone: Clone;

  beforeAll(async () => {
    clone = await cloneCheckout(account, npmCache);
  });
  afterAll(() => clone[Symbol.asyncDispose]());

  test(
    '`npm start` installs, runs the platform until Ctrl-C and keeps its data for the next start',
    { timeout: INSTALL_AND_START_MS + SECOND_START_MS },
    async () => {
      const first = clone.start('npm', 'start');
      await waitForOutput(first, READY, INSTALL_AND_START_MS);
      const demo = await clone.run(
        'npm',
        'run',
        'demo',
        '--',
        'examples/claims-intake.txt',
        '--out',
        'demo-out',
      );
      const token = await clone.run('npm', 'run', '--silent', 'token', '--', 'editor@acme.test');
      first.interrupt();
      const stopped = await first.finished;

      const second = clone.start('npm', 'start');
      await waitForOutput(second, READY, SECOND_START_MS);
      const again = await clone.run(
        'npm',
        'run',
        'demo',
        '--',
        'examples/claims-intake.txt',
        '--out',
        'demo-again',
      );
      second.interrupt();
      const stoppedAgain = await second.finished;

      expect(demo).toMatchObject({ code: 0, output: expect.stringContaining('is designed') });
      expect(await readdir(join(clone.directory, 'demo-out'))).toHaveLength(3);
      expect(token.output).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
      expect(again.output).toContain('claims-intake-');
      // npm itself ends by the signal; what it ran says that it ended in order.
      for (const { output } of [stopped, stoppedAgain])
        expect(output).toContain('Stopped. The data is kept.');
    },
  );

  test('`npm test` finds everything installed and passes', { timeout: INSTALL_AND_START_MS }, async () => {
    // The whole suite is what this test is part of; the command and its installation are what is checked here.
    const { code, output } = await clone.run('npm', 'test', '--', '--project', 'unit', 'packages');

    expect(output).toMatch(/Tests .*passed/);
    expect(code).toBe(0);
  });
});
