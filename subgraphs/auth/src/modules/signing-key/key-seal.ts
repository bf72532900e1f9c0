/** Private keys at rest: AES-256-GCM, bound to the key's id, so that no row can take the place of another. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import { z } from 'zod';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** Keeps keys for other purposes apart, should the secret ever be used for more. */
const PURPOSE = 'flowgrid signing keys';

interface Seal {
  readonly keyId: string;
  readonly keySecret: Buffer;
}

/** The key secret is not the one that sealed this row, or the row was changed. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

const privateJwkModel = z.looseObject({ kty: z.string(), d: z.string() });

/** Layout: IV, tag, ciphertext. */
export function sealPrivateJwk(jwk: JWK, seal: Seal): Uint8Array<ArrayBuffer> {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, sealingKey(seal.keySecret), iv).setAAD(Buffer.from(seal.keyId));
  const sealed = [cipher.update(JSON.stringify(jwk)), cipher.final()];
  return Uint8Array.from(Buffer.concat([iv, cipher.getAuthTag(), ...sealed]));
}

/** @throws SealError when the secret, the key id or the content do not belong together. */
export function openPrivateJwk(sealed: Uint8Array, seal: Seal): JWK {
  const bytes = Buffer.from(sealed);
  const iv = bytes.subarray(0, IV_BYTES);
  const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv(CIPHER, sealingKey(seal.keySecret), iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(seal.keyId)).setAuthTag(tag);
    const content = [decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()];
    return privateJwkModel.parse(JSON.parse(Buffer.concat(content).toString()));
  } catch (cause) {
    throw new SealError(
      `Signing key ${seal.keyId} cannot be opened: AUTH_KEY_SECRET is not the one it was sealed with.`,
      { cause },
    );
  }
}

function sealingKey(secret: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, KEY_BYTES));
}
