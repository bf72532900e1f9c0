import { isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/**
 * What is counted as one sender: an IPv4 address, or the /64 of an IPv6 address. Whoever has one IPv6 address has 2^64 of them, and
 * could ask from a new one each time.
 */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%');
  const mapped = MAPPED.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  const [left = '', right] = plain.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  // The last 32 bits may be written as IPv4; they are no part of the network, but they count as two groups.
  const missing = GROUPS - head.length - tail.length - (plain.includes('.') ? 1 : 0);
  const groups = [...head, ...Array.from({ length: right === undefined ? 0 : missing }, () => '0'), ...tail];
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
