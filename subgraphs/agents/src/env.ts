import { z } from 'zod';
import { MESSAGING_CONTRADICTIONS, messagingEnv } from '@flowgrid/messaging';
import { poolSizeEnv, postgresUrl, readEnv, serviceEnv, serviceUrls } from '@flowgrid/platform';
import { SHARED_STATE_CONTRADICTIONS, sharedStateEnv } from '@flowgrid/shared-state';

export const agentsEnv = z.object({
  ...serviceEnv,
  ...poolSizeEnv,
  DATABASE_URL: postgresUrl.describe('Connection string of the login role flowgrid_agents.'),
  ...sharedStateEnv,
  ...messagingEnv,
  AUTH_URL: serviceUrls.describe(
    'Base addresses of auth, by comma: it publishes the keys of context tokens.',
  ),
  DEFAULT_MODEL_PROVIDER: z
    .string()
    .default('anthropic')
    .describe('Provider of the model of an agent that is created without one.'),
  DEFAULT_MODEL_NAME: z.string().default('claude-sonnet-5-5').describe('Name of that model.'),
});

export const readAgentsEnv = (): z.output<typeof agentsEnv> =>
  readEnv(agentsEnv, process.env, [...SHARED_STATE_CONTRADICTIONS, ...MESSAGING_CONTRADICTIONS]);
