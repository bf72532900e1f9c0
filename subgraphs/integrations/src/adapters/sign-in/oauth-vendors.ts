/** Where and how people sign in at each kind of system by OAuth 2.0. */
import { unreachable } from '@flowgrid/platform';
import { below } from '../json-request.ts';
import type { IntegrationKind } from '../../modules/integration/integration.ts';

/** The vendors' own hosts, which differ in tests alone. */
export interface OAuthHosts {
  readonly atlassianAuthUrl: string;
  readonly atlassianApiUrl: string;
  readonly githubAuthUrl: string;
}

export interface OAuthVendor {
  readonly system: string;
  readonly authorizationEndpoint: URL;
  readonly tokenEndpoint: URL;
  /** Asked for when the credential names no scopes; empty where the app registered at the vendor says them. */
  readonly scopes: string;
  /** What the vendor wants besides in the address that people are sent to. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** To read and write issues, register webhooks and get refresh tokens. */
const JIRA_SCOPES = 'read:jira-work write:jira-work read:jira-user manage:jira-webhook offline_access';
const GITHUB_SCOPES = 'repo read:user';
const GITHUB_API = 'https://api.github.com';

export function oauthVendorOf(kind: IntegrationKind, baseUrl: string, hosts: OAuthHosts): OAuthVendor {
  switch (kind) {
    case 'GITHUB': {
      const site = githubSite(baseUrl, hosts);
      return {
        system: 'GitHub',
        authorizationEndpoint: below(site, 'login/oauth/authorize'),
        tokenEndpoint: below(site, 'login/oauth/access_token'),
        // A GitHub App has permissions instead and takes no notice of it.
        scopes: GITHUB_SCOPES,
        parameters: {},
      };
    }
    case 'JIRA':
      return {
        system: 'Jira',
        authorizationEndpoint: below(hosts.atlassianAuthUrl, 'authorize'),
        tokenEndpoint: below(hosts.atlassianAuthUrl, 'oauth/token'),
        scopes: JIRA_SCOPES,
        parameters: { audience: 'api.atlassian.com', prompt: 'consent' },
      };
    case 'SERVICENOW':
      return {
        system: 'ServiceNow',
        authorizationEndpoint: below(baseUrl, 'oauth_auth.do'),
        tokenEndpoint: below(baseUrl, 'oauth_token.do'),
        scopes: '',
        parameters: {},
      };
    default:
      return unreachable(kind);
  }
}

/** Where people sign in at the GitHub of an API: the server itself for Enterprise, whose API is below it or at `api.` of it. */
function githubSite(baseUrl: string, { githubAuthUrl }: OAuthHosts): string {
  if (baseUrl === GITHUB_API) return githubAuthUrl;
  const { protocol, host } = new URL(baseUrl);
  return `${protocol}//${host.replace(/^api\.(?=.+\.ghe\.com$)/, '')}`;
}
