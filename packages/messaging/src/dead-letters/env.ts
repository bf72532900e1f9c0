import { z } from 'zod';
import { postgresUrl, readEnv } from '@flowgrid/platform';
import { MESSAGING_CONTRADICTIONS, messagingEnv } from '../messaging-env.ts';

export const deadLettersEnv = z.object({
  ...messagingEnv,
  DATABASE_URL: postgresUrl.describe('The login role of the service that receives, or whose outbox it is.'),
});

export const readDeadLettersEnv = (): z.output<typeof deadLettersEnv> =>
  readEnv(deadLettersEnv, process.env, MESSAGING_CONTRADICTIONS);
