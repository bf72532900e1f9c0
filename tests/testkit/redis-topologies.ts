/** More than one redis-server: a master with a replica under a Sentinel, a cluster of three, and a server behind TLS. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../local/src/index.ts';
import { startRedis, type RedisServer } from './redis.ts';
import { until } from './wait.ts';

const SLOTS = 16_384;
const NODES = 3;

export interface SentinelGroup extends AsyncDisposable {
  /** Of the Sentinel and its master, in the form of `REDIS_URL`. */
  readonly url: string;
  readonly master: RedisServer;
  readonly replica: RedisServer;
}

/** One Sentinel is enough to decide here; a real installation has three. */
export async function startSentinelGroup(): Promise<SentinelGroup> {
  await using stack = new AsyncDisposableStack();
  const quickly = ['--repl-diskless-sync-delay', '0'];
  const master = stack.use(await startRedis({ args: quickly }));
  const replica = stack.use(
    await startRedis({ args: [...quickly, '--replicaof', `127.0.0.1 ${master.port}`] }),
  );
  const sentinel = stack.use(
    await startRedis({
      args: ['--sentinel'],
      config: [
        `sentinel monitor flowgrid 127.0.0.1 ${master.port} 1`,
        'sentinel down-after-milliseconds flowgrid 500',
        'sentinel failover-timeout flowgrid 2000',
      ].join('\n'),
    }),
  );
  await until('the Sentinel knows the replica', async () =>
    String(await sentinel.command('SENTINEL', 'REPLICAS', 'flowgrid')).includes(String(replica.port)),
  );
  await until('the replica follows', async () =>
    String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
  );
  const owned = stack.move();
  return {
    url: `redis+sentinel://127.0.0.1:${sentinel.port}/flowgrid`,
    master,
    replica,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface RedisCluster extends AsyncDisposable {
  readonly url: string;
  readonly nodes: readonly RedisServer[];
}

export async function startCluster(): Promise<RedisCluster> {
  await using stack = new AsyncDisposableStack();
  const nodes: { readonly server: RedisServer; readonly busPort: number }[] = [];
  for (let index = 0; index < NODES; index += 1) {
    const busPort = await findFreePort();
    const args = [
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      String(busPort),
      '--cluster-node-timeout',
      '1000',
    ];
    nodes.push({ server: stack.use(await startRedis({ args })), busPort });
  }
  for (const [index, { server, busPort }] of nodes.entries()) {
    const [from, to] = [index, index + 1].map((part) => Math.floor((SLOTS * part) / NODES));
    await server.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(Number(to) - 1));
    await nodes[0]?.server.command('CLUSTER', 'MEET', '127.0.0.1', String(server.port), String(busPort));
  }
  for (const { server } of nodes) {
    await until('the cluster has formed', async () => {
      const info = String(await server.command('CLUSTER', 'INFO'));
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${NODES}`);
    });
  }
  const owned = stack.move();
  return {
    url: `redis+cluster://${nodes.map(({ server }) => `127.0.0.1:${server.port}`).join(',')}`,
    nodes: nodes.map(({ server }) => server),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface TlsRedis extends AsyncDisposable {
  readonly url: string;
  /** The certificate of the authority that a client has to trust, in PEM. */
  readonly ca: string;
}

/** A server that speaks TLS alone, with a certificate for 127.0.0.1 by an authority that nobody knows. */
export async function startTlsRedis(): Promise<TlsRedis> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'flowgrid-redis-tls-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await makeCertificates(folder);
  const ca = await readFile(join(folder, 'ca.crt'), 'utf8');
  const port = await findFreePort();
  const files = ['cert-file', 'server.crt', 'key-file', 'server.key', 'ca-cert-file', 'ca.crt'];
  const args = files.map((text, index) => (index % 2 === 0 ? `--tls-${text}` : join(folder, text)));
  const server = stack.use(
    await startRedis({
      port,
      args: ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', ...args],
      client: { tls: { ca } },
    }),
  );
  const owned = stack.move();
  return {
    url: `rediss://127.0.0.1:${server.port}`,
    ca,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function makeCertificates(folder: string): Promise<void> {
  await writeFile(join(folder, 'server.ext'), 'subjectAltName=IP:127.0.0.1\n');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(folder, [
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '1',
    '-subj',
    '/CN=test',
  ]);
  openssl(folder, ['req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=redis']);
  const signing = [
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-extfile',
    'server.ext',
    '-days',
    '1',
  ];
  openssl(folder, ['x509', '-req', '-in', 'server.csr', ...signing, '-out', 'server.crt']);
}

function openssl(folder: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
}
