// Runs a real PostgreSQL on this machine, as an unprivileged user, reachable over loopback TCP only.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { findFreePort, HOST } from '../ports.ts';
import type { Watchdog } from '../watchdog/start-watchdog.ts';
import { startWatchdog } from '../watchdog/start-watchdog.ts';
import { postgresAccount } from './account.ts';
import { findInstalledBinaries, preparePackagedBinaries } from './binaries.ts';
import { clearStalePidFile, ensureCluster } from './cluster.ts';
import type { Server, ServerOptions } from './server.ts';
import { launchServer, PortTakenError } from './server.ts';

export interface PostgresOptions {
  /** Where the data lives and survives. Without it a temporary directory is used and removed at the end. */
  dataDirectory?: string;
  /** The programs of an installed PostgreSQL, such as `/usr/lib/postgresql/15/bin`, instead of the embedded ones. */
  binDirectory?: string;
  /** Without it a free port is chosen. */
  port?: number;
  /** Of the role `postgres`. Without it a random one is made, which suits temporary data only. */
  superuserPassword?: string;
  /** Server settings, such as `{ fsync: 'off' }` for data that is thrown away. */
  settings?: Readonly<Record<string, string>>;
  onLog?: (line: string) => void;
  /** Shared with the other processes of the same owner; without it this PostgreSQL has one of its own. */
  watchdog?: Watchdog;
}

export interface RunningPostgres extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** Connects as the superuser to the maintenance database. */
  readonly superuserUrl: string;
  /** Settles when PostgreSQL has ended, whoever ended it. */
  readonly exited: Promise<void>;
  /** Ends PostgreSQL, rolling back what is open, and waits until it is gone. */
  stop(): Promise<void>;
}

const BIND_ATTEMPTS = 5;

/** Starts PostgreSQL and waits until it answers. The caller owns it and must stop it. */
export async function startPostgres(options: PostgresOptions = {}): Promise<RunningPostgres> {
  const watchdog = options.watchdog ?? startWatchdog();
  const dataDirectory = await (options.dataDirectory === undefined
    ? mkdtemp(join(await realpath(tmpdir()), 'flowgrid-postgres-'))
    : canonicalPath(options.dataDirectory));
  const temporaryDirectory = options.dataDirectory === undefined ? dataDirectory : undefined;
  const cleanUp = async (): Promise<void> => {
    if (temporaryDirectory !== undefined) await rm(temporaryDirectory, { recursive: true, force: true });
    if (options.watchdog === undefined) await watchdog[Symbol.asyncDispose]();
  };
  try {
    const prepared = await prepare(options, dataDirectory);
    const server = await launchOnFreePort({ ...prepared, watchdog, temporaryDirectory }, options.port);
    return toRunningPostgres(server, cleanUp);
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

/** One data directory has one name, so that a PostgreSQL that runs on it is recognised, whatever links lead to it. */
async function canonicalPath(dataDirectory: string): Promise<string> {
  const parent = dirname(resolve(dataDirectory));
  await mkdir(parent, { recursive: true });
  return join(await realpath(parent), basename(dataDirectory));
}

async function prepare(
  options: PostgresOptions,
  dataDirectory: string,
): Promise<Omit<ServerOptions, 'watchdog' | 'temporaryDirectory'>> {
  const account = await postgresAccount(dataDirectory);
  const binaries = await (options.binDirectory === undefined
    ? preparePackagedBinaries(account)
    : findInstalledBinaries(options.binDirectory, account));
  const superuserPassword = options.superuserPassword ?? randomBytes(18).toString('base64url');
  const settings = options.settings ?? {};
  await ensureCluster({
    dataDirectory,
    superuserPassword,
    account,
    binaries,
    isDurable: settings['fsync'] !== 'off',
  });
  await clearStalePidFile(dataDirectory);
  const onLog = options.onLog ?? (() => undefined);
  return { program: binaries.postgres, dataDirectory, account, settings, superuserPassword, onLog };
}

async function launchOnFreePort(options: ServerOptions, wanted: number | undefined): Promise<Server> {
  if (wanted !== undefined) return launchServer(options, wanted);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launchServer(options, await findFreePort());
    } catch (error) {
      if (!(error instanceof PortTakenError) || attempt === BIND_ATTEMPTS) throw error;
    }
  }
}

function toRunningPostgres(server: Server, cleanUp: () => Promise<void>): RunningPostgres {
  const stop = async (): Promise<void> => {
    await server.stop();
    await cleanUp();
  };
  return {
    host: HOST,
    port: server.port,
    pid: server.pid,
    superuserUrl: server.url,
    exited: server.exited,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
