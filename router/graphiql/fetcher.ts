/** How the playground talks to the router: operations over HTTP, subscriptions over a socket of their own. */
import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import type { FormattedExecutionResult } from 'graphql';
import { createClient, type Client, type Sink } from 'graphql-ws';

/** Close codes of a socket that no further try would open, and what to do about each. */
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [4403, 'Sign in to subscribe: Headers has no valid access token.'],
  [4401, 'The access token has expired or was revoked. Sign in again.'],
]);

export function createFetcher(page: string): Fetcher {
  const url = new URL('/graphql', page);
  const socketUrl = new URL(url);
  socketUrl.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return (params, options) => {
    // The router reads the token from the payload of `connection_init`, so each run takes what Headers says now.
    const wsClient = createSocketClient(socketUrl.href, options?.headers ?? {});
    return createGraphiQLFetcher({ url: url.href, wsClient })(params, options);
  };
}

/** Nothing is opened before an operation is subscribed to. */
function createSocketClient(url: string, connectionParams: Record<string, unknown>): Client {
  const client = createClient({
    url,
    connectionParams,
    shouldRetry: (reason) => reason instanceof CloseEvent && !REFUSALS.has(reason.code),
  });
  return { ...client, subscribe: (payload, sink) => client.subscribe(payload, explainRefusal(sink)) };
}

/** A refused socket is answered as a refused query is, and not as a failure of the page. */
function explainRefusal<Data, Extensions>(
  sink: Sink<FormattedExecutionResult<Data, Extensions>>,
): typeof sink {
  return {
    next: (result) => sink.next(result),
    complete: () => sink.complete(),
    error: (reason) => {
      const message = reason instanceof CloseEvent ? REFUSALS.get(reason.code) : undefined;
      if (message === undefined) return sink.error(reason);
      sink.next({ errors: [{ message, extensions: { code: 'UNAUTHENTICATED' } }] });
      sink.complete();
    },
  };
}
