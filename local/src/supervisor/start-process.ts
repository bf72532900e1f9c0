/** Starts one process of the platform and waits until it is ready. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { checkoutDirectory } from '../checkout.ts';
import { LocalError } from '../local-error.ts';
import { parseLogLine } from '../logs/log-line.ts';
import { sendSignal } from '../process-table.ts';
import type { Watchdog } from '../watchdog/start-watchdog.ts';

export interface ProcessDefinition {
  name: string;
  /** Folder of the workspace, from the root of the checkout. */
  workspace: string;
  /** The file that Node runs, from the workspace. */
  entry: string;
  env: Readonly<Record<string, string>>;
  port: number;
  /** Where the process listens. */
  url: string;
  readinessUrl: string;
  /** Of two processes, the one of the higher stage ends first. PostgreSQL has 0. */
  stage: number;
}

export interface ProcessOptions {
  watchdog: Watchdog;
  /** Every line that the process writes, whichever stream it came by. */
  onLog?: (name: string, line: string) => void;
  /** Variables that every process gets beside its own. */
  inheritedEnv?: Readonly<Record<string, string>>;
  readyTimeoutMs?: number;
  /** Gives up a start that is under way. */
  signal?: AbortSignal;
}

export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunningProcess extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly exited: Promise<ProcessEnd>;
  /** Sends a signal to the process and its children; a test kills a worker with it. */
  kill(signal: NodeJS.Signals): void;
  /** Asks the process to end, and kills it when it does not do so in time. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const FIRST_READY_POLL_MS = 50;
const READY_POLL_GROWTH = 1.2;
const LONGEST_READY_POLL_MS = 1000;
const READY_REQUEST_MS = 5000;
const STOP_GRACE_MS = 10_000;
const KEPT_LINES = 25;

/** Resolves when the readiness URL answers 200. Throws, with the last lines of the process, when it ends before that. */
export async function startProcess(
  definition: ProcessDefinition,
  options: ProcessOptions,
): Promise<RunningProcess> {
  const child = spawnNode(definition, options);
  const { pid } = child;
  if (pid === undefined) {
    const error = await new Promise<Error>((resolve) => child.once('error', resolve));
    throw new LocalError(`${definition.name} does not start: ${error.message}`, { cause: error });
  }
  options.watchdog.watch({
    pid,
    signal: 'SIGTERM',
    graceMs: STOP_GRACE_MS,
    stage: definition.stage,
    isGroup: true,
  });
  const lastLines = collectLines(child, (line) => options.onLog?.(definition.name, line));
  const ended = new AbortController();
  const exited = new Promise<ProcessEnd>((resolve) => {
    child.once('close', (code, signal) => {
      options.watchdog.forget(pid);
      ended.abort();
      resolve({ code, signal });
    });
  });
  const running = toRunningProcess(definition, { child, pid, exited });
  const giveUp = AbortSignal.any([ended.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  try {
    await waitUntilReady(definition, giveUp, options.readyTimeoutMs ?? READY_TIMEOUT_MS);
    return running;
  } catch (cause) {
    await running.stop();
    const lines = lastLines.map((line) => `\n  ${toReadable(line)}`).join('');
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LocalError(`${definition.name} ${reason}${lines === '' ? '' : `. Its last lines:${lines}`}`, {
      cause,
    });
  }
}

function toReadable(line: string): string {
  const { text, details } = parseLogLine(line);
  return details === undefined ? text : `${text}\n${details}`.replaceAll('\n', '\n  ');
}

function spawnNode({ workspace, entry, env }: ProcessDefinition, options: ProcessOptions): ChildProcess {
  const directory = join(checkoutDirectory(), workspace);
  return spawn(process.execPath, [join(directory, entry)], {
    cwd: directory,
    env: { ...options.inheritedEnv, ...env },
    // Detached: Ctrl-C in a terminal must reach the launcher only, which ends the processes in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function collectLines(child: ChildProcess, onLine: (line: string) => void): readonly string[] {
  const kept: string[] = [];
  const read = (input: Readable | null): void => {
    if (input === null) return;
    createInterface({ input }).on('line', (line) => {
      kept.push(line);
      if (kept.length > KEPT_LINES) kept.shift();
      onLine(line);
    });
  };
  read(child.stdout);
  read(child.stderr);
  return kept;
}

async function waitUntilReady(
  { readinessUrl }: ProcessDefinition,
  giveUp: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  // Ever rarer: a service writes a line each time that it is asked before it is ready.
  let pauseMs = FIRST_READY_POLL_MS;
  while (!(await isReady(readinessUrl, giveUp))) {
    if (giveUp.aborted) throw new Error('ended before it was ready');
    if (performance.now() > deadline)
      throw new Error(`is not ready after ${timeoutMs / 1000} s (${readinessUrl})`);
    await delay(pauseMs, undefined, { signal: giveUp }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * READY_POLL_GROWTH, LONGEST_READY_POLL_MS);
  }
  // Another program on the same port may have answered.
  if (giveUp.aborted) throw new Error('ended before it was ready');
}

async function isReady(url: string, giveUp: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([giveUp, AbortSignal.timeout(READY_REQUEST_MS)]),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Nothing listens yet: the caller asks again until its deadline.
    return false;
  }
}

interface Spawned {
  child: ChildProcess;
  pid: number;
  exited: Promise<ProcessEnd>;
}

function toRunningProcess(
  { name, url, port }: ProcessDefinition,
  { child, pid, exited }: Spawned,
): RunningProcess {
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const kill = (signal: NodeJS.Signals): void => {
    // The process leads its own group, so that what it started goes with it.
    if (!hasEnded()) sendSignal(-pid, signal);
  };
  const stop = async (): Promise<void> => {
    kill('SIGTERM');
    const timer = setTimeout(() => kill('SIGKILL'), STOP_GRACE_MS);
    await exited;
    clearTimeout(timer);
  };
  return { name, url, port, pid, exited, kill, stop, [Symbol.asyncDispose]: stop };
}
