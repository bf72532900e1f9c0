/** Runs the command of a container, in the files of its image, as the user of the image where that is possible. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Command {
  readonly name: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The folder of what it writes. */
  readonly logs: string;
  /** All that the process gets, but for PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** As in docker-compose.yml: `CMD` with a command, or `CMD-SHELL` with a line for a shell. */
  readonly healthcheck: readonly string[];
}

export interface RunningCommand extends AsyncDisposable {
  readonly name: string;
  readonly exited: Promise<number | null>;
  readLog(): readonly string[];
}

/** The user `node` of the official image. */
const IMAGE_USER = 1000;
const STOP_LIMIT_MS = 20_000;
const START_LIMIT_MS = 60_000;
const CHECK_PAUSE_MS = 200;

/** A PATH that begins with the Node of this process, in a folder that every user may enter. */
export function provideNode(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  try {
    linkSync(process.execPath, join(bin, 'node'));
  } catch {
    // Another file system.
    copyFileSync(process.execPath, join(bin, 'node'));
  }
  return `${bin}:${process.env['PATH'] ?? ''}`;
}

/** What it writes goes to a file, because a program that opens /dev/stdout, as nginx does, cannot do so with the socket of a parent. */
export function startCommand(command: Command, path: string): RunningCommand {
  const [program = '', ...args] = command.argv;
  const file = join(command.logs, `${command.name}-${randomUUID()}.log`);
  const output = openSync(file, 'a');
  chmodSync(file, 0o666);
  const child = spawn(program, args, {
    cwd: command.cwd,
    env: { ...command.env, PATH: path },
    stdio: ['ignore', output, output],
    ...(process.getuid?.() === 0 ? { uid: IMAGE_USER, gid: IMAGE_USER } : {}),
  });
  closeSync(output);
  const exited = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      appendFileSync(file, error.message);
      resolve(null);
    });
    child.once('close', resolve);
  });
  return {
    name: command.name,
    exited,
    readLog: () => readFileSync(file, 'utf8').split('\n'),
    [Symbol.asyncDispose]: () => stop(child, exited),
  };
}

async function stop(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const limit = new AbortController();
  const late = delay(STOP_LIMIT_MS, 'late', { signal: limit.signal }).catch(() => 'ended');
  if ((await Promise.race([exited.then(() => 'ended'), late])) === 'late') child.kill('SIGKILL');
  limit.abort();
  await exited;
}

/** Runs a job to its end; throws with what it wrote when it fails. */
export async function runToEnd(command: Command, path: string): Promise<readonly string[]> {
  const job = startCommand(command, path);
  const code = await job.exited;
  if (code !== 0) throw new Error(`${command.name} ended with ${code}:\n${job.readLog().join('\n')}`);
  return job.readLog();
}

/** Waits until the health check of the container says that it is healthy. */
export async function waitUntilHealthy(
  running: RunningCommand,
  command: Command,
  path: string,
): Promise<void> {
  const [kind, ...words] = command.healthcheck;
  const argv = kind === 'CMD-SHELL' ? ['sh', '-c', ...words] : words;
  if (argv.length === 0) throw new Error(`${command.name} has no health check`);
  let hasEnded = false;
  void running.exited.then(() => {
    hasEnded = true;
  });
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const check = startCommand({ ...command, argv }, path);
    if ((await check.exited) === 0) return;
    if (hasEnded || performance.now() > deadline)
      throw new Error(
        `${command.name} is not healthy:\n${[...running.readLog().slice(-30), ...check.readLog()].join('\n')}`,
      );
    await delay(CHECK_PAUSE_MS);
  }
}
