/** Hears of revocations, so that a revoked token stops working at once and not at its next renewal. */
import type { EpochKey, Epochs } from '@flowgrid/shared-state';
import type { ContextTokens } from './context-tokens.ts';
import { isGrantedUnder } from './identity.ts';

export interface RevocationsOptions {
  readonly epochs: Epochs;
  readonly tokens: ContextTokens;
  /** Called after the grants were dropped. */
  readonly onRevoked: (whose: EpochKey) => void;
}

/**
 * Drops what is revoked until it is disposed of. After a gap exactly those grants are dropped whose keys were raised: dropping all
 * of them would send everyone at work to auth at the same moment. Until it is heard of, revocation works by renewal.
 */
export function followRevocations({ epochs, tokens, onRevoked }: RevocationsOptions): AsyncDisposable {
  return epochs.follow({
    heldKeys: () => tokens.heldKeys(),
    onRaised: (whose) => {
      tokens.revoke((grant) => isGrantedUnder(grant, whose));
      onRevoked(whose);
    },
  });
}
