/** Starts the process that ends this one's children when this one is killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { WatchdogMessage, WatchedProcess } from './protocol.ts';

export interface Watchdog extends AsyncDisposable {
  readonly pid: number;
  /** Ends `process` when the owner of this watchdog dies. Call it right after the process was spawned. */
  watch(process: WatchedProcess): void;
  /** Says that a process ended, so that its number is never signalled after it was reused. */
  forget(pid: number): void;
  /** Makes the ending short: services are killed instead of asked. */
  hurry(): void;
}

/** The watchdog lives until it is disposed of or this process ends. It keeps no event loop alive. */
export function startWatchdog(): Watchdog {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'watchdog-main.ts')], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A killed watchdog must not take its owner down with a broken pipe.
  child.stdin.on('error', () => undefined);
  child.unref();
  const watched = new Set<number>();
  const send = (message: WatchdogMessage): void => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
  };
  return {
    pid: child.pid ?? 0,
    watch: (process) => {
      watched.add(process.pid);
      send({ kind: 'watch', process });
    },
    forget: (pid) => {
      if (watched.delete(pid)) send({ kind: 'forget', pid });
    },
    hurry: () => send({ kind: 'hurry' }),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.ref();
      child.stdin.end();
      await exited;
    },
  };
}
