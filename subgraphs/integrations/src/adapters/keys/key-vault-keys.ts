/** Key-encryption keys in Azure Key Vault: the vault wraps and unwraps, and no key of it ever gets here. */
import type { TokenCredential } from '@azure/identity';
import {
  CryptographyClient,
  KeyClient,
  type CryptographyClientOptions,
  parseKeyVaultKeyIdentifier,
  type KeyVaultKey,
} from '@azure/keyvault-keys';
import { WrapError, unknownKey, type KeyEncryption } from './key-encryption.ts';

const ALGORITHM = 'RSA-OAEP-256';
/** After a new version was made in the vault, the former one wraps for so long at most. */
const VERSION_REMEMBERED_MS = 5 * 60 * 1000;
const RETRIES = 2;
const MAX_RETRY_PAUSE_MS = 2_000;
/** Statuses after which the same may succeed: pauses wanted, outages, and rights that were not yet given to the process. */
const PASSING_STATUSES = new Set([401, 403, 408, 429]);

export interface KeyVaultKeysOptions {
  /** `https://<vault>/keys/<name>` wraps with the newest version, `.../<version>` with this one. */
  readonly keyId: string;
  /** Former keys, which only unwrap. */
  readonly oldKeyIds: readonly string[];
  readonly credential: TokenCredential;
  /** Settings of the SDK's HTTP pipeline. */
  readonly clientOptions?: CryptographyClientOptions;
  readonly now?: () => number;
}

/** A key of a vault, in the one spelling in which it is compared. */
interface VaultKey {
  readonly vaultUrl: string;
  readonly name: string;
  readonly version: string | undefined;
}

/** @throws Error for an id that is none. Opens nothing before it is needed. */
export function createKeyVaultKeys(options: KeyVaultKeysOptions): KeyEncryption {
  const { now = Date.now, credential } = options;
  const clientOptions = {
    retryOptions: { maxRetries: RETRIES, maxRetryDelayInMs: MAX_RETRY_PAUSE_MS },
    ...options.clientOptions,
  };
  const own = parseKeyId(options.keyId);
  const trusted = [own, ...options.oldKeyIds.map(parseKeyId)];
  const keyClient = new KeyClient(own.vaultUrl, credential, clientOptions);
  const clients = new Map<string, CryptographyClient>();
  let newest: { readonly id: string; readonly until: number } | null = null;

  const current = async (signal: AbortSignal): Promise<string> => {
    if (own.version !== undefined) return toKeyId(own);
    if (newest !== null && newest.until > now()) return newest.id;
    const key = await orWrapError(keyClient.getKey(own.name, { abortSignal: signal }));
    const id = toKeyId({ ...own, version: key.properties.version });
    newest = { id, until: now() + VERSION_REMEMBERED_MS };
    return id;
  };
  const clientOf = (id: string): CryptographyClient => {
    const existing = clients.get(id);
    if (existing) return existing;
    const client = new CryptographyClient(asVaultKey(parseKeyId(id)), credential, clientOptions);
    clients.set(id, client);
    return client;
  };
  // The token of this process must not be sent to a vault that somebody wrote into the database.
  const knows = (wrappedBy: string): boolean => {
    const key = tryParse(wrappedBy);
    return (
      key !== null && trusted.some(({ vaultUrl, name }) => vaultUrl === key.vaultUrl && name === key.name)
    );
  };
  return {
    current,
    knows,
    wrap: async (key, signal) => {
      const wrappedBy = await current(signal);
      const { result } = await orWrapError(
        clientOf(wrappedBy).wrapKey(ALGORITHM, key, { abortSignal: signal }),
      );
      return { wrappedBy, wrapped: Buffer.from(result).toString('base64') };
    },
    unwrap: async ({ wrappedBy, wrapped }, signal) => {
      if (!knows(wrappedBy)) throw unknownKey();
      const { result } = await orWrapError(
        clientOf(wrappedBy).unwrapKey(ALGORITHM, Buffer.from(wrapped, 'base64'), { abortSignal: signal }),
      );
      return Buffer.from(result);
    },
  };
}

/** @throws Error with words for the operator. */
function parseKeyId(id: string): VaultKey {
  const { vaultUrl, name, version } = parseKeyVaultKeyIdentifier(id);
  const url = new URL(vaultUrl);
  if (url.protocol !== 'https:') throw new Error('the address of a key in a vault begins with https://');
  return { vaultUrl: url.origin, name, version };
}

function tryParse(id: string): VaultKey | null {
  try {
    return parseKeyId(id);
  } catch {
    // It is the id of a key that is kept elsewhere.
    return null;
  }
}

function toKeyId({ vaultUrl, name, version }: VaultKey): string {
  return [vaultUrl, 'keys', name, ...(version === undefined ? [] : [version])].join('/');
}

/**
 * A key of which nothing but its place is known: the SDK then leaves wrapping and unwrapping to the vault. One that it reads
 * for itself needs a further right, and is refused for unwrapping once it has expired, which the vault does not do.
 */
function asVaultKey(key: VaultKey): KeyVaultKey {
  const { vaultUrl, name, version } = key;
  const properties = { vaultUrl, name, ...(version !== undefined && { version }) };
  return { id: toKeyId(key), name, properties: { ...properties, id: toKeyId(key) } };
}

/** The answers of vaults name keys and tenants of theirs: only what kind of failure it was is kept. */
async function orWrapError<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    const status = statusOf(cause);
    const isPassing = status === null || status >= 500 || PASSING_STATUSES.has(status);
    throw new WrapError(
      status === null ? 'the vault does not answer' : `the vault answered with the status ${status}`,
      { isPassing, cause },
    );
  }
}

function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return null;
  return typeof error.statusCode === 'number' ? error.statusCode : null;
}
