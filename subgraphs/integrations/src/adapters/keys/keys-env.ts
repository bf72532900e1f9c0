/** What says where key-encryption keys are. */
import { z } from 'zod';
import { secretKey } from '@flowgrid/platform';

const list = z
  .string()
  .default('')
  .transform((text) => text.split(',').filter((entry) => entry.trim() !== ''));
const vaultKeyId = z
  .string()
  .trim()
  .regex(
    /^https:\/\/[^/?#@]+\/keys\/[\w-]+(\/[\w-]+)?$/,
    'must be https://<vault>/keys/<name> or https://<vault>/keys/<name>/<version>',
  );

export const keysEnv = {
  CREDENTIALS_KEY: secretKey
    .optional()
    .describe(
      'Wraps the keys that seal secrets of tenants; 32 random bytes in base64. Required without KEY_VAULT_KEY_ID; with it, what it wrapped still opens.',
    ),
  CREDENTIALS_KEYS_OLD: list
    .pipe(z.array(secretKey))
    .describe('Former keys, by comma: what they wrapped still opens.'),
  KEY_VAULT_KEY_ID: vaultKeyId
    .optional()
    .describe(
      'Instead: a key of Azure Key Vault, by the managed identity of the process; https://<vault>/keys/<name> follows its newest version.',
    ),
  KEY_VAULT_KEY_IDS_OLD: list
    .pipe(z.array(vaultKeyId))
    .describe('Former keys in vaults, by comma: what they wrapped still opens.'),
};

export type KeysEnv = z.output<z.ZodObject<typeof keysEnv>>;

/** For `refine` of a model with these variables: something has to wrap. */
export const HAS_KEY = {
  check: (env: Pick<KeysEnv, 'CREDENTIALS_KEY' | 'KEY_VAULT_KEY_ID'>): boolean =>
    env.CREDENTIALS_KEY !== undefined || env.KEY_VAULT_KEY_ID !== undefined,
  params: { path: ['CREDENTIALS_KEY'], error: 'is required without KEY_VAULT_KEY_ID' },
};
