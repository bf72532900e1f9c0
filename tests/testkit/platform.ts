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
import { toInheritedEnv } from './run-env.ts';

export interface PlatformOptions {
  readonly database: TestDatabaseAccess;
  readonly postgres?: PostgresAccess;
  /** Variables on top of the usual ones; an empty one takes a usual one away. */
  readonly env?: ProcessEnv;
  /** How many there are of a process; one if not given. The others know all addresses of a service. */
  readonly replicas?: Readonly<Partial<Record<ProcessName, number>>>;
}

export type ProcessEnv = Readonly<Partial<Record<ProcessName, Readonly<Record<string, string>>>>>;

/** On two cores that run everything else too, a slow answer is no dead service. */
export const PATIENT_ROUTER = {
  router: { OPERATION_TIMEOUT_MS: '30000', SUBGRAPH_TIMEOUT_MS: '30000' },
} as const;

export interface TestPlatform extends AsyncDisposable {
  /** Where a process listens, or will listen once it is started; the first replica if not said otherwise. */
  url(name: ProcessName, replica?: number): string;
  /** Starts a process and waits until it is ready. `copy` starts a further one beside it, on a port that the others do not know. */
  start(name: ProcessName, copy?: { env?: Readonly<Record<string, string>> }): Promise<RunningProcess>;
  /** Starts one of the replicas that were asked for, also again at the same address. */
  startReplica(name: ProcessName, replica: number): Promise<RunningProcess>;
  /** The process started last under the name. */
  process(name: ProcessName, replica?: number): RunningProcess;
  /** What all processes have written, for a look when a test fails or to see that a secret is not in it. */
  readonly log: readonly string[];
}

/** Chooses ports and makes the table; nothing runs before `start`. */
export async function createPlatform(options: PlatformOptions): Promise<TestPlatform> {
  const definitions = await defineReplicas(options);
  const stack = new AsyncDisposableStack();
  const watchdog = stack.use(startWatchdog());
  const running = new Map<string, RunningProcess>();
  const log: string[] = [];
  const definitionOf = (name: ProcessName, replica: number): ProcessDefinition => {
    const definition = definitions[name][replica];
    if (!definition) throw new Error(`${name} has no replica ${replica}`);
    return definition;
  };
  const launch = async (definition: ProcessDefinition): Promise<RunningProcess> => {
    const started = await startProcess(definition, {
      watchdog,
      onLog: (name, line) => log.push(`${name} ${line}`),
      inheritedEnv: toInheritedEnv(),
    });
    return stack.use(started);
  };
  const startReplica: TestPlatform['startReplica'] = async (name, replica) => {
    const started = await launch(definitionOf(name, replica));
    running.set(`${name} ${replica}`, started);
    return started;
  };
  return {
    url: (name, replica = 0) => definitionOf(name, replica).url,
    start: async (name, copy) =>
      copy ? launch(await asCopy(definitionOf(name, 0), copy.env)) : startReplica(name, 0),
    startReplica,
    process: (name, replica = 0) => {
      const found = running.get(`${name} ${replica}`);
      if (!found) throw new Error(`${name} ${replica} was not started`);
      return found;
    },
    log,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

type Replicas = Readonly<Record<ProcessName, readonly ProcessDefinition[]>>;

async function defineReplicas({ database, postgres, env, replicas }: PlatformOptions): Promise<Replicas> {
  const { secrets } = postgres ?? inject('postgres');
  const ports = await perProcess((name) => findFreePorts(replicas?.[name] ?? 1));
  const serviceUrls = await perProcess((name) =>
    Promise.resolve(ports[name].map((port) => `http://127.0.0.1:${port}`).join(',')),
  );
  const defineAll = (replica: number): Readonly<Record<ProcessName, ProcessDefinition>> =>
    platformProcesses({
      ports: mapProcesses((name) => ports[name][replica] ?? 0),
      serviceUrls,
      databaseUrl: (role) => database.url(role),
      secrets: secrets.services,
      nodeEnv: 'test',
      logLevel: 'info',
      // Signed links name the router that clients know, whichever replica made them.
      publicUrl: `http://localhost:${ports.router[0]}`,
      ...(env && { extraEnv: env }),
    });
  return mapProcesses((name) => ports[name].map((_, replica) => defineAll(replica)[name]));
}

async function perProcess<Value>(
  make: (name: ProcessName) => Promise<Value>,
): Promise<Record<ProcessName, Value>> {
  const made = await Promise.all(PROCESS_NAMES.map(async (name) => [name, await make(name)] as const));
  return Object.fromEntries(made) as Record<ProcessName, Value>;
}

function mapProcesses<Value>(make: (name: ProcessName) => Value): Record<ProcessName, Value> {
  return Object.fromEntries(PROCESS_NAMES.map((name) => [name, make(name)])) as Record<ProcessName, Value>;
}

function findFreePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, () => findFreePort()));
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

/** Starts everything, the routers last. */
export async function startWholePlatform(options: PlatformOptions): Promise<TestPlatform> {
  const platform = await createPlatform(options);
  const startAll = async (names: readonly ProcessName[]): Promise<void> => {
    const all = names.flatMap((name) =>
      Array.from({ length: options.replicas?.[name] ?? 1 }, (_, replica) => ({ name, replica })),
    );
    await Promise.all(all.map(({ name, replica }) => platform.startReplica(name, replica)));
  };
  try {
    await startAll(PROCESS_NAMES.filter((name) => name !== 'router'));
    await startAll(['router']);
    return platform;
  } catch (error) {
    await platform[Symbol.asyncDispose]();
    throw error;
  }
}
