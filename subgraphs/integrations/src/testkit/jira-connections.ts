/** Connections to a fake Jira, signed in with what a test names. */
import { createOutbound } from '@flowgrid/outbound';
import { OutsidePolicies, createLogger, createMetrics, newId } from '@flowgrid/platform';
import type { Connection } from '../adapters/connection.ts';
import type { JiraServer } from './jira-server.ts';

export interface JiraConnections extends AsyncDisposable {
  /** As a token of a person at the site. */
  readonly asPerson: (authorization: string) => Connection;
  /** As an OAuth app, by the address that its tokens reach. */
  readonly asApp: (authorization: string) => Connection;
}

const DEADLINE_MS = 2_000;
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

export function openJiraConnections(server: JiraServer): JiraConnections {
  const [hostname = '', port = ''] = server.host.split(':');
  const outbound = createOutbound({
    policies: new OutsidePolicies({
      logger: createLogger({ name: 'test', level: 'silent' }),
      metrics: createMetrics('test'),
    }),
    allowed: [{ hostname, port }],
    deadlineMs: DEADLINE_MS,
    maxResponseBytes: MAX_PAGE_BYTES,
  });
  const connect = (authorization: string, apiUrl: string): Connection => {
    const id = newId();
    return {
      id,
      baseUrl: server.baseUrl,
      apiUrl,
      knownLogin: null,
      fetch: (url, init = {}) =>
        outbound.fetch(url, { ...init, connection: id, headers: { ...init.headers, authorization } }),
    };
  };
  return {
    asPerson: (authorization) => connect(authorization, server.baseUrl),
    asApp: (authorization) => connect(authorization, server.appUrl),
    [Symbol.asyncDispose]: () => outbound[Symbol.asyncDispose](),
  };
}
