/** The signing keys in memory: who signs now, and what is published. */
import { errors, importJWK, type CryptoKey, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose';
import type { SigningKey } from '@flowgrid/access';
import { FlowgridError, type Clock, type Logger } from '@flowgrid/platform';
import type { AuthDatabase } from '../../database.ts';
import { openPrivateJwk } from './key-seal.ts';
import { signingKeyAt } from './plan-rotation.ts';
import type { KeyTimes, KeyUse, SigningKeyRow } from './signing-key.ts';
import { listSigningKeys } from './signing-key-store.ts';

/** Well within the time for which a new key is published before it signs. */
const RELOAD_INTERVAL_MS = 60_000;
/** An unknown key id reloads at most this often: made-up ids are no way to burden the database. */
const RELOAD_COOLDOWN_MS = 5_000;

export interface KeyRing extends Disposable {
  /** The key that signs now. */
  signer(use: KeyUse): SigningKey;
  /** Finds the public key of a token by its `kid`, among the keys of one use. */
  verifier(use: KeyUse): JWTVerifyGetKey;
  /** What is published. */
  jwks(use: KeyUse): JSONWebKeySet;
  /** Reads the keys again. */
  reload(): Promise<void>;
}

export interface KeyRingOptions {
  readonly database: AuthDatabase;
  readonly keySecret: Buffer;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface RingKey extends KeyTimes {
  readonly publicJwk: JWK;
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/**
 * Loads the keys and follows their changes. The caller disposes of it.
 * @throws SealError when the key secret is not the one that the keys were sealed with.
 */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const { clock, logger } = options;
  let keys = await loadKeys(options, []);
  let loadedAt = clock.now().getTime();
  const reload = async (): Promise<void> => {
    loadedAt = clock.now().getTime();
    keys = await loadKeys(options, keys);
  };
  const timer = setInterval(() => {
    reload().catch((error: unknown) =>
      logger.warn({ err: error }, 'signing keys not read; the known ones stay'),
    );
  }, RELOAD_INTERVAL_MS);
  timer.unref();

  const published = (use: KeyUse): readonly RingKey[] => {
    const now = clock.now();
    return keys.filter((key) => key.use === use && (key.retiresAt === null || key.retiresAt > now));
  };
  const find = (use: KeyUse, keyId: string | undefined): CryptoKey | undefined =>
    published(use).find((key) => key.id === keyId)?.publicKey;

  return {
    signer: (use) => {
      const key = signingKeyAt(keys, use, clock.now());
      if (!key) throw new FlowgridError('SERVICE_UNAVAILABLE', 'No signing key is ready. Try again shortly.');
      return { keyId: key.id, privateKey: key.privateKey };
    },
    verifier: (use) => async (header) => {
      const known = find(use, header.kid);
      if (known) return known;
      if (clock.now().getTime() - loadedAt >= RELOAD_COOLDOWN_MS) await reload();
      const found = find(use, header.kid);
      if (!found) throw new errors.JWKSNoMatchingKey();
      return found;
    },
    jwks: (use) => ({ keys: published(use).map(({ publicJwk }) => publicJwk) }),
    reload,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

async function loadKeys(options: KeyRingOptions, known: readonly RingKey[]): Promise<readonly RingKey[]> {
  const rows = await options.database.withoutTenant((client) => listSigningKeys(client));
  return Promise.all(rows.map((row) => toRingKey(row, options.keySecret, known)));
}

async function toRingKey(row: SigningKeyRow, keySecret: Buffer, known: readonly RingKey[]): Promise<RingKey> {
  const { id, use, signsFrom, retiresAt, publicJwk } = row;
  const same = known.find((key) => key.id === id);
  if (same) return { ...same, signsFrom, retiresAt };
  const privateJwk = openPrivateJwk(row.sealedPrivateJwk, { keyId: id, keySecret });
  const [publicKey, privateKey] = await Promise.all([
    toCryptoKey(publicJwk, row.algorithm),
    toCryptoKey(privateJwk, row.algorithm),
  ]);
  return { id, use, signsFrom, retiresAt, publicJwk, publicKey, privateKey };
}

async function toCryptoKey(jwk: JWK, algorithm: string): Promise<CryptoKey> {
  const key = await importJWK(jwk, algorithm);
  if (key instanceof Uint8Array) throw new TypeError('a signing key is not a shared secret');
  return key;
}
