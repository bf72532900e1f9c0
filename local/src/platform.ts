/** Brings the whole platform up on this machine, in order, and takes it down in the reverse order. */
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsoleLog } from './logs/console-log.ts';
import type { PlatformFile } from './platform-file.ts';
import { removePlatformFile, writePlatformFile } from './platform-file.ts';
import { choosePort, findFreePort, HOST } from './ports.ts';
import { bootstrapDatabase, databaseUrl, OWNER_ROLE } from './postgres/bootstrap.ts';
import type { RunningPostgres } from './postgres/start-postgres.ts';
import { startPostgres } from './postgres/start-postgres.ts';
import type { ProcessName } from './processes.ts';
import { DEFAULT_PORTS, platformProcesses, PROCESS_NAMES } from './processes.ts';
import { noteWatchdog, recoverFromCrash } from './recover.ts';
import { runScript } from './run-script.ts';
import type { Secrets } from './secrets.ts';
import { loadSecrets } from './secrets.ts';
import { isSeeded, markSeeded, provisionScript, readDemoTenants, seedScript } from './seeding.ts';
import { keepAlive, KEEP_ALIVE_DEFAULTS } from './supervisor/keep-alive.ts';
import type { ProcessDefinition } from './supervisor/start-process.ts';
import { startProcess } from './supervisor/start-process.ts';
import type { Watchdog } from './watchdog/start-watchdog.ts';
import { startWatchdog } from './watchdog/start-watchdog.ts';

export interface PlatformOptions {
  home: string;
  routerPort: number;
  logLevel: string;
  inheritedEnv: Readonly<Record<string, string>>;
  /** For the processes of design. */
  aiEnv: Readonly<Record<string, string>>;
  log: ConsoleLog;
  /** Gives up a start that is under way. */
  signal: AbortSignal;
  /** Aborted when this process is about to end without waiting for the others. */
  killSignal: AbortSignal;
}

/** What the steps of a start share. */
interface Launch extends PlatformOptions {
  watchdog: Watchdog;
  /** Closed in reverse order at the end. */
  stack: AsyncDisposableStack;
}

type Processes = Readonly<Record<ProcessName, ProcessDefinition>>;

const DATABASE = 'flowgrid';
const POSTGRES_PORT = 54_320;

/** Everything but the router's public instance, which starts last. */
const SERVICES = PROCESS_NAMES.filter((name) => name !== 'router');

/** Starts everything and returns where it listens. What it starts is on the stack, also when it throws. */
export async function startPlatform(
  options: PlatformOptions,
  stack: AsyncDisposableStack,
): Promise<PlatformFile> {
  // The folder may be a link out of a checkout that PostgreSQL's user cannot enter, so the path must not lead through it.
  const databaseDirectory = join(await realpath(options.home), 'postgres');
  const dataDirectory = join(databaseDirectory, 'data');
  await recoverFromCrash(options.home, dataDirectory, options.log.say);
  const watchdog = stack.use(startWatchdog());
  options.killSignal.addEventListener('abort', () => watchdog.hurry(), { once: true });
  stack.use(await noteWatchdog(options.home, watchdog.pid));
  const launch: Launch = { ...options, watchdog, stack };

  const secrets = await loadSecrets(options.home);
  // As root the data belongs to another user, who must get through this folder.
  await mkdir(databaseDirectory, { recursive: true, mode: 0o755 });
  const postgres = await launchPostgres(launch, dataDirectory, secrets);
  const superuserUrl = postgres.superuserUrl;
  options.signal.throwIfAborted();
  await bootstrapDatabase({ superuserUrl, database: DATABASE, passwords: secrets.rolePasswords });
  const processes = await planProcesses(launch, superuserUrl, secrets);
  await migrate(launch, superuserUrl, secrets);
  await launchServices(launch, processes);
  if (!(await isSeeded(databaseDirectory))) {
    await seed(launch, processes);
    await markSeeded(databaseDirectory, new Date());
  }
  stack.use(await launchProcess(launch, processes.router));
  return publish(launch, processes);
}

async function launchPostgres(
  launch: Launch,
  dataDirectory: string,
  secrets: Secrets,
): Promise<RunningPostgres> {
  const { port, taken } = await choosePort(POSTGRES_PORT);
  if (taken !== undefined) launch.log.say(`Port ${taken} is taken; PostgreSQL listens on ${port}.`);
  const kept = await keepAlive({
    ...KEEP_ALIVE_DEFAULTS,
    name: 'postgres',
    signal: launch.signal,
    onNotice: launch.log.say,
    start: () =>
      startPostgres({
        dataDirectory,
        port,
        superuserPassword: secrets.superuserPassword,
        watchdog: launch.watchdog,
        onLog: (line) => launch.log.line('postgres', line),
      }),
  });
  launch.stack.use(kept);
  return kept.current();
}

async function planProcesses(launch: Launch, superuserUrl: string, secrets: Secrets): Promise<Processes> {
  const reserved = new Set<number>();
  const choose = async (name: ProcessName): Promise<number> => {
    const wanted = name === 'router' ? launch.routerPort : DEFAULT_PORTS[name];
    const { port, taken } =
      wanted === 0 ? { port: await findFreePort() } : await choosePort(wanted, reserved);
    if (taken !== undefined) launch.log.say(`Port ${taken} is taken; ${name} listens on ${port}.`);
    reserved.add(port);
    return port;
  };
  // One after another, so that no two get the same port.
  const ports = {
    router: await choose('router'),
    agents: await choose('agents'),
    auth: await choose('auth'),
    design: await choose('design'),
    integrations: await choose('integrations'),
    'design-worker': await choose('design-worker'),
    'delivery-worker': await choose('delivery-worker'),
  };
  return platformProcesses({
    ports,
    secrets: secrets.services,
    nodeEnv: 'development',
    logLevel: launch.logLevel,
    aiEnv: launch.aiEnv,
    databaseUrl: (role) =>
      databaseUrl(superuserUrl, { database: DATABASE, role, password: secrets.rolePasswords[role] }),
  });
}

async function migrate(launch: Launch, superuserUrl: string, secrets: Secrets): Promise<void> {
  const password = secrets.rolePasswords[OWNER_ROLE];
  const url = databaseUrl(superuserUrl, { database: DATABASE, role: OWNER_ROLE, password });
  const env = { ...launch.inheritedEnv, DATABASE_URL: url };
  const script = { name: 'migrate', file: 'packages/db/src/migrate-main.ts', env };
  await runScript(script, { ...launch, onLog: launch.log.line });
}

async function launchServices(launch: Launch, processes: Processes): Promise<void> {
  const started = await Promise.allSettled(SERVICES.map((name) => launchProcess(launch, processes[name])));
  // Put on the stack from the lowest stage, so that the highest ends first; one stage ends all at once.
  const running = started.flatMap((result, index) => {
    const name = SERVICES[index];
    return result.status === 'fulfilled' && name !== undefined
      ? [{ stage: processes[name].stage, stop: () => result.value[Symbol.asyncDispose]() }]
      : [];
  });
  const stages = Map.groupBy(running, ({ stage }) => stage);
  for (const stage of [...stages.keys()].toSorted((a, b) => a - b)) {
    launch.stack.defer(async () => {
      await Promise.all((stages.get(stage) ?? []).map(({ stop }) => stop()));
    });
  }
  for (const result of started) if (result.status === 'rejected') throw result.reason;
}

function launchProcess(launch: Launch, definition: ProcessDefinition): Promise<AsyncDisposable> {
  return keepAlive({
    ...KEEP_ALIVE_DEFAULTS,
    name: definition.name,
    signal: launch.signal,
    onNotice: launch.log.say,
    start: (signal) =>
      startProcess(definition, {
        watchdog: launch.watchdog,
        inheritedEnv: launch.inheritedEnv,
        onLog: launch.log.line,
        signal,
      }),
  });
}

/** The public router must not answer before the data is there, so a private one serves the seed. */
async function seed(launch: Launch, processes: Processes): Promise<void> {
  launch.log.say('The database is empty; creating the demo tenants and their agents ...');
  const scripts = { ...launch, onLog: launch.log.line };
  // Its output is a list of ids for programs; when it fails, the error has it all the same.
  const quiet = { ...launch, onLog: () => undefined };
  await runScript(provisionScript(processes.auth, await readDemoTenants(), launch.inheritedEnv), quiet);
  const port = await findFreePort();
  const url = `http://${HOST}:${port}`;
  await using router = await startProcess(
    {
      ...processes.router,
      port,
      url,
      readinessUrl: `${url}/readyz`,
      env: { ...processes.router.env, PORT: String(port) },
    },
    { ...launch, onLog: launch.log.line },
  );
  await runScript(seedScript(router.url, launch.inheritedEnv), scripts);
}

async function publish({ home, stack }: Launch, processes: Processes): Promise<PlatformFile> {
  const services = Object.fromEntries(SERVICES.map((name) => [name, processes[name].url]));
  const routerUrl = `http://localhost:${processes.router.port}`;
  const content = { pid: process.pid, routerUrl, graphqlUrl: `${routerUrl}/graphql`, services };
  await writePlatformFile(home, content);
  stack.defer(() => removePlatformFile(home));
  return content;
}
