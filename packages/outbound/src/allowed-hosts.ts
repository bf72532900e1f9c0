/** Hosts that the operator opens to requests of tenants: on-premise servers, and servers of a test. */

/** An allowed host may be reached by http, at its port, and at a private address. */
export interface AllowedHost {
  readonly hostname: string;
  /** Null: the usual port of the protocol. */
  readonly port: string | null;
}

/** Reads a comma list of `host` or `host:port`. Null when an entry is neither. */
export function parseAllowedHosts(list: string): readonly AllowedHost[] | null {
  const entries = list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const hosts = entries.map((entry) => parseAllowedHost(entry));
  return hosts.every((host) => host !== null) ? hosts : null;
}

function parseAllowedHost(entry: string): AllowedHost | null {
  // `ws:` has http's default port and, unlike it, keeps this from being taken for an address to fetch.
  const url = URL.canParse(`ws://${entry}`) ? new URL(`ws://${entry}`) : null;
  if (url === null || url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '')
    return null;
  const port = /:(\d+)$/.exec(entry.replace(/^\[.*\]/, ''))?.[1] ?? null;
  return { hostname: plainHostname(url.hostname), port };
}

/** `port` is empty for the usual one of the protocol. */
export function isAllowedHost(
  allowed: readonly AllowedHost[],
  target: { readonly protocol: string; readonly hostname: string; readonly port: string },
): boolean {
  const hostname = plainHostname(target.hostname);
  const usual = target.protocol === 'https:' ? '443' : '80';
  const port = target.port === '' ? usual : target.port;
  return allowed.some((host) => host.hostname === hostname && (host.port ?? usual) === port);
}

/** Lower case, without the brackets of an IPv6 address and the dot of the DNS root. */
export function plainHostname(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
