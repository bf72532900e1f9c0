/** Starts processes of the platform exactly as `npm start` does, on free ports and a database of the test. */
import { inject } from 'vitest';
import {
  PROCESS_NAMES,
  findFreePort,
  platformProcesses,
  startProcess,
  startWatchdog,
  type ProcessDefinition,
  type ProcessName,
  type RunningProcess,
} from '../../local/src/index.ts';
import type { TestDatabaseAccess } from './database.ts';
import type { PostgresAccess } from './global-postgres.ts';

export interface PlatformOptions {
  readonly database: TestDatabaseAccess;
  readonly postgres?: PostgresAccess;
  /** Variables on top of the usual ones. */
  readonly env?: Readonly<Partial<Record<ProcessName, Readonly<Record<string, string>>>>>;
}

/** On two cores that run everything else too, a slow answer is no dead service. */
export const PATIENT_ROUTER = {
  router: { OPERATION_TIMEOUT_MS: '30000', SUBGRAPH_TIMEOUT_MS: '30000' },
} as const;

/** Tests hammer a router from one address. */
const GENEROUS_LIMITS = { RATE_LIMIT_PER_MINUTE: '1000000', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '1000000' };

export interface TestPlatform extends AsyncDisposable {
  /** Where a process listens, or will listen once it is started. */
  url(name: ProcessName): string;
  /** Starts a process and waits until it is ready. `copy` starts a further one beside it on a port of its own. */
  start(name: ProcessName, copy?: { env?: Readonly<Record<string, string>> }): Promise<RunningProcess>;
  /** The process started first under the name. */
  process(name: ProcessName): RunningProcess;
  /** What all processes have written, for a look when a test fails or to see that a secret is not in it. */
  readonly log: readonly string[];
}

/** Chooses ports and makes the table; nothing runs before `start`. */
export async function createPlatform(options: PlatformOptions): Promise<TestPlatform> {
  const { secrets } = options.postgres ?? inject('postgres');
  const ports = Object.fromEntries(
    await Promise.all(PROCESS_NAMES.map(async (name) => [name, await findFreePort()])),
  );
  const definitions = platformProcesses({
    ports: ports as Record<ProcessName, number>,
    databaseUrl: (role) => options.database.url(role),
    secrets: secrets.services,
    nodeEnv: 'test',
    logLevel: 'info',
    extraEnv: { ...options.env, router: { ...GENEROUS_LIMITS, ...options.env?.router } },
  });
  const stack = new AsyncDisposableStack();
  const watchdog = stack.use(startWatchdog());
  const running = new Map<ProcessName, RunningProcess>();
  const log: string[] = [];
  const launch = async (definition: ProcessDefinition): Promise<RunningProcess> => {
    const started = await startProcess(definition, {
      watchdog,
      onLog: (name, line) => log.push(`${name} ${line}`),
      inheritedEnv: { PATH: String(process.env['PATH']) },
    });
    return stack.use(started);
  };
  return {
    url: (name) => definitions[name].url,
    start: async (name, copy) => {
      const definition = copy ? await asCopy(definitions[name], copy.env) : definitions[name];
      const started = await launch(definition);
      if (!copy) running.set(name, started);
      return started;
    },
    process: (name) => {
      const found = running.get(name);
      if (!found) throw new Error(`${name} was not started`);
      return found;
    },
    log,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function asCopy(
  definition: ProcessDefinition,
  env: Readonly<Record<string, string>> = {},
): Promise<ProcessDefinition> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  return {
    ...definition,
    port,
    url,
    readinessUrl: `${url}/readyz`,
    env: { ...definition.env, ...env, PORT: String(port) },
  };
}

/** Starts everything, the router last. */
export async function startWholePlatform(options: PlatformOptions): Promise<TestPlatform> {
  const platform = await createPlatform(options);
  try {
    await Promise.all(PROCESS_NAMES.filter((name) => name !== 'router').map((name) => platform.start(name)));
    await platform.start('router');
    return platform;
  } catch (error) {
    await platform[Symbol.asyncDispose]();
    throw error;
  }
}
