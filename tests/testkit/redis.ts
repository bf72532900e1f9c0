/** Real redis-server processes: one server, a master under Sentinels, or a cluster; each on free ports of 127.0.0.1. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis, type RedisOptions } from 'ioredis';
import { findFreePort } from '../../local/src/index.ts';
import { until } from './wait.ts';

/** Whether the real thing is on this machine. In CI it must be. */
export const hasRedis = process.env['CI'] === 'true' || isInstalled();

function isInstalled(): boolean {
  const isThere = spawnSync('redis-server', ['--version']).status === 0;
  if (!isThere) console.warn('redis-server is not installed: what needs it is skipped');
  return isThere;
}

export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
  /** Starts the process again on the same port, empty. */
  start(): Promise<void>;
  /** Ends the process as a crash would. */
  kill(): Promise<void>;
  /** Stops (true) the process without closing its connections, or lets it go on (false). */
  setFrozen(isFrozen: boolean): void;
  /** A command to the server, past the code under test. */
  command(name: string, ...args: readonly string[]): Promise<unknown>;
}

export interface RedisServerOptions {
  /** Arguments of redis-server on top of the usual ones. */
  readonly args?: readonly string[];
  /** Written to a configuration file that the server may rewrite. */
  readonly config?: string;
  /** How the test kit itself connects when the server asks for TLS or a password. */
  readonly client?: Omit<RedisOptions, 'replyMapping'>;
  readonly port?: number;
}

/** Starts a server that keeps nothing on disk. The caller disposes of it. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const port = options.port ?? (await findFreePort());
  const folder = await mkdtemp(join(tmpdir(), 'flowgrid-redis-'));
  const configFile = join(folder, 'redis.conf');
  let running: ChildProcess | undefined;
  const command: RedisServer['command'] = async (name, ...args) => {
    const client = new Redis(port, '127.0.0.1', {
      retryStrategy: null,
      lazyConnect: true,
      ...options.client,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  };
  const start = async (): Promise<void> => {
    await writeFile(configFile, options.config ?? '');
    const usual = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'no',
    ];
    running = spawn('redis-server', [configFile, ...usual, ...(options.args ?? [])], { stdio: 'ignore' });
    await until(`redis-server answers at ${port}`, () => command('PING').then(isPong, () => false));
  };
  const kill = async (): Promise<void> => {
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
  };
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    command,
    setFrozen: (isFrozen) => void running?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isPong(answer: unknown): boolean {
  return answer === 'PONG';
}
