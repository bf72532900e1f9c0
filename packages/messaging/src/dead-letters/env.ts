import { z } from 'zod';
import { postgresUrl, readEnv } from '@flowgrid/platform';
import { MESSAGING_CONTRADICTIONS, messagingEnv } from '../messaging-env.ts';

export const deadLettersEnv = z.object({
  ...messagingEnv,
  /** Connection string of the login role of the service that receives, or whose outbox it is. */
  DATABASE_URL: postgresUrl,
});

export const readDeadLettersEnv = (): z.output<typeof deadLettersEnv> =>
  readEnv(deadLettersEnv, process.env, MESSAGING_CONTRADICTIONS);
