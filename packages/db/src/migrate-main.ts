/** `npm run db:migrate`: applies what is new in `prisma/<schema>/migrations` to the database of `DATABASE_URL`. */
import { fileURLToPath } from 'node:url';
import { readEnvOrExit } from '@flowgrid/platform';
import { readMigrateEnv } from './env.ts';
import { MigrationError, migrate } from './migrate.ts';

const env = readEnvOrExit(readMigrateEnv);
const folder = fileURLToPath(new URL('../../../prisma', import.meta.url));
try {
  const applied = await migrate(env.DATABASE_URL, folder);
  for (const { schema, name } of applied) console.log(`applied ${schema}/${name}`);
  if (applied.length === 0) console.log('the database is up to date');
} catch (error) {
  if (!(error instanceof MigrationError)) throw error;
  console.error(error.message);
  process.exit(1);
}
