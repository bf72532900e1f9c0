/** A connection to the fake GitHub, signed in with a token of it. */
import { OutsidePolicies, createLogger, createMetrics, newId } from '@flowgrid/platform';
import { createOutbound } from '@flowgrid/outbound';
import type { Connection } from '../adapters/connection.ts';
import { startGitHubServer, type GitHubServer } from './github-server.ts';

export interface ConnectedGitHub extends AsyncDisposable {
  readonly server: GitHubServer;
  readonly connect: (token: string) => Connection;
}

const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

export async function startConnectedGitHub(): Promise<ConnectedGitHub> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startGitHubServer());
  const [hostname = '', port = ''] = server.host.split(':');
  const outbound = stack.use(
    createOutbound({
      policies: new OutsidePolicies({
        logger: createLogger({ name: 'test', level: 'silent' }),
        metrics: createMetrics('test'),
      }),
      allowed: [{ hostname, port }],
      maxResponseBytes: MAX_RESPONSE_BYTES,
    }),
  );
  const owned = stack.move();
  return {
    server,
    connect: (token) => {
      const id = newId();
      return {
        id,
        baseUrl: server.url,
        apiUrl: server.url,
        knownLogin: null,
        fetch: (url, init = {}) =>
          outbound.fetch(url, {
            ...init,
            connection: id,
            headers: { ...init.headers, authorization: `Bearer ${token}` },
          }),
      };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
