/** Networks that the operator opens to requests of tenants, beside the public internet. */
import { isIP, isIPv4 } from 'node:net';
import { blockList, classifyAddress } from './addresses.ts';

/** Says whether an address lies in one of the networks. */
export type AllowedNetworks = (address: string) => boolean;

export const NO_NETWORKS: AllowedNetworks = () => false;

/** Reads a comma list of networks such as `10.20.0.0/16` or `fd12:3456::/32`. Null when an entry is none. */
export function parseAllowedNetworks(list: string): AllowedNetworks | null {
  const entries = list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (!entries.every(isNetwork)) return null;
  const networks = blockList(
    entries.filter((entry) => !entry.includes(':')),
    entries.filter((entry) => entry.includes(':')),
  );
  return (address) => networks.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

function isNetwork(entry: string): boolean {
  const [, network = '', prefix = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const version = isIP(network);
  return version !== 0 && prefix !== '' && Number(prefix) <= (version === 4 ? 32 : 128);
}

/** Public addresses, and private ones in an allowed network; what is forbidden stays so in every network. */
export function isReachableAddress(address: string, networks: AllowedNetworks): boolean {
  const kind = classifyAddress(address);
  return kind === 'public' || (kind === 'private' && networks(address));
}
