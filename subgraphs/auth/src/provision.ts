/** Reads `{ "tenants": [...] }` on standard input, makes them and prints their ids as JSON on standard output. */
import { json } from 'node:stream/consumers';
import { readEnvOrExit, systemClock } from '@flowgrid/platform';
import { ZodError, prettifyError } from 'zod';
import { openAuthDatabase } from './database.ts';
import { readProvisionEnv } from './env.ts';
import { provision, provisioningModel } from './modules/provisioning/provisioning.ts';
import { createPasswordHasher } from './modules/sign-in/password.ts';

const env = readEnvOrExit(readProvisionEnv);
await using database = openAuthDatabase(env.DATABASE_URL);
try {
  const input = provisioningModel.parse(await json(process.stdin));
  const result = await provision({ database, passwords: createPasswordHasher(), clock: systemClock }, input);
  process.stdout.write(`${JSON.stringify(result)}\n`);
} catch (error) {
  if (!(error instanceof ZodError || error instanceof SyntaxError)) throw error;
  process.stderr.write(`${error instanceof ZodError ? prettifyError(error) : error.message}\n`);
  process.exitCode = 1;
}
