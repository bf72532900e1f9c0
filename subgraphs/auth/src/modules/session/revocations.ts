import { setTimeout as delay } from 'node:timers/promises';
import type { PubSub } from '@flowgrid/shared-state';
import type { Logger } from '@flowgrid/platform';

/** Whoever ends a session does not wait longer than this for the announcement. */
const ANNOUNCE_LIMIT_MS = 1_000;

export interface Revocations {
  /**
   * Announces a session id, `user:<id>` or `tenant:<id>`, after the change is committed. Never rejects:
   * who misses it asks auth again within a minute.
   */
  announce(what: string): Promise<void>;
}

export function createRevocations(pubSub: PubSub, logger: Logger): Revocations {
  return {
    announce: async (what) => {
      const waiting = new AbortController();
      const published = pubSub
        .publish('revocations', what)
        .catch((error: unknown) => logger.warn({ err: error }, 'a revocation was not announced'));
      const limit = delay(ANNOUNCE_LIMIT_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
      await Promise.race([published, limit]);
      waiting.abort();
    },
  };
}
