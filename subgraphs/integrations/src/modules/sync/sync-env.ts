import { z } from 'zod';

/** How workers read what has changed at connected systems. */
export const syncEnv = {
  SYNC_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('Connected systems read at once.'),
  SYNC_LEASE_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe('After how long without a sign of life another worker may go on with reading.'),
};
