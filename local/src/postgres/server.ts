/** One run of the PostgreSQL server program: from spawn to the first answer, and to its end. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { FinalError, LocalError } from '../local-error.ts';
import { HOST } from '../ports.ts';
import { sendSignal } from '../process-table.ts';
import type { Watchdog } from '../watchdog/start-watchdog.ts';
import { maxConnections } from './connections.ts';
import type { Account } from './account.ts';
import { SUPERUSER } from './cluster.ts';

export interface ServerOptions {
  program: string;
  dataDirectory: string;
  /** Removed by the watchdog too, when the owner cannot do it. */
  temporaryDirectory: string | undefined;
  account: Account | undefined;
  settings: Readonly<Record<string, string>>;
  superuserPassword: string;
  watchdog: Watchdog;
  onLog: (line: string) => void;
}

export interface Server {
  pid: number;
  port: number;
  url: string;
  exited: Promise<void>;
  stop(): Promise<void>;
}

/** PostgreSQL ends last: everything else has a higher stage. */
export const POSTGRES_STAGE = 0;

const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 20_000;
const POLL_MS = 25;
const KEPT_LOG_LINES = 20;

/** Another program took the port between the choice and the start. */
export class PortTakenError extends LocalError {}

/** Starts the server on `port` and waits until it answers a query. */
export async function launchServer(options: ServerOptions, port: number): Promise<Server> {
  const { child, pid } = await spawnServer(options, port);
  const lastLines: string[] = [];
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > KEPT_LOG_LINES) lastLines.shift();
      options.onLog(line);
    });
  }
  const url = `postgresql://${SUPERUSER}:${encodeURIComponent(options.superuserPassword)}@${HOST}:${port}/postgres`;
  const ended = new AbortController();
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => {
      options.watchdog.forget(pid);
      ended.abort();
      resolve();
    });
  });
  const server = { pid, port, url, exited, stop: () => stopServer(child, pid, exited) };
  try {
    await waitUntilAnswering(url, ended.signal);
    return server;
  } catch (error) {
    await server.stop();
    throw describeFailure(error, lastLines, port);
  }
}

async function spawnServer(
  options: ServerOptions,
  port: number,
): Promise<{ child: ChildProcess; pid: number }> {
  const settings = Object.entries({
    timezone: 'UTC',
    max_connections: String(maxConnections()),
    ...options.settings,
    listen_addresses: HOST,
    port: String(port),
    unix_socket_directories: '',
    logging_collector: 'off',
    log_destination: 'stderr',
  });
  const child = spawn(
    options.program,
    ['-D', options.dataDirectory, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    // Detached: Ctrl-C in a terminal must reach the launcher, which stops PostgreSQL after its clients.
    {
      cwd: dirname(options.program),
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...options.account,
    },
  );
  const { pid } = child;
  if (pid === undefined) {
    const error = await new Promise<Error>((resolve) => child.once('error', resolve));
    throw new LocalError(`PostgreSQL (${options.program}) does not start: ${error.message}`, {
      cause: error,
    });
  }
  options.watchdog.watch({
    pid,
    signal: 'SIGINT',
    graceMs: STOP_GRACE_MS,
    stage: POSTGRES_STAGE,
    isGroup: false,
    ...(options.temporaryDirectory === undefined ? {} : { removeDirectory: options.temporaryDirectory }),
  });
  return { child, pid };
}

async function waitUntilAnswering(url: string, ended: AbortSignal): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    if (ended.aborted) throw new LocalError('PostgreSQL ended while it was starting.');
    try {
      await ping(url);
      return;
    } catch (error) {
      if (!isStillStarting(error)) throw error;
      if (performance.now() > deadline)
        throw new LocalError('PostgreSQL does not answer in time.', { cause: error });
    }
    await delay(POLL_MS);
  }
}

async function ping(connectionString: string): Promise<void> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end();
  }
}

function isStillStarting(error: unknown): boolean {
  // 57P03: the server accepts connections but recovers still. Every other answer of the server is final.
  return error instanceof DatabaseError ? error.code === '57P03' : true;
}

/** Smart shutdown would wait for clients for ever; fast shutdown rolls their work back; immediate is the last resort. */
async function stopServer(child: ChildProcess, pid: number, exited: Promise<void>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    sendSignal(pid, signal);
    const timeout = new AbortController();
    await Promise.race([
      exited,
      delay(STOP_GRACE_MS, undefined, { signal: timeout.signal, ref: false }).catch(() => undefined),
    ]);
    timeout.abort();
  }
  await exited;
}

function describeFailure(error: unknown, lines: readonly string[], port: number): Error {
  const log = lines.join('\n');
  if (log.includes('could not bind') || log.includes('could not create any TCP/IP sockets')) {
    return new PortTakenError(`Port ${port} on ${HOST} is taken, so PostgreSQL cannot use it.`, {
      cause: error,
    });
  }
  if (error instanceof DatabaseError && error.code === '28P01') {
    return new FinalError(
      'The database was made with another superuser password than the one in secrets.json. ' +
        'Restore that file, or remove the data directory to start with an empty database.',
      { cause: error },
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new LocalError(`${reason}\nThe last lines of PostgreSQL's log:\n${log}`, { cause: error });
}
