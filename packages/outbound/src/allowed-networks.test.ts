import { expect, it } from 'vitest';
import { isReachableAddress, parseAllowedNetworks } from './allowed-networks.ts';
import { findUrlProblem } from './url-rules.ts';

const read = (list: string): ReturnType<typeof parseAllowedNetworks> & object => {
  const networks = parseAllowedNetworks(list);
  if (networks === null) throw new Error('not read');
  return networks;
};

it.each([
  ['10.20.0.0/16', '10.20.255.254', true],
  ['10.20.0.0/16', '::ffff:10.20.0.5', true],
  ['10.20.0.0/16', '10.21.0.1', false],
  ['10.20.0.5/32', '10.20.0.5', true],
  [' 10.20.0.0/16 , fd12:3456::/32,', 'fd12:3456::1', true],
  ['fd12:3456::/32', 'fd12:3457::1', false],
  ['', '10.20.0.5', false],
  ['', '8.8.8.8', true],
  ['10.0.0.0/8', '8.8.8.8', true],
  // Metadata services stay out of reach in every network.
  ['0.0.0.0/0,::/0', '169.254.169.254', false],
  ['0.0.0.0/0,::/0', '::ffff:169.254.169.254', false],
  ['0.0.0.0/0,::/0', '168.63.129.16', false],
  ['0.0.0.0/0,::/0', 'fd00:ec2::254', false],
  ['0.0.0.0/0,::/0', '64:ff9b::a9fe:a9fe', false],
  ['0.0.0.0/0,::/0', '2002:a9fe:a9fe::1', false],
  ['0.0.0.0/0,::/0', '127.0.0.1', true],
])('with %j %s may be reached: %s', (list, address, expected) => {
  expect(isReachableAddress(address, read(list))).toBe(expected);
});

it.each([
  '10.20.0.0',
  '10.20.0.0/33',
  'fd12::/129',
  '10.20/16',
  'jira.corp/16',
  '10.20.0.0/16;10.21.0.0/16',
  '/8',
  'fe80::1%eth0/64',
])('%j is no list of networks', (list) => {
  expect(parseAllowedNetworks(list)).toBeNull();
});

it.each([
  ['https://10.20.0.5/jira', null],
  ['https://jira.corp/', null],
  ['http://10.20.0.5/', 'The address must begin with https://.'],
  ['https://10.20.0.5:8443/', 'The server must be reached at port 443.'],
  ['https://10.21.0.5/', 'The server must have a public internet address.'],
])('an allowed network opens its servers by https alone: %s', (url, expected) => {
  const reach = { hosts: [], networks: read('10.20.0.0/16') };

  expect(findUrlProblem(new URL(url), reach)).toBe(expected);
});
