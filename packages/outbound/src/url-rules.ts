/** What the text of an address must look like before anything is connected. */
import { isIP } from 'node:net';
import { classifyAddress } from './addresses.ts';
import { isAllowedHost, plainHostname, type AllowedHost } from './allowed-hosts.ts';

/** Says what is wrong with an address, or null. The URL parser has already turned every notation of an IP into one. */
export function findUrlProblem(url: URL, allowed: readonly AllowedHost[]): string | null {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'The address must begin with https://.';
  if (url.username !== '' || url.password !== '')
    return 'The address must not contain a user name or a password.';
  if (url.hostname === '') return 'The address names no server.';
  if (isAllowedHost(allowed, url)) return null;
  if (url.protocol === 'http:') return 'The address must begin with https://.';
  if (url.port !== '') return 'The server must be reached at port 443.';
  const hostname = plainHostname(url.hostname);
  if (isIP(hostname) !== 0 && classifyAddress(hostname) !== 'public')
    return 'The server must have a public internet address.';
  return null;
}
