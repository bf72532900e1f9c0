/** How each connection signs in, by the form of its credential. Made once in a process: it remembers tokens. */
import type { OutboundFetch } from '@flowgrid/outbound';
import { unreachable, type Clock } from '@flowgrid/platform';
import { basicAuthorization } from '../../adapters/json-request.ts';
import { requestInstallationToken } from '../../adapters/sign-in/github-app.ts';
import { oauthVendorOf, type OAuthHosts } from '../../adapters/sign-in/oauth-vendors.ts';
import { constantSignIn, type SignIn } from '../../adapters/sign-in/sign-in.ts';
import { requestClientToken } from '../../adapters/sign-in/token-endpoint.ts';
import { TokenMemory } from '../../adapters/sign-in/token-memory.ts';
import { needsBrowser, type BrowserCredential, type Credential } from '../credential/credential.ts';
import type { KeptSignIn, TokenKeeper } from './token-keeper.ts';

export interface SignInsOptions {
  readonly keeper: Pick<TokenKeeper, 'accessToken' | 'renewedToken'>;
  readonly clock: Clock;
  readonly hosts: OAuthHosts;
}

/** What a sign-in is for. */
export interface SignInPlace {
  readonly tenantId: string;
  readonly integrationId: string;
  readonly connectionRevision: number;
  readonly baseUrl: string;
  readonly credential: Credential;
}

export class SignIns {
  readonly #options: SignInsOptions;
  readonly #memory: TokenMemory;

  constructor(options: SignInsOptions) {
    this.#options = options;
    this.#memory = new TokenMemory(options.clock);
  }

  /** `fetch` sends the requests of signing in. */
  open(fetch: OutboundFetch, place: SignInPlace): SignIn {
    const { baseUrl, credential } = place;
    if (needsBrowser(credential)) return this.#kept(this.describe(fetch, place, credential));
    switch (credential.kind) {
      case 'GITHUB':
        if ('token' in credential) return constantSignIn(`token ${credential.token}`);
        return this.#remembered(place, (signal) =>
          requestInstallationToken(fetch, { baseUrl, ...credential }, { now: this.#now(), signal }),
        );
      case 'JIRA':
        return constantSignIn(
          'apiToken' in credential
            ? basicAuthorization(credential.email, credential.apiToken)
            : `Bearer ${credential.personalAccessToken}`,
        );
      case 'SERVICENOW': {
        if ('username' in credential)
          return constantSignIn(basicAuthorization(credential.username, credential.password));
        const vendor = oauthVendorOf(credential.kind, baseUrl, this.#options.hosts);
        return this.#remembered(place, (signal) =>
          requestClientToken({ fetch, vendor, client: credential, now: this.#now(), signal }),
        );
      }
      default:
        return unreachable(credential);
    }
  }

  /** Of a credential that somebody signed in with in the browser. */
  describe(fetch: OutboundFetch, place: SignInPlace, credential: BrowserCredential): KeptSignIn {
    const { tenantId, integrationId, connectionRevision, baseUrl } = place;
    const vendor = oauthVendorOf(credential.kind, baseUrl, this.#options.hosts);
    return { tenantId, integrationId, connectionRevision, vendor, client: credential, fetch };
  }

  #now(): Date {
    return this.#options.clock.now();
  }

  #remembered(place: SignInPlace, request: Parameters<TokenMemory['signIn']>[1]): SignIn {
    const { tenantId, integrationId, connectionRevision } = place;
    return this.#memory.signIn(`${tenantId} ${integrationId} ${connectionRevision}`, request);
  }

  #kept(signIn: KeptSignIn): SignIn {
    const { keeper } = this.#options;
    return {
      authorize: async (signal) => `Bearer ${await keeper.accessToken(signIn, signal)}`,
      renew: async (authorization, signal) =>
        (await keeper.renewedToken(signIn, authorization.replace(/^Bearer /, ''), signal)) !== null,
    };
  }
}
