/** What every connected system can do, whatever it is: say whose credential this is. */
import { unreachable } from '@flowgrid/platform';
import type { Credential, CredentialOf } from '../modules/integration/credential.ts';
import type { IntegrationKind } from '../modules/integration/integration.ts';

/** A connection to open: whose, where, with what. */
export interface Connection<Kind extends IntegrationKind> {
  /** Keeps the rate limits of connections apart. */
  readonly id: string;
  readonly baseUrl: string;
  readonly credential: CredentialOf<Kind>;
}

/** Whom the other system takes the caller for. */
export interface ConnectedAccount {
  readonly login: string;
  readonly permissions: readonly string[];
}

export interface Connector<Kind extends IntegrationKind> {
  /**
   * Signs in and reads the account.
   * @throws ConnectorError or OutboundError whose message is for the tenant.
   */
  identify(connection: Connection<Kind>, signal: AbortSignal): Promise<ConnectedAccount>;
}

export type Connectors = { readonly [Kind in IntegrationKind]: Connector<Kind> };

/** The other system answered, and not with what was asked for. The message repeats nothing that it sent. */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError';
}

/** Identifies by the connector of the credential's kind. */
export function identify(
  connectors: Connectors,
  connection: { readonly id: string; readonly baseUrl: string; readonly credential: Credential },
  signal: AbortSignal,
): Promise<ConnectedAccount> {
  const { id, baseUrl, credential } = connection;
  switch (credential.kind) {
    case 'GITHUB':
      return connectors.GITHUB.identify({ id, baseUrl, credential }, signal);
    case 'JIRA':
      return connectors.JIRA.identify({ id, baseUrl, credential }, signal);
    case 'SERVICENOW':
      return connectors.SERVICENOW.identify({ id, baseUrl, credential }, signal);
    default:
      return unreachable(credential);
  }
}

const MAX_LOGIN_LENGTH = 200;
const MAX_WAIT_SECONDS = 24 * 60 * 60;

/** A text of the other system, fit to be shown and stored. */
export function toLogin(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '').slice(0, MAX_LOGIN_LENGTH);
}

/** What a failing status means for the tenant. `notFoundHint` says what an address without this API suggests. */
export function statusError(
  status: number,
  answer: { readonly system: string; readonly notFoundHint: string; readonly retryAfter: string | null },
): ConnectorError {
  const { system } = answer;
  if (status === 401)
    return new ConnectorError(`${system} does not accept the credential (401). Enter a valid one.`);
  if (status === 403)
    return new ConnectorError(
      `${system} knows the credential and forbids this (403). Check its permissions.`,
    );
  if (status === 404)
    return new ConnectorError(`Nothing answers at this address (404). ${answer.notFoundHint}`);
  if (status === 429)
    return new ConnectorError(`${system} receives too many requests (429). ${waitHint(answer.retryAfter)}`);
  if (status >= 500)
    return new ConnectorError(`${system} has a failure of its own (${status}). Try again later.`);
  return new ConnectorError(`${system} answered with the unexpected status ${status}.`);
}

function waitHint(retryAfter: string | null): string {
  const seconds = /^\d{1,9}$/.test(retryAfter ?? '') ? Number(retryAfter) : null;
  if (seconds === null || seconds > MAX_WAIT_SECONDS) return 'Try again later.';
  return `Try again in ${seconds} s.`;
}

/** The answer came and is not the one of this API: a login page, a proxy, another product. */
export function unreadableAnswer(system: string, cause?: unknown): ConnectorError {
  return new ConnectorError(`The answer is not one of ${system}'s API. Check the address.`, { cause });
}
