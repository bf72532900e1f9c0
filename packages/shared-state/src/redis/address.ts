/** Where Redis is, by one address: a single server, a master that Sentinels watch, or a cluster. */
import { z } from 'zod';

export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

interface Credentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isTls: boolean;
}

export type RedisAddress = Credentials &
  (
    | { readonly kind: 'single'; readonly host: RedisHost; readonly db: number }
    | {
        readonly kind: 'sentinel';
        readonly sentinels: readonly RedisHost[];
        readonly master: string;
        readonly db: number;
        readonly sentinelUsername: string | undefined;
        readonly sentinelPassword: string | undefined;
      }
    | { readonly kind: 'cluster'; readonly nodes: readonly RedisHost[] }
  );

const ADDRESS =
  /^(?<tls>redis|rediss)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<credentials>[^@/?#]*)@)?(?<hosts>[^@/?#]+)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/;
const HOST = /^(?<host>\[[\da-f:.]+\]|[^:[\]\s]+)(?::(?<port>\d{1,5}))?$/i;
const MASTER_PATH = /^(?<master>[\w.-]+)(?:\/(?<db>\d{1,5}))?$/;
const SENTINEL_OPTIONS = new Set(['sentinelUsername', 'sentinelPassword']);
const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

const FORMS =
  'must be redis[s]://[user:password@]host[:port][/db], redis[s]+sentinel://host[:port],.../master[/db] or redis[s]+cluster://host[:port],...';

/**
 * Reads an address.
 * @throws Error without the address, which may carry a password.
 */
export function parseRedisAddress(text: string): RedisAddress {
  const parts = ADDRESS.exec(text)?.groups;
  if (!parts) throw new Error(FORMS);
  const path = parts['path'] ?? '';
  const credentials = { ...readCredentials(parts['credentials']), isTls: parts['tls'] === 'rediss' };
  const hosts = (port: number): RedisHost[] =>
    (parts['hosts'] ?? '').split(',').map((host) => readHost(host, port));
  if (parts['kind'] !== 'sentinel' && parts['query'] !== undefined) throw new Error(FORMS);
  if (parts['kind'] === 'cluster') {
    // A cluster has database 0 alone.
    if (path !== '') throw new Error(FORMS);
    return { kind: 'cluster', nodes: hosts(REDIS_PORT), ...credentials };
  }
  if (parts['kind'] === 'sentinel') {
    const named = MASTER_PATH.exec(path)?.groups;
    if (!named) throw new Error(FORMS);
    const query = new URLSearchParams(parts['query']);
    if ([...query.keys()].some((name) => !SENTINEL_OPTIONS.has(name))) throw new Error(FORMS);
    return {
      kind: 'sentinel',
      sentinels: hosts(SENTINEL_PORT),
      master: named['master'] ?? '',
      db: Number(named['db'] ?? 0),
      sentinelUsername: query.get('sentinelUsername') ?? undefined,
      sentinelPassword: query.get('sentinelPassword') ?? undefined,
      ...credentials,
    };
  }
  const [host, ...more] = hosts(REDIS_PORT);
  if (!host || more.length > 0 || !/^\d{0,5}$/.test(path)) throw new Error(FORMS);
  return { kind: 'single', host, db: Number(path), ...credentials };
}

/** An address that `parseRedisAddress` reads, kept as it is written. */
export const redisUrl = z.string().refine((text) => {
  try {
    parseRedisAddress(text);
    return true;
  } catch {
    // The message of the check names the forms.
    return false;
  }
}, FORMS);

function readCredentials(text: string | undefined): Omit<Credentials, 'isTls'> {
  if (text === undefined) return { username: undefined, password: undefined };
  const [username = '', ...rest] = text.split(':');
  const password = rest.join(':');
  return {
    username: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(password) || undefined,
  };
}

function readHost(text: string, defaultPort: number): RedisHost {
  const parts = HOST.exec(text)?.groups;
  const port = Number(parts?.['port'] ?? defaultPort);
  if (!parts || port < 1 || port > 65_535) throw new Error(FORMS);
  return { host: (parts['host'] ?? '').replace(/^\[|\]$/g, ''), port };
}
