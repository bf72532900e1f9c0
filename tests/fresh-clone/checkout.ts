/** A fresh clone of this checkout, used as a newcomer uses it: with the machine's own Node, from its own folder. */
import { spawn } from 'node:child_process';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../testkit/wait.ts';

/** Who uses the clone: the user of this process, or an unprivileged one. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface FinishedCommand {
  readonly code: number | null;
  readonly output: string;
}

export interface RunningCommand {
  readonly output: () => string;
  /** Ctrl-C: as from a terminal, the whole process group gets it. */
  interrupt(): void;
  readonly finished: Promise<FinishedCommand>;
}

export interface Clone extends AsyncDisposable {
  readonly directory: string;
  /** Starts a command in the clone, as the leader of a process group. */
  start(command: string, ...args: string[]): RunningCommand;
  /** Runs a command to its end. */
  run(command: string, ...args: string[]): Promise<FinishedCommand>;
}

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

/** The environment of a person at a terminal: nothing of the run that this test is part of. */
function newcomersEnv(home: string, npmCache: string): Record<string, string> {
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')) && !folder.includes('node-gyp-bin'));
  return {
    HOME: home,
    PATH: path.join(delimiter),
    LANG: 'C.UTF-8',
    npm_config_cache: npmCache,
  };
}

/** `npmCache` is a folder of the caller's: what one clone has downloaded the next one need not. */
export async function cloneCheckout(account: Account | undefined, npmCache: string): Promise<Clone> {
  const base = await mkdtemp(join(tmpdir(), 'flowgrid-clone-'));
  const directory = join(base, 'flowgrid');
  const home = join(base, 'home');
  await mkdir(home);
  const env = newcomersEnv(home, npmCache);
  const start = (command: string, ...args: string[]): RunningCommand =>
    startCommand(command, args, { cwd: directory, env, account });
  const cloned = await startCommand('git', ['clone', '--quiet', CHECKOUT, directory], {
    cwd: base,
    env,
    account: undefined,
  }).finished;
  if (cloned.code !== 0) throw new Error(cloned.output);
  if (account) await giveTo(account, [base, home], [directory, npmCache]);
  return {
    directory,
    start,
    run: (command, ...args) => start(command, ...args).finished,
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }),
  };
}

async function giveTo(
  { uid, gid }: Account,
  folders: readonly string[],
  trees: readonly string[],
): Promise<void> {
  for (const folder of folders) await chown(folder, uid, gid);
  const owner = `${uid}:${gid}`;
  const changed = await startCommand('chown', ['-R', owner, ...trees], {
    cwd: '/',
    env: {},
    account: undefined,
  }).finished;
  if (changed.code !== 0) throw new Error(changed.output);
}

function startCommand(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string>; account: Account | undefined },
): RunningCommand {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options.account,
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(String(chunk)));
  const output = (): string => chunks.join('');
  const finished = new Promise<FinishedCommand>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output: output() }));
  });
  const interrupt = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
  };
  return { output, interrupt, finished };
}

/** Waits for a text in the output of a running command; fails at once, with the output, when it ends before. */
export async function waitForOutput(command: RunningCommand, text: string, limitMs: number): Promise<void> {
  const ended = command.finished.then(({ code, output }) => {
    if (output.includes(text)) return;
    throw new Error(`ended with ${code} before "${text}":\n${output.slice(-4000)}`);
  });
  await Promise.race([until(`"${text}"`, () => command.output().includes(text), limitMs), ended]);
}
