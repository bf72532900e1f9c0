/** npm passes no signal on when it is killed itself; the launcher notices by looking. */
import { readCommandLine, readParent } from './process-table.ts';

const POLL_MS = 1000;

/** Calls `onGone` once when the npm that runs this process is gone. It keeps no event loop alive. */
export async function watchNpm(onGone: () => void): Promise<void> {
  const npm = await findNpm();
  if (npm === undefined) return;
  const timer = setInterval(() => {
    if (npm.isParent()) return;
    clearInterval(timer);
    onGone();
  }, POLL_MS);
  timer.unref();
}

/** npm is the parent, or the parent of the shell that it runs scripts with; some shells replace themselves, others stay. */
async function findNpm(): Promise<{ isParent: () => boolean } | undefined> {
  const parent = process.ppid;
  if (isNpm(await readCommandLine(parent))) return { isParent: () => process.ppid === parent };
  const grandparent = readParent(parent);
  if (grandparent === undefined || !isNpm(await readCommandLine(grandparent))) return undefined;
  return { isParent: () => process.ppid === parent && readParent(parent) === grandparent };
}

function isNpm(command: string): boolean {
  return /\bnpm(-cli\.c?js)?\b/.test(command);
}
