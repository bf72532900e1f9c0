/** Which network addresses a tenant's request may reach. */
import { BlockList, isIP } from 'node:net';

/**
 * `public`: anyone may. `private`: only hosts and networks that the operator allows.
 * `forbidden`: nobody; metadata services hand out the platform's own identity.
 */
export type AddressClass = 'public' | 'private' | 'forbidden';

const FORBIDDEN_IPV4 = [
  '0.0.0.0/8',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '192.0.0.192/32',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

const FORBIDDEN = blockList(FORBIDDEN_IPV4, [
  '::/128',
  'fe80::/10',
  'ff00::/8',
  // The clouds' metadata services by IPv6.
  'fd00:ec2::/32',
  'fd20:ce::/32',
  // What hides an IPv4 address where it cannot be read without knowing more: Teredo, and NAT64 of a network's own.
  '2001::/32',
  '64:ff9b:1::/48',
  ...FORBIDDEN_IPV4.flatMap(toTranslated),
]);

const PRIVATE = blockList(
  [
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
  ],
  // Parts of the global unicast space that are not the public internet: protocol assignments,
  // documentation, and 6to4, which carries any IPv4 address within.
  ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
);

const MAPPED_IPV4 = blockList([], ['::ffff:0:0/96']);
/** Everything else in IPv6 is refused unseen: ::1, unique local, NAT64 and what will be assigned some day. */
const GLOBAL_UNICAST = blockList([], ['2000::/3']);

/** Class of an address in its canonical text; anything that is not one is forbidden. */
export function classifyAddress(address: string): AddressClass {
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return 'forbidden';
  const family = version === 4 ? 'ipv4' : 'ipv6';
  // A BlockList also holds its IPv4 rules against IPv4 addresses that are mapped into IPv6.
  if (FORBIDDEN.check(address, family)) return 'forbidden';
  if (PRIVATE.check(address, family)) return 'private';
  if (version === 4 || MAPPED_IPV4.check(address, 'ipv6')) return 'public';
  return GLOBAL_UNICAST.check(address, 'ipv6') ? 'public' : 'private';
}

/** The subnet as it looks within IPv4-compatible addresses, NAT64 and 6to4: gateways lead from there to the IPv4 address. */
function toTranslated(subnet: string): string[] {
  const [network = '', prefix = ''] = subnet.split('/');
  const [a = 0, b = 0, c = 0, d = 0] = network.split('.').map(Number);
  const [high, low] = [a * 256 + b, c * 256 + d].map((part) => part.toString(16));
  return [
    `::${high}:${low}/${96 + Number(prefix)}`,
    `64:ff9b::${high}:${low}/${96 + Number(prefix)}`,
    `2002:${high}:${low}::/${16 + Number(prefix)}`,
  ];
}

/** Rules by subnets such as `10.0.0.0/8`. */
export function blockList(ipv4: readonly string[], ipv6: readonly string[]): BlockList {
  const list = new BlockList();
  for (const [family, subnets] of [
    ['ipv4', ipv4],
    ['ipv6', ipv6],
  ] as const) {
    for (const subnet of subnets) {
      const [network = '', prefix = ''] = subnet.split('/');
      list.addSubnet(network, Number(prefix), family);
    }
  }
  return list;
}
