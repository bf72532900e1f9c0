/** Key-encryption keys from the environment of the process, for installations without a vault. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { WrapError, unknownKey, type KeyEncryption } from './key-encryption.ts';

const PREFIX = 'local:';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 8;
const PURPOSE = Buffer.from('flowgrid data key', 'utf8');

interface LocalKey {
  readonly id: string;
  readonly key: Buffer;
}

/** `current` wraps; `old` keys only unwrap what they wrapped. */
export function createLocalKeys(secrets: {
  readonly current: Buffer;
  readonly old: readonly Buffer[];
}): KeyEncryption {
  const current = deriveKey(secrets.current);
  const keys = new Map([...secrets.old.map(deriveKey), current].map((key) => [key.id, key]));
  return {
    current: () => Promise.resolve(current.id),
    wrap: (key) => Promise.resolve({ wrappedBy: current.id, wrapped: wrap(current, key) }),
    knows: (wrappedBy) => wrappedBy.startsWith(PREFIX),
    unwrap: async ({ wrappedBy, wrapped }) => {
      const key = keys.get(wrappedBy);
      if (!key) throw unknownKey();
      return unwrap(key, wrapped);
    },
  };
}

/** The id is derived from the secret as the key is, so that it need not be configured and tells nothing of it. */
function deriveKey(secret: Buffer): LocalKey {
  const derive = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, '', `flowgrid key encryption ${purpose}`, length));
  return {
    id: `${PREFIX}${derive('key id', KEY_ID_BYTES).toString('hex')}`,
    key: derive('key', KEY_BYTES),
  };
}

function wrap({ key }: LocalKey, plain: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(PURPOSE);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

function unwrap({ key }: LocalKey, wrapped: string): Buffer {
  const bytes = Buffer.from(wrapped, 'base64');
  if (bytes.length <= NONCE_BYTES + TAG_BYTES)
    throw new WrapError('the wrapped key is malformed', { isPassing: false });
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(PURPOSE);
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new WrapError('the wrapped key was altered', { isPassing: false, cause });
  }
}
