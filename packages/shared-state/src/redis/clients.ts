/** Makes ioredis clients for an address: one that reconnects for commands, and one per attempt for subscriptions. */
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress, RedisHost } from './address.ts';

/** Longest answer to a command. Redis answers within a millisecond; the rest is for a process that is busy itself. */
const COMMAND_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** A connection that gives no data for so long with a command waiting is cut, and opened anew. */
const SOCKET_TIMEOUT_MS = 3_000;
/** A cluster that was rearranged is noticed by redirections too; this finds new nodes in quiet times. */
const SLOTS_REFRESH_MS = 10_000;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2_000;

/** Exponential, half of it by chance: processes that lost Redis together do not come back together. */
export function retryDelayMs(attempt: number): number {
  const ceiling = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt, 10), MAX_RETRY_MS);
  return Math.round(ceiling / 2 + (Math.random() * ceiling) / 2);
}

/** Without the option by which ioredis chooses among its types. */
type ServerOptions = Omit<RedisOptions, 'replyMapping'>;
type SharedOptions = Omit<
  ServerOptions,
  | 'host'
  | 'port'
  | 'path'
  | 'sentinels'
  | 'retryStrategy'
  | 'enableOfflineQueue'
  | 'readOnly'
  | 'himportFieldsets'
>;

function sharedOptions({ username, password, isTls }: RedisAddress): SharedOptions {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(isTls && { tls: {} }),
    connectionName: 'flowgrid',
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    // What was under way when the connection broke fails at once; the caller knows how to go on without.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  };
}

/** The client for commands. It connects by itself for as long as it is not disconnected. */
export function createCommandClient(address: RedisAddress): Redis | Cluster {
  const shared = { ...sharedOptions(address), autoResubscribe: false };
  if (address.kind === 'cluster') {
    return new Cluster([...address.nodes], {
      enableOfflineQueue: false,
      clusterRetryStrategy: retryDelayMs,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      slotsRefreshInterval: SLOTS_REFRESH_MS,
      // Certificates name hosts, so the names that the address has are not resolved before.
      ...(address.isTls && { dnsLookup: (host, done) => done(null, host) }),
      redisOptions: shared,
    });
  }
  return new Redis({
    ...shared,
    ...serverOptions(address),
    enableOfflineQueue: false,
    retryStrategy: retryDelayMs,
    // A master that a failover made a replica refuses writes; the new one is found by connecting again.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  });
}

/** A client for subscriptions that connects once, when it is told to. `known` are the nodes that a cluster is found at. */
export function createSubscriberClient(
  address: RedisAddress,
  known: readonly RedisHost[],
  attempt: number,
): Redis {
  const once = { lazyConnect: true, retryStrategy: null, autoResubscribe: false } as const;
  const shared = sharedOptions(address);
  if (address.kind !== 'cluster') {
    return new Redis({ ...shared, ...serverOptions(address), ...once, sentinelRetryStrategy: () => null });
  }
  // Announcements reach every node of a cluster: one that answers is enough.
  const nodes = known.length > 0 ? known : address.nodes;
  const node = nodes[attempt % nodes.length];
  return new Redis({ ...shared, ...node, ...once });
}

function serverOptions(address: Extract<RedisAddress, { kind: 'single' | 'sentinel' }>): ServerOptions {
  if (address.kind === 'single') return { ...address.host, db: address.db };
  const { sentinels, master, sentinelUsername, sentinelPassword, isTls, db } = address;
  return {
    sentinels: [...sentinels],
    name: master,
    db,
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    ...(isTls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
    sentinelRetryStrategy: retryDelayMs,
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
  };
}
