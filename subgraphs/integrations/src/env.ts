import { z } from 'zod';
import { MESSAGING_CONTRADICTIONS, messagingEnv } from '@flowgrid/messaging';
import { poolSizeEnv, postgresUrl, readEnv, serviceEnv, serviceUrls } from '@flowgrid/platform';
import { SHARED_STATE_CONTRADICTIONS, sharedStateEnv } from '@flowgrid/shared-state';
import { outboundEnv } from '@flowgrid/outbound';
import { HAS_KEY, keysEnv } from './adapters/keys/keys-env.ts';
import { signInsEnv } from './modules/authorization/sign-ins-env.ts';
import { hooksEnv, publicUrlEnv } from './modules/inbound-hook/hooks-env.ts';
import { syncEnv } from './modules/sync/sync-env.ts';
import { webhookEnv } from './modules/webhook-delivery/webhook-env.ts';

/** What the service and its worker read. */
const connectionsEnv = {
  ...serviceEnv,
  ...poolSizeEnv,
  DATABASE_URL: postgresUrl.describe('Connection string of the login role flowgrid_integrations.'),
  ...sharedStateEnv,
  ...messagingEnv,
  ...keysEnv,
  ...outboundEnv,
  ...publicUrlEnv,
  ...signInsEnv,
};

export const integrationsEnv = z
  .object({
    ...connectionsEnv,
    ...hooksEnv,
    AUTH_URL: serviceUrls.describe(
      'Base addresses of auth, by comma: it publishes the keys of context tokens.',
    ),
  })
  .refine(HAS_KEY.check, HAS_KEY.params);

export const deliveryWorkerEnv = z
  .object({ ...connectionsEnv, ...syncEnv, ...webhookEnv })
  .refine(HAS_KEY.check, HAS_KEY.params);

/** What `npm run credentials` reads. */
export const credentialsCommandEnv = z
  .object({
    DATABASE_URL: connectionsEnv.DATABASE_URL,
    ...sharedStateEnv,
    ...keysEnv,
  })
  .refine(HAS_KEY.check, HAS_KEY.params);

const CONTRADICTIONS = [...SHARED_STATE_CONTRADICTIONS, ...MESSAGING_CONTRADICTIONS];

export const readIntegrationsEnv = (): z.output<typeof integrationsEnv> =>
  readEnv(integrationsEnv, process.env, CONTRADICTIONS);

export const readDeliveryWorkerEnv = (): z.output<typeof deliveryWorkerEnv> =>
  readEnv(deliveryWorkerEnv, process.env, CONTRADICTIONS);

export const readCredentialsCommandEnv = (): z.output<typeof credentialsCommandEnv> =>
  readEnv(credentialsCommandEnv, process.env, SHARED_STATE_CONTRADICTIONS);
