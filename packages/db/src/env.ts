import { z } from 'zod';
import { postgresUrl, readEnv } from '@flowgrid/platform';

export const migrateEnv = z.object({
  DATABASE_URL: postgresUrl.describe(
    'Connection string of the role flowgrid_owner, which may create schemas in its database.',
  ),
});

export const readMigrateEnv = (): z.output<typeof migrateEnv> => readEnv(migrateEnv, process.env);
