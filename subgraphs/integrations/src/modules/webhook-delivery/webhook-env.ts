import { z } from 'zod';

/** How the worker delivers webhooks. */
export const webhookEnv = {
  WEBHOOK_LEASE_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe(
      'After how long without a sign of life another worker may take over the webhooks of an endpoint.',
    ),
};
