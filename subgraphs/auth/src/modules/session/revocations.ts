import { setTimeout as delay } from 'node:timers/promises';
import type { EpochKey, Epochs } from '@flowgrid/shared-state';
import type { Logger } from '@flowgrid/platform';

/** Whoever ends a session does not wait longer than this for the announcement. */
const ANNOUNCE_LIMIT_MS = 1_000;

export interface Revocations {
  /**
   * Announces that what was granted to a session, a user or a tenant holds no more, after the change is committed. Never rejects:
   * who misses it asks auth again within a minute.
   */
  announce(whose: EpochKey): Promise<void>;
}

export function createRevocations(epochs: Epochs, logger: Logger): Revocations {
  return {
    announce: async (whose) => {
      const waiting = new AbortController();
      const raised = epochs
        .raise(whose)
        .catch((error: unknown) => logger.error({ err: error }, 'a revocation was not announced'));
      const limit = delay(ANNOUNCE_LIMIT_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
      await Promise.race([raised, limit]);
      waiting.abort();
    },
  };
}
