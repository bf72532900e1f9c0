/** The variables by which an operator says what requests of tenants may reach. */
import { z } from 'zod';
import { parseAllowedHosts, type AllowedHost } from './allowed-hosts.ts';
import { parseAllowedNetworks, type AllowedNetworks } from './allowed-networks.ts';

/** To be spread into the model of a process that sends such requests. */
export const outboundEnv = {
  OUTBOUND_ALLOW_HOSTS: z
    .string()
    .default('')
    .transform((list, context) => {
      const hosts = parseAllowedHosts(list);
      if (hosts !== null) return hosts;
      context.addIssue('must be a comma list of host or host:port');
      return z.NEVER;
    })
    .describe('`host` or `host:port`, by comma, that tenants may reach by http and at private addresses.'),
  OUTBOUND_ALLOW_NETWORKS: z
    .string()
    .default('')
    .transform((list, context) => {
      const networks = parseAllowedNetworks(list);
      if (networks !== null) return networks;
      context.addIssue('must be a comma list of networks such as 10.20.0.0/16');
      return z.NEVER;
    })
    .describe('Private networks, by comma, whose servers tenants may reach by https: `10.20.0.0/16`.'),
  OUTBOUND_PROXY: z
    .url({ protocol: /^https?$/, error: 'must be http://[user:password@]host[:port]' })
    .transform((address) => new URL(address))
    .optional()
    .describe(
      'A proxy (CONNECT) for requests of tenants. It looks their names up, so it must refuse private addresses itself.',
    ),
};

/** What createOutbound takes of it. */
export function toOutboundReach(env: {
  readonly OUTBOUND_ALLOW_HOSTS: readonly AllowedHost[];
  readonly OUTBOUND_ALLOW_NETWORKS: AllowedNetworks;
  readonly OUTBOUND_PROXY?: URL | undefined;
}): {
  readonly allowed: readonly AllowedHost[];
  readonly networks: AllowedNetworks;
  readonly proxy: URL | null;
} {
  return {
    allowed: env.OUTBOUND_ALLOW_HOSTS,
    networks: env.OUTBOUND_ALLOW_NETWORKS,
    proxy: env.OUTBOUND_PROXY ?? null,
  };
}
