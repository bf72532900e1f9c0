/** The secret box of a process, and what it hears of keys that were changed elsewhere. */
import { subscribeInBackground, type PubSub } from '@flowgrid/shared-state';
import type { Clock, Logger } from '@flowgrid/platform';
import { openKeyEncryption } from '../../adapters/keys/open-key-encryption.ts';
import type { KeysEnv } from '../../adapters/keys/keys-env.ts';
import type { KeyEncryption } from '../../adapters/keys/key-encryption.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { DataKeys } from './data-keys.ts';
import { createFormerEnvelopes } from './former-envelopes.ts';

export interface OpenedSecretBox extends Disposable {
  readonly dataKeys: DataKeys;
  readonly keys: KeyEncryption;
}

/** The caller disposes of it. */
export async function openSecretBox(
  env: KeysEnv,
  tools: {
    readonly database: IntegrationsDatabase;
    readonly pubsub: PubSub;
    readonly clock: Clock;
    readonly logger: Logger;
  },
): Promise<OpenedSecretBox> {
  const { database, pubsub, clock, logger } = tools;
  const keys = await openKeyEncryption(env);
  const own = env.CREDENTIALS_KEY === undefined ? [] : [env.CREDENTIALS_KEY];
  const former = createFormerEnvelopes([...env.CREDENTIALS_KEYS_OLD, ...own]);
  const dataKeys = new DataKeys({ database, keys, former, clock, logger });
  const stopListening = subscribeInBackground(pubsub, 'data-keys', {
    onMessage: (tenantId) => dataKeys.forget(tenantId),
    onGap: () => dataKeys.forgetAll(),
    onError: (error) =>
      logger.warn({ err: error }, 'changed data keys are not announced; they are read again'),
  });
  return { dataKeys, keys, [Symbol.dispose]: stopListening };
}
