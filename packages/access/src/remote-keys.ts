/** The public keys of a remote issuer, kept while the issuer is away. */
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import type { Logger } from '@flowgrid/platform';

const REFRESH_INTERVAL_MS = 10 * 60 * 1000;
const FETCH_TIMEOUT_MS = 5_000;
/** An unknown key id fetches the set again, at most this often: made-up ids are no way to flood the issuer. */
const COOLDOWN_MS = 30_000;

export interface RemoteKeys extends Disposable {
  readonly keys: JWTVerifyGetKey;
}

/** Path at which auth publishes the keys of context tokens, inside the platform only. */
export const CONTEXT_KEYS_PATH = '/internal/context-keys';

/** Follows a JWKS: refreshed every ten minutes and for unknown key ids, served stale while the issuer cannot be reached. */
export function followRemoteKeys(url: URL, logger: Logger): RemoteKeys {
  const keys = createRemoteJWKSet(url, {
    cacheMaxAge: Infinity,
    cooldownDuration: COOLDOWN_MS,
    timeoutDuration: FETCH_TIMEOUT_MS,
  });
  const timer = setInterval(() => {
    keys
      .reload()
      .catch((error: unknown) => logger.warn({ err: error }, 'keys not refreshed; the known ones stay'));
  }, REFRESH_INTERVAL_MS);
  timer.unref();
  return { keys, [Symbol.dispose]: () => clearInterval(timer) };
}
