/** `npm start`: the whole platform on this machine, until Ctrl-C. */
import { EnvError, readEnvOrExit } from '@flowgrid/platform';
import { readAiEnv, readInheritedEnv, readLauncherEnv } from './env.ts';
import { greeting } from './greeting.ts';
import { prepareHome } from './home.ts';
import { takeLauncherLock } from './launcher-lock.ts';
import { LocalError } from './local-error.ts';
import type { ConsoleLog } from './logs/console-log.ts';
import { createConsoleLog } from './logs/console-log.ts';
import { watchNpm } from './npm-parent.ts';
import { startPlatform } from './platform.ts';
import { findPlatformFile } from './platform-file.ts';
import { PROCESS_NAMES } from './processes.ts';
import { readDemoTenants } from './seeding.ts';

const SAME_REQUEST_MS = 700;
const MS_PER_SECOND = 1000;

const env = readEnvOrExit(readLauncherEnv);
const log = createConsoleLog({
  write: (text) => process.stdout.write(text),
  isColoured: process.stdout.isTTY && env.NO_COLOR === undefined,
  level: env.LOG_LEVEL,
  sources: [...PROCESS_NAMES, 'postgres', 'migrate', 'provision', 'seed'],
  now: () => new Date(),
});
// A terminal that went away must not keep the processes from being stopped in order.
process.stdout.on('error', () => undefined);

const stop = listenForStop(log);
process.exit(await run());

async function run(): Promise<number> {
  const stack = new AsyncDisposableStack();
  let code = 0;
  try {
    const home = await prepareHome(env.FLOWGRID_HOME, log.say);
    stack.use(await takeLauncherLock(home, () => describeRunning(home)));
    const options = {
      home,
      routerPort: env.PORT,
      logLevel: env.LOG_LEVEL,
      inheritedEnv: readInheritedEnv(),
      aiEnv: readAiEnv(),
      log,
      ...stop,
    };
    const platform = await startPlatform(options, stack);
    log.say(
      greeting({ platform, home, demo: await readDemoTenants(), seconds: performance.now() / MS_PER_SECOND }),
    );
    await waitForAbort(stop.signal);
  } catch (error) {
    // Ctrl-C during the start makes steps fail that are of no interest then.
    if (!stop.signal.aborted) {
      code = 1;
      log.say(describeError(error));
    }
  }
  await stack.disposeAsync();
  if (code === 0) log.say('Stopped. The data is kept.');
  return code;
}

interface Stop {
  signal: AbortSignal;
  killSignal: AbortSignal;
}

/** Ctrl-C, or whoever else asks: the first time everything ends in order, the second time at once. */
function listenForStop({ say }: ConsoleLog): Stop {
  const stopping = new AbortController();
  const killing = new AbortController();
  let firstAt = 0;
  const request = (reason: string): void => {
    if (!stopping.signal.aborted) {
      firstAt = performance.now();
      say(`${reason}: stopping in order; once more stops at once ...`);
      stopping.abort();
      return;
    }
    // One Ctrl-C arrives twice: the terminal sends it to the whole group, and npm passes its own on.
    if (performance.now() - firstAt < SAME_REQUEST_MS) return;
    killing.abort();
    // The watchdog ends what runs as soon as this process is gone.
    process.exit(1);
  };
  process.on('SIGINT', () => request('Interrupted'));
  process.on('SIGTERM', () => request('Terminated'));
  process.on('SIGHUP', () => request('The terminal was closed'));
  if (env.npm_lifecycle_event !== undefined) void watchNpm(() => request('npm was killed'));
  return { signal: stopping.signal, killSignal: killing.signal };
}

async function waitForAbort(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  // Nothing else may keep this process alive: its children are not tied to its event loop.
  const alive = setInterval(() => undefined, MS_PER_SECOND * MS_PER_SECOND);
  await promise;
  clearInterval(alive);
}

async function describeRunning(home: string): Promise<string> {
  const platform = await findPlatformFile(home).catch(() => undefined);
  if (platform === undefined) return 'It is starting or stopping.';
  return `Its address is ${platform.graphqlUrl} (launcher: process ${platform.pid}).`;
}

function describeError(error: unknown): string {
  if (error instanceof LocalError || error instanceof EnvError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
