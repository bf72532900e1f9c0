import { z } from 'zod';
import { MESSAGING_CONTRADICTIONS, messagingEnv } from '@flowgrid/messaging';
import { poolSizeEnv, postgresUrl, readEnv, serviceEnv, serviceUrls } from '@flowgrid/platform';
import { SHARED_STATE_CONTRADICTIONS, sharedStateEnv } from '@flowgrid/shared-state';

export const agentsEnv = z.object({
  ...serviceEnv,
  ...poolSizeEnv,
  /** Connection string of the role flowgrid_agents. */
  DATABASE_URL: postgresUrl,
  ...sharedStateEnv,
  ...messagingEnv,
  /** Where the keys of context tokens are. */
  AUTH_URL: serviceUrls,
  /** The model of an agent that is created without a definition. */
  DEFAULT_MODEL_PROVIDER: z.string().default('anthropic'),
  DEFAULT_MODEL_NAME: z.string().default('claude-sonnet-4-5'),
});

export const readAgentsEnv = (): z.output<typeof agentsEnv> =>
  readEnv(agentsEnv, process.env, [...SHARED_STATE_CONTRADICTIONS, ...MESSAGING_CONTRADICTIONS]);
