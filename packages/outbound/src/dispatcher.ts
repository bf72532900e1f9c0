/** Opens the connections of outbound requests: by the guard, or by a proxy that guards them. */
import { Agent, Pool, ProxyAgent, type Dispatcher } from 'undici';
import { createGuardedConnector, type Resolve } from './guarded-connect.ts';
import type { Reach } from './url-rules.ts';

const MAX_HEADER_BYTES = 16 * 1024;
const CONNECT_TIMEOUT_MS = 5_000;
/** A name that changes its address is looked up anew soon. */
const KEEP_ALIVE_MS = 4_000;

export function createDispatcher(options: {
  readonly reach: Reach;
  readonly resolve: Resolve;
  readonly deadlineMs: number;
  /** Looks names up in place of this process, so it has to refuse private addresses itself. */
  readonly proxy: URL | null;
  /** To one server at once; null for any number. */
  readonly connections: number | null;
}): Dispatcher {
  const { deadlineMs, proxy, connections } = options;
  const settings = {
    connections,
    pipelining: 1,
    headersTimeout: deadlineMs,
    bodyTimeout: deadlineMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // A connection carries the requests to one name, one after the other.
    allowH2: false,
  };
  if (proxy === null) {
    const connect = createGuardedConnector({ ...options, timeoutMs: CONNECT_TIMEOUT_MS });
    return new Agent({ ...settings, connect });
  }
  return new ProxyAgent({
    ...settings,
    uri: proxy.href,
    clientFactory: (origin, own) => new Pool(origin, { ...own, headersTimeout: deadlineMs }),
    proxyTls: { timeout: CONNECT_TIMEOUT_MS },
    requestTls: { timeout: CONNECT_TIMEOUT_MS },
  });
}
