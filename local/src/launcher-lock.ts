/** One launcher per folder. The lock is a socket that listens: unlike a pid file it cannot outlive its owner. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalError } from './local-error.ts';

const LONGEST_SOCKET_PATH = 100;
const ATTEMPTS = 3;

/** Takes the lock of the folder, or throws saying who has it. */
export async function takeLauncherLock(
  home: string,
  describe: () => Promise<string>,
): Promise<AsyncDisposable> {
  const path = socketPath(home);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const server = await tryListen(path);
    if (server !== undefined) return { [Symbol.asyncDispose]: () => close(server) };
    if (await isAnswered(path))
      throw new LocalError(`Flowgrid is already running in ${home}. ${await describe()}`);
    await rm(path, { force: true });
  }
  throw new LocalError(`The launcher's lock ${path} cannot be taken.`);
}

export function socketPath(home: string): string {
  const path = join(home, 'launcher.sock');
  if (path.length <= LONGEST_SOCKET_PATH) return path;
  return join(tmpdir(), `flowgrid-${createHash('sha256').update(home).digest('hex').slice(0, 16)}.sock`);
}

async function tryListen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.end());
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>();
  server.once('error', (error) => {
    if ('code' in error && error.code === 'EADDRINUSE') resolve(undefined);
    else
      reject(new LocalError(`The launcher cannot make its lock ${path}: ${error.message}`, { cause: error }));
  });
  server.listen(path, () => resolve(server));
  server.unref();
  return promise;
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await closed;
}
