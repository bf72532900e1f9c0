/** Opens the connection of a stored integration: the connector of its kind, signed in with its credential. */
import type { OutboundFetch } from '@flowgrid/outbound';
import { unreachable } from '@flowgrid/platform';
import type { Connection } from '../../adapters/connection.ts';
import type { Connector } from '../../adapters/connector.ts';
import { basicAuthorization, forConnection } from '../../adapters/json-request.ts';
import { clientCredentialsSignIn } from '../../adapters/sign-in/client-credentials.ts';
import { constantSignIn, type SignIn } from '../../adapters/sign-in/sign-in.ts';
import { signedFetch } from '../../adapters/sign-in/signed-fetch.ts';
import type { Credential } from '../credential/credential.ts';
import type { IntegrationKind } from '../integration/integration.ts';

export type Connectors = { readonly [Kind in IntegrationKind]: ReadingConnector };

/** What all connectors do so far. */
type ReadingConnector = Pick<Connector, 'capabilities' | 'check' | 'listItems' | 'findItem'>;

/** A connection with the connector of its kind. */
export interface OpenedConnection {
  readonly connector: ReadingConnector;
  readonly connection: Connection;
}

export function openConnection(
  tools: {
    readonly connectors: Connectors;
    readonly fetch: OutboundFetch;
    /** Around each request, those of signing in too. */
    readonly gate?: (fetch: OutboundFetch) => OutboundFetch;
    /** Around requests that are signed in. */
    readonly observe?: (fetch: OutboundFetch) => OutboundFetch;
  },
  stored: { readonly id: string; readonly baseUrl: string; readonly credential: Credential },
): OpenedConnection {
  const { id, baseUrl, credential } = stored;
  const { gate = (ungated) => ungated, observe = (signed) => signed } = tools;
  const fetch = gate(forConnection(tools.fetch, id));
  return {
    connector: tools.connectors[credential.kind],
    connection: {
      id,
      baseUrl,
      apiUrl: baseUrl,
      knownLogin: loginOf(credential),
      fetch: observe(signedFetch(fetch, createSignIn(fetch, { baseUrl, credential }))),
    },
  };
}

function createSignIn(
  fetch: OutboundFetch,
  { baseUrl, credential }: { readonly baseUrl: string; readonly credential: Credential },
): SignIn {
  switch (credential.kind) {
    case 'GITHUB':
      return constantSignIn(`token ${credential.token}`);
    case 'JIRA':
      return constantSignIn(basicAuthorization(credential.email, credential.apiToken));
    case 'SERVICENOW':
      return 'username' in credential
        ? constantSignIn(basicAuthorization(credential.username, credential.password))
        : clientCredentialsSignIn(fetch, { baseUrl, ...credential });
    default:
      return unreachable(credential);
  }
}

function loginOf(credential: Credential): string | null {
  switch (credential.kind) {
    case 'GITHUB':
      return null;
    case 'JIRA':
      return credential.email;
    case 'SERVICENOW':
      return 'username' in credential ? credential.username : credential.clientId;
    default:
      return unreachable(credential);
  }
}
