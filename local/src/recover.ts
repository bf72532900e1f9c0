/** Waits for, or ends, what a launcher that was killed may have left in its folder. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalError } from './local-error.ts';
import { removePlatformFile } from './platform-file.ts';
import { findPostmaster } from './postgres/cluster.ts';
import { isAlive, readCommandLine, sendSignal, waitUntilGone } from './process-table.ts';

const WATCHDOG_LIMIT_MS = 40_000;
const POSTGRES_LIMIT_MS = 30_000;

/** Call it with the launcher's lock held: what is found then has no living owner. */
export async function recoverFromCrash(
  home: string,
  dataDirectory: string,
  say: (message: string) => void,
): Promise<void> {
  await removePlatformFile(home);
  const watchdog = Number(await readFile(watchdogFile(home), 'utf8').catch(() => '0'));
  if (watchdog > 1 && isAlive(watchdog) && (await readCommandLine(watchdog)).includes('watchdog-main')) {
    say('The last run was killed; waiting until its processes have ended ...');
    await waitUntilGone(watchdog, WATCHDOG_LIMIT_MS);
  }
  const postmaster = await findPostmaster(dataDirectory);
  if (postmaster === undefined) return;
  say('The last run was killed and left PostgreSQL running; stopping it ...');
  sendSignal(postmaster, 'SIGINT');
  if (await waitUntilGone(postmaster, POSTGRES_LIMIT_MS)) return;
  throw new LocalError(
    `PostgreSQL (process ${postmaster}) of an earlier run does not end. End it, then start again.`,
  );
}

/** Notes the watchdog of this run, so that the next one can wait for its cleaning up. */
export async function noteWatchdog(home: string, pid: number): Promise<AsyncDisposable> {
  await writeFile(watchdogFile(home), String(pid));
  return { [Symbol.asyncDispose]: () => rm(watchdogFile(home), { force: true }) };
}

function watchdogFile(home: string): string {
  return join(home, 'watchdog.pid');
}
