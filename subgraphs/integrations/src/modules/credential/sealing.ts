/** Seals single values by AES-256-GCM. Their place is associated data: a ciphertext that is moved elsewhere does not open. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { invariant } from '@flowgrid/platform';
import { SealError, type SealedEnvelope, type SecretPlace } from './secret-box.ts';

/** A data key of a tenant, unwrapped. */
export interface SealingKey {
  readonly id: string;
  readonly key: Buffer;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Without the separator of the associated data, so that no two places have the same bytes. */
const NAME = /^[\w:.-]{1,200}$/;

export function sealValue(
  { id, key }: SealingKey,
  tenantId: string,
  { place, value }: { readonly place: SecretPlace; readonly value: string },
): SealedEnvelope {
  const { owner, field } = place;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(tenantId, place, id));
  const ciphertext = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return {
    v: 2,
    keyId: id,
    owner,
    field,
    nonce: nonce.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
}

/** The place is the one that is asked for, whatever the envelope says. @throws SealError when the value does not open there. */
export function openValue(
  { id, key }: SealingKey,
  tenantId: string,
  { place, envelope }: { readonly place: SecretPlace; readonly envelope: SealedEnvelope },
): string {
  const tag = Buffer.from(envelope.tag, 'base64');
  const nonce = Buffer.from(envelope.nonce, 'base64');
  // GCM takes tags as short as four bytes, which can be guessed.
  if (tag.length !== TAG_BYTES || nonce.length !== NONCE_BYTES)
    throw new SealError('the envelope is malformed');
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(tenantId, place, id));
  decipher.setAuthTag(tag);
  try {
    const value = Buffer.concat([decipher.update(envelope.ciphertext, 'base64'), decipher.final()]);
    return value.toString('utf8');
  } catch (cause) {
    throw new SealError('the value was altered or belongs elsewhere', { cause });
  }
}

function associatedData(tenantId: string, { owner, field }: SecretPlace, keyId: string): Buffer {
  invariant(
    NAME.test(owner) && NAME.test(field),
    'a secret belongs to an owner and a field that can be named',
  );
  return Buffer.from(['2', tenantId, owner, field, keyId].join('|'), 'utf8');
}
