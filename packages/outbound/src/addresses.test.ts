import { describe, expect, it } from 'vitest';
import { classifyAddress } from './addresses.ts';

const BLOCKED = {
  '0/8': ['0.0.0.0', '0.1.2.3'],
  '10/8': ['10.0.0.0', '10.255.255.255'],
  '100.64/10': ['100.64.0.1', '100.127.255.255'],
  '127/8': ['127.0.0.1', '127.255.255.254'],
  '169.254/16': ['169.254.169.254', '169.254.0.1'],
  '172.16/12': ['172.16.0.1', '172.31.255.255'],
  '192.0.0/24': ['192.0.0.1', '192.0.0.170'],
  '192.168/16': ['192.168.0.1', '192.168.255.255'],
  '198.18/15': ['198.18.0.1', '198.19.255.255'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  '224/4': ['224.0.0.1', '239.255.255.255'],
  '240/4': ['240.0.0.1', '255.255.255.255'],
  "Azure's wire server": ['168.63.129.16'],
  'unspecified and loopback': ['::', '::1'],
  'fc00::/7': ['fc00::1', 'fdff::1', 'fd00:ec2::254'],
  'fe80::/10': ['fe80::1', 'febf::1', 'fe80::1%eth0'],
  'ff00::/8': ['ff02::1'],
  'mapped IPv4': ['::ffff:127.0.0.1', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '::ffff:10.0.0.1'],
  'IPv4-compatible': ['::127.0.0.1', '::8.8.8.8'],
  'NAT64, 64:ff9b::/96': ['64:ff9b::a9fe:a9fe', '64:ff9b::8.8.8.8', '64:ff9b:1::1'],
  '6to4, 2002::/16': ['2002:7f00:1::', '2002:a9fe:a9fe::1'],
  Teredo: ['2001:0:7f00:1::1'],
  'what is no address': ['', 'localhost', '127.1', '0x7f.1', '2130706433', '1.2.3', '::ffff:1.2.3'],
} as const;

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '100.63.255.255',
  '100.128.0.1',
  '126.255.255.255',
  '128.0.0.1',
  '140.82.121.6',
  '168.63.129.17',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.1',
  '192.0.1.1',
  '198.17.255.255',
  '198.20.0.1',
  '223.255.255.255',
  '::ffff:8.8.8.8',
  '2606:50c0:8000::154',
  '2a00:1450:4001::200e',
];

describe('classifyAddress', () => {
  it.each(Object.entries(BLOCKED))('calls no address of %s public', (_range, addresses) => {
    const classes = addresses.map((address) => classifyAddress(address));

    expect(classes).not.toContain('public');
  });

  it.each(PUBLIC)('calls %s public', (address) => {
    expect(classifyAddress(address)).toBe('public');
  });

  it.each([
    '169.254.169.254',
    '168.63.129.16',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '0.0.0.0',
    'fe80::1',
  ])('forbids %s even to hosts that the operator allows', (address) => {
    expect(classifyAddress(address)).toBe('forbidden');
  });
});
