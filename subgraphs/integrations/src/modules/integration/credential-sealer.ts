/**
 * Seals the fields of credentials by AES-256-GCM. The place of a field is associated data: a ciphertext that is moved to
 * another tenant, integration or field does not open.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { z } from 'zod';

/** Where a sealed value belongs. */
export interface SealedPlace {
  readonly tenantId: string;
  readonly integrationId: string;
  readonly field: string;
}

const envelopeSchema = z.strictObject({
  v: z.literal(1),
  keyId: z.string(),
  nonce: z.base64(),
  ciphertext: z.base64(),
  tag: z.base64(),
});

/** A sealed value as it is stored; the binary parts are base64. */
export type SealedEnvelope = z.output<typeof envelopeSchema>;

/** A stored value that does not open: its key is not known any more, or it was altered or moved. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

export interface CredentialSealer {
  seal(place: SealedPlace, value: string): SealedEnvelope;
  /** @throws SealError when the value does not open at this place. */
  open(place: SealedPlace, envelope: unknown): string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 8;

interface SealingKey {
  readonly id: string;
  readonly key: Buffer;
}

/** `current` seals; `old` keys only open what they sealed. */
export function createCredentialSealer(secrets: {
  readonly current: Buffer;
  readonly old: readonly Buffer[];
}): CredentialSealer {
  const current = deriveKey(secrets.current);
  const keys = new Map([...secrets.old.map(deriveKey), current].map((key) => [key.id, key]));
  return {
    seal: (place, value) => seal(current, place, value),
    open: (place, stored) => {
      const envelope = envelopeSchema.safeParse(stored);
      if (!envelope.success) throw new SealError('the stored value is not an envelope');
      const key = keys.get(envelope.data.keyId);
      if (!key) throw new SealError(`the key ${envelope.data.keyId} is not known`);
      return open(key, place, envelope.data);
    },
  };
}

/** The id is derived from the secret as the key is, so that it need not be configured and tells nothing of it. */
function deriveKey(secret: Buffer): SealingKey {
  const derive = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, '', `flowgrid credentials ${purpose}`, length));
  return { id: derive('key id', KEY_ID_BYTES).toString('hex'), key: derive('key', KEY_BYTES) };
}

function seal({ id, key }: SealingKey, place: SealedPlace, value: string): SealedEnvelope {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(place, id));
  const ciphertext = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return {
    v: 1,
    keyId: id,
    nonce: nonce.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
}

function open({ id, key }: SealingKey, place: SealedPlace, envelope: SealedEnvelope): string {
  const tag = Buffer.from(envelope.tag, 'base64');
  const nonce = Buffer.from(envelope.nonce, 'base64');
  if (tag.length !== TAG_BYTES || nonce.length !== NONCE_BYTES)
    throw new SealError('the envelope is malformed');
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(place, id));
  decipher.setAuthTag(tag);
  try {
    const value = Buffer.concat([decipher.update(envelope.ciphertext, 'base64'), decipher.final()]);
    return value.toString('utf8');
  } catch (cause) {
    throw new SealError('the value was altered or belongs elsewhere', { cause });
  }
}

/** Ids and field names contain no separator, so no two places have the same bytes. */
function associatedData(place: SealedPlace, keyId: string): Buffer {
  return Buffer.from([place.tenantId, place.integrationId, place.field, keyId].join('|'), 'utf8');
}
