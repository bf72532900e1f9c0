import { z } from 'zod';
import { postgresUrl, readEnv } from '@flowgrid/platform';

export const migrateEnv = z.object({
  /** Connection string of the owner role, which may create schemas in its database. */
  DATABASE_URL: postgresUrl,
});

export const readMigrateEnv = (): z.output<typeof migrateEnv> => readEnv(migrateEnv, process.env);
