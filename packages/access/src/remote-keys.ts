/** The public keys of a remote issuer, kept while the issuer is away. */
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { openReplicaClient, type Clock, type Logger, type ServiceUrls } from '@flowgrid/platform';
import { createContextTokenVerifier, type ContextTokenVerifier } from './context-token.ts';

export interface RemoteKeysOptions {
  /** The issuer, at one address or several. */
  readonly issuer: { readonly service: string; readonly urls: ServiceUrls };
  /** Path of the JWKS, from a base address. */
  readonly path: string;
  readonly logger: Logger;
}

export interface RemoteKeys extends AsyncDisposable {
  readonly keys: JWTVerifyGetKey;
}

/** Path at which auth publishes the keys of context tokens, inside the platform only. */
export const CONTEXT_KEYS_PATH = '/internal/context-keys';

const REFRESH_INTERVAL_MS = 10 * 60 * 1000;
const FETCH_TIMEOUT_MS = 5_000;
/** An unknown key id fetches the set again, at most this often: made-up ids are no way to flood the issuer. */
const COOLDOWN_MS = 30_000;
/** Keys are fetched rarely; who is ready may be known roughly. */
const CHECK_EVERY_MS = 10_000;
const CONNECTIONS = 1;

/** Follows a JWKS: refreshed every ten minutes and for unknown key ids, served stale while no replica of the issuer can be reached. */
export function followRemoteKeys({ issuer, path, logger }: RemoteKeysOptions): RemoteKeys {
  const client = openReplicaClient({
    ...issuer,
    logger,
    connections: CONNECTIONS,
    timeoutMs: FETCH_TIMEOUT_MS,
    checkEveryMs: CHECK_EVERY_MS,
  });
  // The address is for error messages alone: the client knows where the replicas are.
  const keys = createRemoteJWKSet(new URL(`http://${issuer.service}${path}`), {
    cacheMaxAge: Infinity,
    cooldownDuration: COOLDOWN_MS,
    timeoutDuration: FETCH_TIMEOUT_MS,
    [customFetch]: (_url, { headers, signal }) =>
      client.fetch(path, { headers: Object.fromEntries(headers), signal }),
  });
  const timer = setInterval(() => {
    keys
      .reload()
      .catch((error: unknown) => logger.warn({ err: error }, 'keys not refreshed; the known ones stay'));
  }, REFRESH_INTERVAL_MS);
  timer.unref();
  return {
    keys,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await client[Symbol.asyncDispose]();
    },
  };
}

/** Makes the verifier of a subgraph that is not auth itself: by the keys that auth publishes. The caller disposes of it. */
export function openContextTokenVerifier(options: {
  readonly audience: string;
  readonly authUrls: ServiceUrls;
  readonly clock: Clock;
  readonly logger: Logger;
}): ContextTokenVerifier & AsyncDisposable {
  const { audience, authUrls, clock, logger } = options;
  const issuer = { service: 'auth', urls: authUrls };
  const remote = followRemoteKeys({ issuer, path: CONTEXT_KEYS_PATH, logger });
  const { authenticate } = createContextTokenVerifier({ audience, keys: remote.keys, clock });
  return { authenticate, [Symbol.asyncDispose]: () => remote[Symbol.asyncDispose]() };
}
