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

const shared = {
  ...serviceEnv,
  ...poolSizeEnv,
  DATABASE_URL: postgresUrl,
  ...sharedStateEnv,
  ...messagingEnv,
  AUTH_URL: serviceUrls,
  AGENTS_URL: serviceUrls,
  /** Lets this service ask auth for a job's context token; sent as it is written here. */
  GRANT_SECRET: secretText,
};

export const designEnv = z.object({
  ...shared,
  ARTIFACT_LINK_SECRET: secretKey,
  /** Where clients reach the platform. */
  PUBLIC_URL: z.url(),
});

export const workerEnv = z.object({
  ...shared,
  INTEGRATIONS_URL: serviceUrls,
  CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2),
  LEASE_SECONDS: z.coerce.number().int().min(1).max(3600).default(30),
  DEFAULT_MODEL_PROVIDER: z.string().min(1).default('anthropic'),
  DEFAULT_MODEL_NAME: z.string().min(1).default('claude-sonnet-4-5'),
});

const CONTRADICTIONS = [...SHARED_STATE_CONTRADICTIONS, ...MESSAGING_CONTRADICTIONS];

export const readServiceEnv = (): z.output<typeof designEnv> =>
  readEnv(designEnv, process.env, CONTRADICTIONS);

export const readWorkerEnv = (): z.output<typeof workerEnv> =>
  readEnv(workerEnv, process.env, CONTRADICTIONS);
