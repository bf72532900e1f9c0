/** The real nginx with the shipped nginx.conf; only what differs between installations is written for the test. */
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { accessSync, chownSync, constants, cpSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { findFreePort, startWatchdog } from '../../local/src/index.ts';
import { until } from '../testkit/wait.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const UPSTREAMS = ['router', 'auth', 'agents', 'design', 'integrations'] as const;
export type Upstream = (typeof UPSTREAMS)[number];

/** Host names that the edge of a test serves; everything else is unknown to it. */
export const HOSTS = ['localhost', '127.0.0.1', 'flowgrid.test'];

/** Nobody: what the edge may not do as root, it must not need. */
const UNPRIVILEGED = 65_534;

export interface EdgeOptions {
  /** Base addresses of every replica. A service that is left out has one where nothing listens. */
  readonly upstreams: Readonly<Partial<Record<Upstream, readonly string[]>>>;
  /** Instead of deploy/nginx/site/limits.conf. */
  readonly limits?: string;
}

export interface Edge extends AsyncDisposable {
  /** Address by HTTPS, and by plain HTTP. */
  readonly url: string;
  readonly port: number;
  readonly httpPort: number;
  readonly certificate: string;
  /** Process id of the master. */
  readonly pid: number;
  /** Where it writes everything that it writes. */
  readonly folder: string;
  /** Every line of the access log so far. */
  log(): readonly LogLine[];
  /** The access log and the error log as text. */
  written(): string;
  /** The error log alone. */
  errors(): string;
  /** The line of a request; waits for it. */
  lineOf(requestId: string): Promise<LogLine>;
  /** Writes other addresses, or the same again, and reloads; resolves when new workers have taken over. */
  reload(upstreams?: EdgeOptions['upstreams']): Promise<void>;
}

const logLineModel = z.object({
  time: z.string(),
  name: z.literal('edge'),
  requestId: z.string(),
  traceId: z.string(),
  clientTraceId: z.string(),
  address: z.string(),
  method: z.string(),
  host: z.string(),
  path: z.string(),
  protocol: z.string(),
  tls: z.string(),
  status: z.number(),
  bytes: z.number(),
  received: z.number(),
  seconds: z.number(),
  limited: z.string(),
  upstream: z.string(),
  upstreamStatus: z.string(),
  upstreamConnectSeconds: z.string(),
  upstreamHeaderSeconds: z.string(),
  upstreamSeconds: z.string(),
  userAgent: z.string(),
});
export type LogLine = z.output<typeof logLineModel>;

/**
 * Where nginx is installed; null, with the reason printed, where it or OpenSSL is not, or the system is another than Linux:
 * the tests ask from many loopback addresses, which only Linux has.
 * @throws Error under CI, where tests that are quietly left out would pass for tests that hold.
 */
export function findNginx(): string | null {
  // Debian installs it where the PATH of an ordinary user does not look.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const find = (name: string): string | undefined =>
    folders.map((folder) => join(folder, name)).find(isExecutable);
  const found = find('nginx');
  if (found !== undefined && find('openssl') !== undefined && process.platform === 'linux') return found;
  const reason = 'tests/edge need Linux with nginx and openssl on the PATH (Debian: nginx, openssl)';
  if (process.env['CI'] === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return null;
}

/** Starts nginx as an unprivileged user that may write to one folder only. The caller owns the result. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const binary = findNginx();
  if (binary === null) throw new Error('nginx is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'flowgrid-edge-'));
  const [port, httpPort] = await Promise.all([findFreePort(), findFreePort()]);
  await writeConfiguration(folder, { ...options, port, httpPort });
  makeCertificate(join(folder, 'conf/tls'));
  const [out, err] = [openLog(folder, 'out.log'), openLog(folder, 'err.log')];
  const child = spawn(
    binary,
    ['-p', join(folder, 'run/'), '-c', join(folder, 'conf/nginx.conf'), '-e', 'stderr'],
    {
      stdio: ['ignore', out, err],
      ...(isRoot() && { uid: UNPRIVILEGED, gid: UNPRIVILEGED }),
    },
  );
  const watchdog = startWatchdog();
  if (child.pid !== undefined) {
    watchdog.watch({
      pid: child.pid,
      signal: 'SIGTERM',
      graceMs: 2_000,
      stage: 1,
      isGroup: false,
      removeDirectory: folder,
    });
  }
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const errors = (): string => read('err.log');
  const written = (): string => `${read('out.log')}${errors()}`;
  const log = (): readonly LogLine[] =>
    read('out.log')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => logLineModel.parse(JSON.parse(line)));
  await until('nginx listens', async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${written()}`);
    return (await fetch(`http://127.0.0.1:${httpPort}/livez`).catch(() => null))?.ok;
  });
  const pid = pidOf(child);
  return {
    url: `https://localhost:${port}`,
    port,
    httpPort,
    certificate: readFileSync(join(folder, 'conf/tls/tls.crt'), 'utf8'),
    pid,
    folder,
    log,
    written,
    errors,
    lineOf: (requestId) =>
      until(`a log line of ${requestId}`, () => log().find((line) => line.requestId === requestId)),
    reload: async (upstreams) => {
      const before = workersOf(pid);
      if (upstreams) await writeConfiguration(folder, { ...options, upstreams, port, httpPort });
      process.kill(pid, 'SIGHUP');
      await until('new workers', () => {
        const now = workersOf(pid);
        return now.filter((worker) => !before.includes(worker)).length >= before.length;
      });
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await exited;
      watchdog.forget(pid);
      await watchdog[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('nginx did not start');
  return pid;
}

/** The worker processes of a master. */
export function workersOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child !== '')
    .map(Number);
}

async function writeConfiguration(
  folder: string,
  { upstreams, limits, port, httpPort }: EdgeOptions & { readonly port: number; readonly httpPort: number },
): Promise<void> {
  const conf = join(folder, 'conf');
  const site = join(conf, 'edge/site');
  await mkdir(join(folder, 'run'), { recursive: true });
  await mkdir(site, { recursive: true });
  if (isRoot()) chownSync(join(folder, 'run'), UNPRIVILEGED, UNPRIVILEGED);
  // The folder of mkdtemp is closed to others; nginx runs as one of them.
  await chmod(folder, 0o755);
  // Copies, because the checkout may lie where only its owner looks; nothing in them is changed.
  await copyFile(join(ROOT, 'nginx.conf'), join(conf, 'nginx.conf'));
  cpSync(join(ROOT, 'deploy/nginx/snippets'), join(conf, 'edge/snippets'), { recursive: true });
  const hosts = HOSTS.map((host) => `${host} ${host}:${port};`).join('\n');
  const files = {
    'listen-http.conf': `listen 127.0.0.1:${httpPort} default_server;`,
    'listen-https.conf': `listen 127.0.0.1:${port} ssl http2 default_server;`,
    'hosts.conf': hosts,
    'limits.conf': limits ?? readFileSync(join(ROOT, 'deploy/nginx/site/limits.conf'), 'utf8'),
    'upstreams.conf': withAddresses(upstreams),
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(site, name), text)));
}

/** The shipped upstreams, each server line once per replica. */
function withAddresses(upstreams: EdgeOptions['upstreams']): string {
  const shipped = readFileSync(join(ROOT, 'deploy/nginx/site/upstreams.conf'), 'utf8');
  return shipped.replaceAll(/^ *server (\w+):\d+(.*)$/gm, (_line, name: Upstream, rest: string) =>
    (upstreams[name] ?? ['http://127.0.0.1:1'])
      .map((url) => `  server ${new URL(url).host}${rest}`)
      .join('\n'),
  );
}

function makeCertificate(folder: string): void {
  execFileSync('sh', [join(ROOT, 'deploy/nginx/make-certificate.sh'), folder, 'flowgrid.test'], {
    stdio: 'ignore',
  });
}

function openLog(folder: string, name: string): number {
  const file = join(folder, name);
  const descriptor = openSync(file, 'a');
  // nginx opens /dev/stdout anew, as the user that it runs as.
  if (isRoot()) chownSync(file, UNPRIVILEGED, UNPRIVILEGED);
  return descriptor;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there, or not to be run: the next folder is looked at.
    return false;
  }
}
