import { z } from 'zod';
import { MESSAGING_CONTRADICTIONS, messagingEnv } from '@flowgrid/messaging';
import { poolSizeEnv, postgresUrl, readEnv, secretKey, serviceEnv, serviceUrls } from '@flowgrid/platform';
import { SHARED_STATE_CONTRADICTIONS, sharedStateEnv } from '@flowgrid/shared-state';
import { parseAllowedHosts } from './adapters/outbound/allowed-hosts.ts';

export const integrationsEnv = z.object({
  ...serviceEnv,
  ...poolSizeEnv,
  /** Connection string of flowgrid_integrations. */
  DATABASE_URL: postgresUrl,
  ...sharedStateEnv,
  ...messagingEnv,
  /** Where auth publishes the keys of context tokens. */
  AUTH_URL: serviceUrls,
  /** Seals credentials. */
  CREDENTIALS_KEY: secretKey,
  /** Comma list of former keys: they open what they sealed. */
  CREDENTIALS_KEYS_OLD: z
    .string()
    .default('')
    .transform((list) => list.split(',').filter((key) => key.trim() !== ''))
    .pipe(z.array(secretKey)),
  /** Comma list of `host` or `host:port` that tenants may reach by http and at private addresses. */
  OUTBOUND_ALLOW_HOSTS: z
    .string()
    .default('')
    .transform((list, context) => {
      const hosts = parseAllowedHosts(list);
      if (hosts !== null) return hosts;
      context.addIssue('must be a comma list of host or host:port');
      return z.NEVER;
    }),
});

export const readIntegrationsEnv = (): z.output<typeof integrationsEnv> =>
  readEnv(integrationsEnv, process.env, [...SHARED_STATE_CONTRADICTIONS, ...MESSAGING_CONTRADICTIONS]);
