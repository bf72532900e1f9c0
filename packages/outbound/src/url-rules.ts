/** What the text of an address must look like before anything is connected. */
import { isIP } from 'node:net';
import { classifyAddress } from './addresses.ts';
import { isAllowedHost, plainHostname, type AllowedHost } from './allowed-hosts.ts';
import { isReachableAddress, type AllowedNetworks } from './allowed-networks.ts';

/** What the operator opens beside the public internet. */
export interface Reach {
  readonly hosts: readonly AllowedHost[];
  readonly networks: AllowedNetworks;
}

/** Says what is wrong with an address, or null. The URL parser has already turned every notation of an IP into one. */
export function findUrlProblem(url: URL, reach: Reach): string | null {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'The address must begin with https://.';
  if (url.username !== '' || url.password !== '')
    return 'The address must not contain a user name or a password.';
  const hostname = plainHostname(url.hostname);
  if (hostname === '') return 'The address names no server.';
  const isLiteral = isIP(hostname) !== 0;
  if (isAllowedHost(reach.hosts, url))
    return isLiteral && classifyAddress(hostname) === 'forbidden' ? NOT_PUBLIC : null;
  if (url.protocol === 'http:') return 'The address must begin with https://.';
  if (url.port !== '') return 'The server must be reached at port 443.';
  return isLiteral && !isReachableAddress(hostname, reach.networks) ? NOT_PUBLIC : null;
}

const NOT_PUBLIC = 'The server must have a public internet address.';
