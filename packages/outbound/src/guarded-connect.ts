/** Connects to checked addresses only: the lookup that checks is the lookup that connects, so nothing can change between. */
import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import { buildConnector } from 'undici';
import { classifyAddress } from './addresses.ts';
import { isAllowedHost, plainHostname } from './allowed-hosts.ts';
import { isReachableAddress } from './allowed-networks.ts';
import { OutboundError } from './outbound-error.ts';
import type { Reach } from './url-rules.ts';

/** Resolves a name to all its addresses. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** A lookup that fails when any address of the name may not be reached: a mixed answer is an attack, not a choice. */
export function createGuardedLookup(
  resolve: Resolve,
  isReachable: (address: string) => boolean,
): LookupFunction {
  return (hostname, options, callback) => {
    const check = async (): Promise<readonly [LookupAddress, ...LookupAddress[]]> => {
      const addresses = await resolve(hostname);
      const [first, ...others] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isReachable(address)))
        throw new OutboundError('UNREACHABLE_ADDRESS');
      return [first, ...others];
    };
    callbackify(check)((error, addresses) => {
      if (error) callback(toUnreachable(error), []);
      else if (options.all === true) callback(null, [...addresses]);
      else callback(null, addresses[0].address, addresses[0].family);
    });
  };
}

function toUnreachable(cause: Error): OutboundError {
  return cause instanceof OutboundError ? cause : new OutboundError('UNREACHABLE_ADDRESS', { cause });
}

/** A connector for undici's dispatchers. A literal address is never looked up, so it is checked here. */
export function createGuardedConnector(options: {
  readonly reach: Reach;
  readonly resolve: Resolve;
  readonly timeoutMs: number;
}): buildConnector.connector {
  const connectTo = (isReachable: (address: string) => boolean): buildConnector.connector =>
    buildConnector({
      timeout: options.timeoutMs,
      lookup: createGuardedLookup(options.resolve, isReachable),
    });
  const { hosts, networks } = options.reach;
  const isOpen = (address: string): boolean => isReachableAddress(address, networks);
  const isNotForbidden = (address: string): boolean => classifyAddress(address) !== 'forbidden';
  const connectOpen = connectTo(isOpen);
  const connectAllowed = connectTo(isNotForbidden);
  return (target, callback) => {
    const isAllowed = isAllowedHost(hosts, target);
    const isReachable = isAllowed ? isNotForbidden : isOpen;
    const hostname = plainHostname(target.hostname);
    if (isIP(hostname) !== 0 && !isReachable(hostname)) {
      callback(new OutboundError('UNREACHABLE_ADDRESS'), null);
      return;
    }
    (isAllowed ? connectAllowed : connectOpen)(target, callback);
  };
}
