import { isIP } from 'node:net';

/** Who is meant by a client address: an IPv4 address, or the /64 that one holder of IPv6 addresses has. */
export function networkOf(clientAddress: string | null): string {
  const address = clientAddress?.trim() ?? '';
  switch (isIP(address)) {
    case 4:
      return address;
    case 6:
      return ipv6NetworkOf(address);
    default:
      return 'unknown';
  }
}

function ipv6NetworkOf(address: string): string {
  const [bare = ''] = address.split('%');
  const { hostname } = new URL(`http://[${bare}]`);
  const groups = toGroups(hostname.slice(1, -1));
  const isMappedIpv4 = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMappedIpv4) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of a canonical IPv6 address. */
function toGroups(canonical: string): number[] {
  const [head = '', tail = ''] = canonical.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
}
