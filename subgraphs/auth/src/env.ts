import { z } from 'zod';
import { readEnv, secretKey, serviceEnv } from '@flowgrid/platform';

const databaseEnv = { DATABASE_URL: z.string().startsWith('postgres') };

const keyEnv = {
  ...databaseEnv,
  /** Seals the private signing keys at rest. */
  AUTH_KEY_SECRET: secretKey,
};

const serviceModel = z.object({
  ...serviceEnv,
  ...keyEnv,
  /** Lets the design service ask for the context tokens of its jobs. */
  GRANT_SECRET: secretKey,
  /** Where clients reach the platform: the issuer of access tokens. */
  PUBLIC_URL: z.url().transform((url) => url.replace(/\/+$/, '')),
  /** Where revocations are announced; the own database if not given. */
  PUBSUB_URL: z.string().optional(),
  /** Life of an access token. */
  ACCESS_TOKEN_SECONDS: z.coerce.number().int().min(1).max(3600).default(900),
});

export type AuthEnv = z.output<typeof serviceModel>;

export const readAuthEnv = (): AuthEnv => readEnv(serviceModel, process.env);

export const readProvisionEnv = (): { readonly DATABASE_URL: string } =>
  readEnv(z.object(databaseEnv), process.env);

export const readKeyEnv = (): { readonly DATABASE_URL: string; readonly AUTH_KEY_SECRET: Buffer } =>
  readEnv(z.object(keyEnv), process.env);
