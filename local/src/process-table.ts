/** Questions to the operating system about processes that this program did not necessarily start. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const POLL_MS = 25;

/** True while the process runs. One that has ended counts as gone, even while nobody has asked for its exit code. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  return process.platform === 'linux' && (readStatus(pid)?.state ?? 'Z') === 'Z';
}

/** The process that started this one, or took it over; undefined where the system does not tell. */
export function readParent(pid: number): number | undefined {
  return readStatus(pid)?.parent;
}

function readStatus(pid: number): { state: string; parent: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, second of the fields, may hold spaces and brackets itself.
    const [state = '', parent] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    // It ended between two looks, or this system has no /proc.
    return undefined;
  }
}

/** The command line of a process, empty when it is gone. */
export async function readCommandLine(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux')
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    return (await run('ps', ['-p', String(pid), '-o', 'command='])).stdout;
  } catch {
    // A process may end between two looks at it.
    return '';
  }
}

/** Waits until the process is gone; false when it is still there after the time. */
export async function waitUntilGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Sends a signal, and takes a process that is already gone for done. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
