/** Hears of revocations, so that a revoked token stops working at once and not at its next renewal. */
import type { PubSub } from '@flowgrid/shared-state';
import type { Logger } from '@flowgrid/platform';
import type { ContextTokens } from './context-tokens.ts';
import { matchesNotice } from './identity.ts';

export interface RevocationsOptions {
  readonly pubsub: PubSub;
  readonly tokens: ContextTokens;
  /** Called after the grants were dropped; null speaks of everyone. */
  readonly onRevoked: (notice: string | null) => void;
  readonly logger: Logger;
}

/** Subscribes in the background: until it is heard of, revocation works by renewal. */
export function listenForRevocations({ pubsub, tokens, onRevoked, logger }: RevocationsOptions): void {
  const subscribed = pubsub.subscribe('revocations', {
    onMessage: (notice) => {
      tokens.revoke((grant) => matchesNotice(grant, notice));
      onRevoked(notice);
    },
    onGap: () => {
      logger.info('revocation notices may have been missed; every token is checked again');
      tokens.revoke(null);
      onRevoked(null);
    },
  });
  subscribed.catch((error: unknown) => logger.warn({ err: error }, 'revocation notices are not heard'));
}
