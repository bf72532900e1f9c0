/** What can be connected, and what each asks for: enough for a console to draw its forms. */
import type { Capability } from '../../adapters/connector.ts';
import type { Connectors } from '../connection/open-connection.ts';
import { INTEGRATION_KINDS, SYSTEM_NAMES, type IntegrationKind } from './integration.ts';

export interface CredentialField {
  /** In `credential` of `createIntegration`. */
  readonly name: string;
  readonly label: string;
  readonly help: string;
  /** Not shown while it is typed. */
  readonly isSecret: boolean;
  readonly isRequired: boolean;
  /** What it always is; null for what people enter. */
  readonly value: string | null;
}

export interface SignInWay {
  readonly id: string;
  readonly name: string;
  readonly help: string;
  readonly isInBrowser: boolean;
  readonly fields: readonly CredentialField[];
}

export interface IntegrationKindFacts {
  readonly kind: IntegrationKind;
  readonly name: string;
  readonly capabilities: readonly Capability[];
  /** Null where the address has to be given. */
  readonly defaultBaseUrl: string | null;
  readonly baseUrlHelp: string;
  readonly signInWays: readonly SignInWay[];
}

type Described = Pick<IntegrationKindFacts, 'defaultBaseUrl' | 'baseUrlHelp' | 'signInWays'>;

const field = (
  name: string,
  label: string,
  given: Pick<CredentialField, 'help'> & Partial<CredentialField>,
): CredentialField => ({ name, label, isSecret: false, isRequired: true, value: null, ...given });

/** With what is entered alone. */
const way = (facts: Omit<SignInWay, 'isInBrowser'>): SignInWay => ({ ...facts, isInBrowser: false });

/** In the browser: `startIntegrationAuthorization`. */
function browserWay(help: string, others: readonly CredentialField[] = []): SignInWay {
  return {
    id: 'BROWSER',
    name: 'Sign-in in the browser (OAuth)',
    help,
    isInBrowser: true,
    fields: [
      field('clientId', 'Client ID', { help: 'Of the app.' }),
      field('clientSecret', 'Client secret', { help: 'Of the app.', isSecret: true }),
      field('scopes', 'Scopes', {
        help: 'Separated by spaces, in place of the usual ones.',
        isRequired: false,
      }),
      ...others,
    ],
  };
}

const DESCRIBED: Readonly<Record<IntegrationKind, Described>> = {
  GITHUB: {
    defaultBaseUrl: 'https://api.github.com',
    baseUrlHelp: "Leave it out for github.com. A GitHub Enterprise Server's API ends in /api/v3.",
    signInWays: [
      way({
        id: 'TOKEN',
        name: 'Personal access token',
        help: 'Fine-grained, for the repositories that agents work with: Issues read and write, Contents and Pull requests read and write to open pull requests, Webhooks read and write to register them.',
        fields: [field('token', 'Token', { help: 'Begins with github_pat_ or ghp_.', isSecret: true })],
      }),
      way({
        id: 'APP',
        name: 'GitHub App',
        help: 'Acts as the app itself in one organisation, with the permissions that were granted when it was installed.',
        fields: [
          field('appId', 'App ID', { help: 'As its settings show it; its client ID will do too.' }),
          field('installationId', 'Installation ID', {
            help: 'The number at the end of the address of the installation.',
          }),
          field('privateKey', 'Private key', {
            help: 'The PEM file that its settings generate.',
            isSecret: true,
          }),
        ],
      }),
      browserWay('A GitHub App or an OAuth app. Somebody signs in, and the connection acts for them.'),
    ],
  },
  JIRA: {
    defaultBaseUrl: null,
    baseUrlHelp: 'The address of the site, such as https://example.atlassian.net.',
    signInWays: [
      way({
        id: 'API_TOKEN',
        name: 'E-mail address and API token',
        help: 'Of an account that may see and change the projects in question. Tokens are made at id.atlassian.com.',
        fields: [
          field('email', 'E-mail address', { help: 'With which the account signs in.' }),
          field('apiToken', 'API token', { help: 'Shown once when it is made.', isSecret: true }),
        ],
      }),
      way({
        id: 'PERSONAL_ACCESS_TOKEN',
        name: 'Personal access token (Data Center)',
        help: 'Of an account that may see and change the projects in question. Made in its profile; Jira Cloud has none.',
        fields: [
          field('personalAccessToken', 'Token', { help: 'Shown once when it is made.', isSecret: true }),
        ],
      }),
      browserWay(
        'An OAuth 2.0 (3LO) app of developer.atlassian.com, for Jira Cloud. Somebody signs in, and the connection acts for them.',
      ),
    ],
  },
  SERVICENOW: {
    defaultBaseUrl: null,
    baseUrlHelp: 'The address of the instance, such as https://example.service-now.com.',
    signInWays: [
      way({
        id: 'PASSWORD',
        name: 'User and password',
        help: 'A user for integrations, with the role itil or another one that may read and write tasks.',
        fields: [
          field('username', 'User name', { help: 'As it signs in.' }),
          field('password', 'Password', { help: 'Of this user.', isSecret: true }),
        ],
      }),
      way({
        id: 'CLIENT_CREDENTIALS',
        name: 'OAuth client',
        help: 'An entry of the Application Registry that allows client credentials, with the user that it acts as.',
        fields: [
          field('clientId', 'Client ID', { help: 'As the Application Registry shows it.' }),
          field('clientSecret', 'Client secret', { help: 'Of this entry.', isSecret: true }),
        ],
      }),
      browserWay(
        'An entry of the Application Registry for external clients. Somebody signs in, and the connection acts for them.',
        [
          field('grantType', 'Grant type', {
            help: 'It tells this way from the one above.',
            value: 'authorization_code',
          }),
        ],
      ),
    ],
  },
};

export function listIntegrationKinds(connectors: Connectors): readonly IntegrationKindFacts[] {
  return INTEGRATION_KINDS.map((kind) => ({
    kind,
    name: SYSTEM_NAMES[kind],
    capabilities: connectors[kind].capabilities,
    ...DESCRIBED[kind],
  }));
}
