/** The key-encryption keys that the environment names. */
import { invariant } from '@flowgrid/platform';
import { combineKeyEncryptions, type KeyEncryption } from './key-encryption.ts';
import type { KeysEnv } from './keys-env.ts';
import { createLocalKeys } from './local-keys.ts';

export async function openKeyEncryption(env: KeysEnv): Promise<KeyEncryption> {
  const { CREDENTIALS_KEY: own, CREDENTIALS_KEYS_OLD: old } = env;
  const [first = own] = old;
  // Without a key of its own the process may still have former ones, from before there was a vault.
  const local = first === undefined ? null : createLocalKeys({ current: own ?? first, old });
  const vault = await openVault(env);
  if (vault === null) {
    invariant(local !== null, 'the environment names a key');
    return local;
  }
  const former = local === null ? [] : [local];
  return env.KEY_VAULT_KEY_ID === undefined && local !== null
    ? combineKeyEncryptions(local, [vault])
    : combineKeyEncryptions(vault, former);
}

async function openVault(env: KeysEnv): Promise<KeyEncryption | null> {
  const { KEY_VAULT_KEY_ID: own, KEY_VAULT_KEY_IDS_OLD: oldKeyIds } = env;
  const keyId = own ?? oldKeyIds[0];
  if (keyId === undefined) return null;
  // Loaded only where it is used: the SDK is large.
  const [{ DefaultAzureCredential }, { createKeyVaultKeys }] = await Promise.all([
    import('@azure/identity'),
    import('./key-vault-keys.ts'),
  ]);
  return createKeyVaultKeys({ keyId, oldKeyIds, credential: new DefaultAzureCredential() });
}
