/** Makes successors of the signing keys now: published at once, in use after a quarter of an hour. */
import { readEnvOrExit, systemClock } from '@flowgrid/platform';
import { openAuthDatabase } from './database.ts';
import { readKeyEnv } from './env.ts';
import { rotateKeys } from './modules/signing-key/rotate-keys.ts';

const env = readEnvOrExit(readKeyEnv);
await using database = openAuthDatabase(env.DATABASE_URL);
const report = await rotateKeys({ database, clock: systemClock, keySecret: env.AUTH_KEY_SECRET }, true);
process.stdout.write(`${JSON.stringify(report)}\n`);
