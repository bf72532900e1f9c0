/** The keys of Standard Webhooks 1.0: shared secrets for HMAC, and key pairs for Ed25519. */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';

export const WEBHOOK_SIGNINGS = ['HMAC', 'ED25519'] as const;
export type WebhookSigning = (typeof WEBHOOK_SIGNINGS)[number];

/** A new key. */
export interface WebhookKey {
  /** What is sealed: `whsec_` of a shared secret, `whsk_` of a private key. */
  readonly secret: string;
  /** `whpk_`, for whoever verifies; null for a shared secret. */
  readonly publicKey: string | null;
}

/** The specification asks for 24 to 64. */
const SECRET_BYTES = 32;
const ED25519_SEED_BYTES = 32;
/** What stands before the 32 bytes of a key in its DER encodings (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_BYTES_BEFORE_KEY = 12;

export function createWebhookKey(signing: WebhookSigning): WebhookKey {
  if (signing === 'HMAC')
    return { secret: `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`, publicKey: null };
  const { privateKey } = generateKeyPairSync('ed25519');
  return toEd25519Key(privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-ED25519_SEED_BYTES));
}

/** A private key is written as its seed followed by its public key. */
export function toEd25519Key(seed: Buffer): WebhookKey {
  const privateKey = toPrivateKey(seed);
  const publicKey = createPublicKey(privateKey)
    .export({ format: 'der', type: 'spki' })
    .subarray(SPKI_BYTES_BEFORE_KEY);
  return {
    secret: `whsk_${Buffer.concat([seed, publicKey]).toString('base64')}`,
    publicKey: `whpk_${publicKey.toString('base64')}`,
  };
}

/** Signs what a message says by one key: `v1,` or `v1a,` and the signature. */
export type MessageSigner = (content: string) => string;

/** @throws Error for what is no secret of ours; it says nothing of the value. */
export function toSigner(secret: string): MessageSigner {
  const [kind, encoded] = secret.split('_', 2);
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (kind === 'whsec' && bytes.length > 0)
    return (content) => `v1,${createHmac('sha256', bytes).update(content).digest('base64')}`;
  if (kind === 'whsk' && bytes.length === 2 * ED25519_SEED_BYTES) {
    const key = toPrivateKey(bytes.subarray(0, ED25519_SEED_BYTES));
    return (content) => `v1a,${sign(null, Buffer.from(content), key).toString('base64')}`;
  }
  throw new Error('The secret of a webhook endpoint has no known form.');
}

function toPrivateKey(seed: Buffer): ReturnType<typeof createPrivateKey> {
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}
