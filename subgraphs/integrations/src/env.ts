import { z } from 'zod';
import { MESSAGING_CONTRADICTIONS, messagingEnv } from '@flowgrid/messaging';
import { poolSizeEnv, postgresUrl, readEnv, secretKey, serviceEnv, serviceUrls } from '@flowgrid/platform';
import { SHARED_STATE_CONTRADICTIONS, sharedStateEnv } from '@flowgrid/shared-state';
import { parseAllowedHosts } from '@flowgrid/outbound';

export const integrationsEnv = z.object({
  ...serviceEnv,
  ...poolSizeEnv,
  DATABASE_URL: postgresUrl.describe('Connection string of the login role flowgrid_integrations.'),
  ...sharedStateEnv,
  ...messagingEnv,
  AUTH_URL: serviceUrls.describe(
    'Base addresses of auth, by comma: it publishes the keys of context tokens.',
  ),
  CREDENTIALS_KEY: secretKey.describe('Seals the credentials of integrations; 32 random bytes in base64.'),
  CREDENTIALS_KEYS_OLD: z
    .string()
    .default('')
    .transform((list) => list.split(',').filter((key) => key.trim() !== ''))
    .pipe(z.array(secretKey))
    .describe('Former keys, by comma: what they sealed still opens.'),
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
});

export const readIntegrationsEnv = (): z.output<typeof integrationsEnv> =>
  readEnv(integrationsEnv, process.env, [...SHARED_STATE_CONTRADICTIONS, ...MESSAGING_CONTRADICTIONS]);
