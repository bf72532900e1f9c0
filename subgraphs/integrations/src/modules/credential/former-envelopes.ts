/**
 * Opens what was sealed before tenants had data keys: fields of credentials, by a key that was derived from the secret of
 * the process. The sweeper seals them again; nothing is sealed so any more.
 */
import { createDecipheriv, hkdfSync } from 'node:crypto';
import { z } from 'zod';
import { SealError, type SecretPlace } from './secret-box.ts';

const envelopeSchema = z.strictObject({
  v: z.literal(1),
  keyId: z.string(),
  nonce: z.base64(),
  ciphertext: z.base64(),
  tag: z.base64(),
});
type FormerEnvelope = z.output<typeof envelopeSchema>;

export interface FormerEnvelopes {
  /** Null for another value than such an envelope. @throws SealError when it does not open at this place. */
  open(tenantId: string, place: SecretPlace, stored: unknown): string | null;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 8;

interface SealingKey {
  readonly id: string;
  readonly key: Buffer;
}

export function createFormerEnvelopes(secrets: readonly Buffer[]): FormerEnvelopes {
  const keys = new Map(secrets.map(deriveKey).map((key) => [key.id, key]));
  return {
    open: (tenantId, place, stored) => {
      const envelope = envelopeSchema.safeParse(stored);
      if (!envelope.success) return null;
      const key = keys.get(envelope.data.keyId);
      if (!key) throw new SealError(`the key ${envelope.data.keyId} is not known`);
      return open(key, [tenantId, place.owner, place.field], envelope.data);
    },
  };
}

/** The id is derived from the secret as the key is. */
function deriveKey(secret: Buffer): SealingKey {
  const derive = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, '', `flowgrid credentials ${purpose}`, length));
  return { id: derive('key id', KEY_ID_BYTES).toString('hex'), key: derive('key', KEY_BYTES) };
}

function open({ id, key }: SealingKey, place: readonly string[], envelope: FormerEnvelope): string {
  const tag = Buffer.from(envelope.tag, 'base64');
  const nonce = Buffer.from(envelope.nonce, 'base64');
  if (tag.length !== TAG_BYTES || nonce.length !== NONCE_BYTES)
    throw new SealError('the envelope is malformed');
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from([...place, id].join('|'), 'utf8'));
  decipher.setAuthTag(tag);
  try {
    const value = Buffer.concat([decipher.update(envelope.ciphertext, 'base64'), decipher.final()]);
    return value.toString('utf8');
  } catch (cause) {
    throw new SealError('the value was altered or belongs elsewhere', { cause });
  }
}
