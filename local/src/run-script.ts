/** Runs a program of the checkout to its end: migrations, provisioning, seed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkoutDirectory } from './checkout.ts';
import { LocalError } from './local-error.ts';
import type { Watchdog } from './watchdog/start-watchdog.ts';

export interface Script {
  name: string;
  /** From the root of the checkout. */
  file: string;
  args?: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Sent to its standard input. */
  input?: string;
}

export interface ScriptOptions {
  watchdog: Watchdog;
  onLog: (name: string, line: string) => void;
  signal?: AbortSignal;
}

const GRACE_MS = 5000;
const SCRIPT_STAGE = 4;
const KEPT_LINES = 20;

/** Resolves when the program ends with 0, and throws with its last lines otherwise. */
export async function runScript(script: Script, { watchdog, onLog, signal }: ScriptOptions): Promise<void> {
  const child = spawn(process.execPath, [join(checkoutDirectory(), script.file), ...(script.args ?? [])], {
    cwd: checkoutDirectory(),
    env: script.env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  });
  const { pid } = child;
  if (pid !== undefined)
    watchdog.watch({ pid, signal: 'SIGTERM', graceMs: GRACE_MS, stage: SCRIPT_STAGE, isGroup: true });
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      onLog(script.name, line);
    });
  }
  // A program that ends without reading its input is judged by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(script.input ?? '');
  try {
    const [code] = await once(child, 'close');
    if (code === 0) return;
    throw new LocalError(`${script.name} failed:${lines.map((line) => `\n  ${line}`).join('')}`);
  } finally {
    if (pid !== undefined) watchdog.forget(pid);
  }
}
