/** The data keys of one tenant, unwrapped: what seals and opens its secrets. */
import { invariant, type Clock } from '@flowgrid/platform';
import type { FormerEnvelopes } from './former-envelopes.ts';
import { openValue, sealValue, type SealingKey } from './sealing.ts';
import { SealError, sealedEnvelopeSchema, type TenantSecrets } from './secret-box.ts';

export interface RingKey extends SealingKey {
  readonly version: number;
  readonly activeAt: Date;
}

/** The key that seals at a time: the newest one that all processes know by then. */
export function sealingKey<Key extends { readonly version: number; readonly activeAt: Date }>(
  keys: readonly Key[],
  now: Date,
): Key | null {
  const active = keys.filter(({ activeAt }) => activeAt <= now);
  return active.toSorted((one, other) => other.version - one.version)[0] ?? null;
}

/** `onUnknownKey` is told when an envelope names a key that is not among these. */
export function createTenantSecrets(
  tenantId: string,
  keys: readonly RingKey[],
  tools: {
    readonly former: FormerEnvelopes;
    readonly clock: Clock;
    readonly onUnknownKey: () => void;
  },
): TenantSecrets {
  const byId = new Map(keys.map((key) => [key.id, key]));
  return {
    seal: (place, value) => {
      const key = sealingKey(keys, tools.clock.now());
      invariant(key !== null, 'a tenant has an active data key');
      return sealValue(key, tenantId, { place, value });
    },
    open: (place, stored) => {
      const parsed = sealedEnvelopeSchema.safeParse(stored);
      if (!parsed.success) {
        const value = tools.former.open(tenantId, place, stored);
        if (value !== null) return value;
        throw new SealError('the stored value is not an envelope');
      }
      const envelope = parsed.data;
      const key = byId.get(envelope.keyId);
      if (key) return openValue(key, tenantId, { place, envelope });
      tools.onUnknownKey();
      throw new SealError(`the data key ${envelope.keyId} is not known`);
    },
  };
}
