export { parseAllowedHosts, type AllowedHost } from './allowed-hosts.ts';
export { createOutbound, type Outbound, type OutboundFetch, type OutboundOptions } from './outbound-fetch.ts';
export { parseAllowedNetworks, type AllowedNetworks } from './allowed-networks.ts';
export { outboundEnv, toOutboundReach } from './outbound-env.ts';
export { OutboundError, toOutboundError, type OutboundReason } from './outbound-error.ts';
export type { OutboundHead, OutboundRequest } from './send-request.ts';
