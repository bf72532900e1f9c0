/** Looks names up so that a name server which never answers holds up nobody but who asks for its name. */
import { lookup, type LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { promisify } from 'node:util';
import { plainHostname, type AllowedHost } from './allowed-hosts.ts';
import type { Resolve } from './guarded-connect.ts';

const TIMEOUT_MS = 1_500;
/** The second one waits for twice as long: both are over before a connection is given up. */
const TRIES = 2;
/** After so long the system's name servers are read anew: a machine may have come to another network. */
const SERVERS_KEPT_MS = 60_000;

const lookupAll = promisify(lookup);

/**
 * The system's own lookup, which knows the hosts file and search domains as well, has two threads for the whole process: two
 * names of a server that is silent would stop the lookups of everybody. So it is for the names that the operator has listed.
 */
export function createResolve(listed: readonly AllowedHost[]): Resolve {
  const names = new Set(listed.map(({ hostname }) => hostname));
  const askNameServers = createNameServerResolve();
  return async (hostname) =>
    names.has(plainHostname(hostname))
      ? lookupAll(hostname, { all: true, verbatim: true })
      : askNameServers(hostname);
}

/** Asks name servers, those of the system if none are given, from sockets that wait beside each other. */
export function createNameServerResolve(
  options: { readonly servers?: readonly string[]; readonly timeoutMs?: number } = {},
): Resolve {
  const open = (): Resolver => {
    const opened = new Resolver({ timeout: options.timeoutMs ?? TIMEOUT_MS, tries: TRIES });
    if (options.servers !== undefined) opened.setServers(options.servers);
    return opened;
  };
  let resolver = open();
  let keptUntil = performance.now() + SERVERS_KEPT_MS;
  return async (hostname) => {
    if (performance.now() > keptUntil) {
      resolver = open();
      keptUntil = performance.now() + SERVERS_KEPT_MS;
    }
    const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const found: LookupAddress[] = [
      ...(ipv4.status === 'fulfilled' ? ipv4.value.map((address) => ({ address, family: 4 })) : []),
      ...(ipv6.status === 'fulfilled' ? ipv6.value.map((address) => ({ address, family: 6 })) : []),
    ];
    // That one kind is unknown means nothing where the other is there.
    if (found.length === 0 && ipv4.status === 'rejected') throw ipv4.reason;
    return found;
  };
}
