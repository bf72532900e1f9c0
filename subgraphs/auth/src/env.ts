import { z } from 'zod';
import { poolSizeEnv, postgresUrl, readEnv, secretKey, serviceEnv } from '@flowgrid/platform';
import { SHARED_STATE_CONTRADICTIONS, sharedStateEnv } from '@flowgrid/shared-state';

const databaseEnv = {
  DATABASE_URL: postgresUrl.describe('Connection string of the login role flowgrid_auth.'),
};

const keyEnv = {
  ...databaseEnv,
  AUTH_KEY_SECRET: secretKey.describe('Seals the private signing keys at rest; 32 random bytes in base64.'),
};

export const authEnv = z.object({
  ...serviceEnv,
  ...poolSizeEnv,
  ...keyEnv,
  GRANT_SECRET: secretKey.describe(
    'Shared with design, which asks for the context tokens of its jobs with it; 32 random bytes in base64.',
  ),
  PUBLIC_URL: z
    .url()
    .transform((url) => url.replace(/\/+$/, ''))
    .describe('Where clients reach the platform: the issuer of access tokens.'),
  ...sharedStateEnv,
  ACCESS_TOKEN_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(900)
    .describe('Life of an access token.'),
});

export const readAuthEnv = (): z.output<typeof authEnv> =>
  readEnv(authEnv, process.env, SHARED_STATE_CONTRADICTIONS);

export const readProvisionEnv = (): { readonly DATABASE_URL: string } =>
  readEnv(z.object(databaseEnv), process.env);

export const readKeyEnv = (): { readonly DATABASE_URL: string; readonly AUTH_KEY_SECRET: Buffer } =>
  readEnv(z.object(keyEnv), process.env);
