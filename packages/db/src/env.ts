import { z } from 'zod';
import { readEnv } from '@flowgrid/platform';

const model = z.object({
  /** Connection string of the owner role, which may create schemas in its database. */
  DATABASE_URL: z.string().startsWith('postgres'),
});

export const readMigrateEnv = (): z.output<typeof model> => readEnv(model, process.env);
