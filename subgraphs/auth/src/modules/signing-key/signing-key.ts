/** The keys that sign access tokens ('access') and context tokens ('context'). */
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { CONTEXT_TOKEN_ALGORITHM } from '@flowgrid/access';
import { newId } from '@flowgrid/platform';
import { sealPrivateJwk } from './key-seal.ts';

export const KEY_USES = ['access', 'context'] as const;

export type KeyUse = (typeof KEY_USES)[number];

export const ACCESS_TOKEN_ALGORITHM = 'ES256';

export const KEY_ALGORITHMS = {
  access: ACCESS_TOKEN_ALGORITHM,
  context: CONTEXT_TOKEN_ALGORITHM,
} as const satisfies Record<KeyUse, string>;

/** When a key is in which state; the times are those of the row. */
export interface KeyTimes {
  readonly id: string;
  readonly use: KeyUse;
  /** Published from its creation on; signs from here on, until a newer key signs. */
  readonly signsFrom: Date;
  /** Leaves the JWKS here; null while it has no successor. */
  readonly retiresAt: Date | null;
}

export interface SigningKeyRow extends KeyTimes {
  readonly algorithm: string;
  readonly publicJwk: JWK;
  readonly sealedPrivateJwk: Uint8Array<ArrayBuffer>;
  readonly createdAt: Date;
}

/** Makes a key pair, its private half sealed. */
export async function generateSigningKey(
  facts: { readonly use: KeyUse; readonly createdAt: Date; readonly signsFrom: Date },
  keySecret: Buffer,
): Promise<SigningKeyRow> {
  const id = newId();
  const algorithm = KEY_ALGORITHMS[facts.use];
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const [publicJwk, privateJwk] = await Promise.all([exportJWK(publicKey), exportJWK(privateKey)]);
  return {
    ...facts,
    id,
    algorithm,
    publicJwk: { ...publicJwk, kid: id, alg: algorithm, use: 'sig' },
    sealedPrivateJwk: sealPrivateJwk(privateJwk, { keyId: id, keySecret }),
    retiresAt: null,
  };
}
