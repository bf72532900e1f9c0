import { z } from 'zod';
import { postgresUrl, readEnv, secretKey, serviceEnv } from '@flowgrid/platform';

const databaseEnv = { DATABASE_URL: postgresUrl };

const keyEnv = {
  ...databaseEnv,
  /** Seals the private signing keys at rest. */
  AUTH_KEY_SECRET: secretKey,
};

export const authEnv = z.object({
  ...serviceEnv,
  ...keyEnv,
  /** Lets the design service ask for the context tokens of its jobs. */
  GRANT_SECRET: secretKey,
  /** Where clients reach the platform: the issuer of access tokens. */
  PUBLIC_URL: z.url().transform((url) => url.replace(/\/+$/, '')),
  /** Where revocations are announced; the own database if not given. */
  PUBSUB_URL: postgresUrl.optional(),
  /** Life of an access token. */
  ACCESS_TOKEN_SECONDS: z.coerce.number().int().min(1).max(3600).default(900),
});

export const readAuthEnv = (): z.output<typeof authEnv> => readEnv(authEnv, process.env);

export const readProvisionEnv = (): { readonly DATABASE_URL: string } =>
  readEnv(z.object(databaseEnv), process.env);

export const readKeyEnv = (): { readonly DATABASE_URL: string; readonly AUTH_KEY_SECRET: Buffer } =>
  readEnv(z.object(keyEnv), process.env);
