/** The environment of the design service and of its worker. */
import { z } from 'zod';
import { MESSAGING_CONTRADICTIONS, messagingEnv } from '@flowgrid/messaging';
import {
  poolSizeEnv,
  postgresUrl,
  readEnv,
  secretKey,
  secretText,
  serviceEnv,
  serviceUrls,
} from '@flowgrid/platform';
import { SHARED_STATE_CONTRADICTIONS, sharedStateEnv } from '@flowgrid/shared-state';
import { aiServiceEnv, aiWorkerEnv } from './adapters/ai/ai-env.ts';

const shared = {
  ...serviceEnv,
  ...poolSizeEnv,
  DATABASE_URL: postgresUrl.describe('Connection string of the login role flowgrid_design.'),
  ...sharedStateEnv,
  ...messagingEnv,
  AUTH_URL: serviceUrls.describe('Base addresses of auth, by comma: keys, and the context tokens of jobs.'),
  AGENTS_URL: serviceUrls.describe('Base addresses of agents, by comma.'),
  INTEGRATIONS_URL: serviceUrls.describe('Base addresses of integrations, by comma.'),
  GRANT_SECRET: secretText.describe(
    "The same as auth's: asks for the context tokens of jobs; 32 random bytes in base64.",
  ),
};

export const designEnv = z.object({
  ...shared,
  ...aiServiceEnv,
  ARTIFACT_LINK_SECRET: secretKey.describe('Signs the links of artifacts; 32 random bytes in base64.'),
  PUBLIC_URL: z.url().describe('Where clients reach the platform, and with it /artifacts/<id>.'),
});

export const workerEnv = z.object({
  ...shared,
  ...aiWorkerEnv,
  CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2).describe('Jobs at once.'),
  LEASE_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe('After how long without a sign of life another worker may take a job.'),
  DEFAULT_MODEL_PROVIDER: z
    .string()
    .min(1)
    .default('anthropic')
    .describe('Provider of the model of new agents.'),
  DEFAULT_MODEL_NAME: z.string().min(1).default('claude-sonnet-5-5').describe('Name of that model.'),
});

const CONTRADICTIONS = [...SHARED_STATE_CONTRADICTIONS, ...MESSAGING_CONTRADICTIONS];

export const readServiceEnv = (): z.output<typeof designEnv> =>
  readEnv(designEnv, process.env, CONTRADICTIONS);

export const readWorkerEnv = (): z.output<typeof workerEnv> =>
  readEnv(workerEnv, process.env, CONTRADICTIONS);
