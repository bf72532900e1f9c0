import { z } from 'zod';
import { poolSizeEnv, postgresUrl, readEnv, secretKey, serviceEnv } from '@flowgrid/platform';
import { SHARED_STATE_CONTRADICTIONS, sharedStateEnv } from '@flowgrid/shared-state';

const databaseEnv = { DATABASE_URL: postgresUrl };

const keyEnv = {
  ...databaseEnv,
  /** Seals the private signing keys at rest. */
  AUTH_KEY_SECRET: secretKey,
};

export const authEnv = z.object({
  ...serviceEnv,
  ...poolSizeEnv,
  ...keyEnv,
  /** Lets the design service ask for the context tokens of its jobs. */
  GRANT_SECRET: secretKey,
  /** Where clients reach the platform: the issuer of access tokens. */
  PUBLIC_URL: z.url().transform((url) => url.replace(/\/+$/, '')),
  ...sharedStateEnv,
  /** Life of an access token. */
  ACCESS_TOKEN_SECONDS: z.coerce.number().int().min(1).max(3600).default(900),
});

export const readAuthEnv = (): z.output<typeof authEnv> =>
  readEnv(authEnv, process.env, SHARED_STATE_CONTRADICTIONS);

export const readProvisionEnv = (): { readonly DATABASE_URL: string } =>
  readEnv(z.object(databaseEnv), process.env);

export const readKeyEnv = (): { readonly DATABASE_URL: string; readonly AUTH_KEY_SECRET: Buffer } =>
  readEnv(z.object(keyEnv), process.env);
