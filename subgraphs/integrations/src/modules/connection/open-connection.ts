/** Opens the connection of a stored integration: the connector of its kind, signed in with its credential. */
import type { OutboundFetch } from '@flowgrid/outbound';
import { unreachable } from '@flowgrid/platform';
import type { Connection } from '../../adapters/connection.ts';
import type { Connector } from '../../adapters/connector.ts';
import { forConnection } from '../../adapters/json-request.ts';
import type { SignIn } from '../../adapters/sign-in/sign-in.ts';
import { signedFetch } from '../../adapters/sign-in/signed-fetch.ts';
import type { Credential } from '../credential/credential.ts';
import type { IntegrationKind } from '../integration/integration.ts';

export type Connectors = Readonly<Record<IntegrationKind, Connector>>;

/** A connection with the connector of its kind. */
export interface OpenedConnection {
  readonly connector: Connector;
  readonly connection: Connection;
}

export function openConnection(
  tools: {
    readonly connectors: Connectors;
    readonly fetch: OutboundFetch;
    /** How it signs in, by requests of this fetch. */
    readonly signIn: (fetch: OutboundFetch) => SignIn;
    /** Around each request, those of signing in too. */
    readonly gate?: (fetch: OutboundFetch) => OutboundFetch;
    /** Around requests that are signed in. */
    readonly observe?: (fetch: OutboundFetch) => OutboundFetch;
  },
  stored: {
    readonly id: string;
    readonly baseUrl: string;
    /** Null where the API is at the base address. */
    readonly apiUrl: string | null;
    readonly credential: Credential;
  },
): OpenedConnection {
  const { id, baseUrl, apiUrl, credential } = stored;
  const { gate = (ungated) => ungated, observe = (signed) => signed } = tools;
  const fetch = gate(forConnection(tools.fetch, id));
  return {
    connector: tools.connectors[credential.kind],
    connection: {
      id,
      baseUrl,
      apiUrl: apiUrl ?? baseUrl,
      knownLogin: loginOf(credential),
      fetch: observe(signedFetch(fetch, tools.signIn(fetch))),
    },
  };
}

function loginOf(credential: Credential): string | null {
  switch (credential.kind) {
    case 'GITHUB':
      return null;
    case 'JIRA':
      return 'email' in credential ? credential.email : null;
    case 'SERVICENOW':
      if ('username' in credential) return credential.username;
      // Whoever signs in in the browser is known afterwards alone.
      return 'grantType' in credential ? null : credential.clientId;
    default:
      return unreachable(credential);
  }
}
