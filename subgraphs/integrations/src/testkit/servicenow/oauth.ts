/** OAuth 2.0 of a fake ServiceNow instance: client credentials, authorization codes with PKCE, and refresh tokens. */
import { createHash, randomUUID } from 'node:crypto';
import type { Answer, ServiceNowRequest } from './answers.ts';
import type { Records } from './records.ts';

const LIFETIME_SECONDS = 1_800;

interface Grant {
  readonly client: string;
  readonly user: string;
}

interface Code extends Grant {
  readonly redirectUri: string;
  readonly challenge: string | null;
}

export class OAuth {
  readonly #records: Records;
  readonly #tokens = new Map<string, Grant>();
  readonly #refreshTokens = new Map<string, Grant>();
  readonly #codes = new Map<string, Code>();
  /** A refresh token may be used once, where the instance is told so. */
  rotatesRefreshTokens = false;
  /** Who is signed in at the browser and consents. */
  consents: string | null = null;
  tokenRequests = 0;

  constructor(records: Records) {
    this.#records = records;
  }

  /** Null for a token that is none, or no longer one. */
  userOf(token: string): string | null {
    return this.#tokens.get(token)?.user ?? null;
  }

  expireTokens(): void {
    this.#tokens.clear();
  }

  revokeRefreshTokens(): void {
    this.#refreshTokens.clear();
  }

  answer(request: ServiceNowRequest): Answer | null {
    if (request.path === '/oauth_auth.do' && request.method === 'GET') return this.#authorize(request.query);
    if (request.path !== '/oauth_token.do' || request.method !== 'POST') return null;
    this.tokenRequests += 1;
    const form = new URLSearchParams(request.body);
    const client = this.#records.clients.get(form.get('client_id') ?? '');
    if (client === undefined || client.secret !== form.get('client_secret')) return refused('invalid_client');
    switch (form.get('grant_type')) {
      case 'client_credentials':
        return this.#issue({ client: client.id, user: client.user }, null);
      case 'authorization_code':
        return this.#redeem(client.id, form);
      case 'refresh_token':
        return this.#refresh(client.id, form.get('refresh_token') ?? '');
      default:
        return refused('unsupported_grant_type', 400);
    }
  }

  /** The browser is sent back with a code, as whoever consents. */
  #authorize(query: URLSearchParams): Answer {
    const redirectUri = URL.parse(query.get('redirect_uri') ?? '');
    const client = this.#records.clients.get(query.get('client_id') ?? '');
    if (client === undefined || redirectUri === null || query.get('response_type') !== 'code') {
      return refused('invalid_request', 400);
    }
    const back = new URL(redirectUri);
    back.searchParams.set('state', query.get('state') ?? '');
    if (this.consents === null) {
      back.searchParams.set('error', 'access_denied');
    } else {
      const code = randomUUID();
      this.#codes.set(code, {
        client: client.id,
        user: this.consents,
        redirectUri: redirectUri.href,
        challenge: query.get('code_challenge'),
      });
      back.searchParams.set('code', code);
    }
    return { status: 302, headers: { location: back.href } };
  }

  #redeem(client: string, form: URLSearchParams): Answer {
    const text = form.get('code') ?? '';
    const code = this.#codes.get(text);
    this.#codes.delete(text);
    const redirectUri = URL.parse(form.get('redirect_uri') ?? '')?.href;
    if (code === undefined || code.client !== client || code.redirectUri !== redirectUri) {
      return refused('invalid_grant');
    }
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (code.challenge !== null && code.challenge !== challenge) return refused('invalid_grant');
    return this.#issue(code, this.#newRefreshToken(code));
  }

  #refresh(client: string, token: string): Answer {
    const grant = this.#refreshTokens.get(token);
    if (grant === undefined || grant.client !== client) return refused('invalid_grant');
    if (!this.rotatesRefreshTokens) return this.#issue(grant, token);
    this.#refreshTokens.delete(token);
    return this.#issue(grant, this.#newRefreshToken(grant));
  }

  #newRefreshToken(grant: Grant): string {
    const token = `refresh-${randomUUID()}`;
    this.#refreshTokens.set(token, { client: grant.client, user: grant.user });
    return token;
  }

  #issue(grant: Grant, refreshToken: string | null): Answer {
    const token = `access-${randomUUID()}`;
    this.#tokens.set(token, { client: grant.client, user: grant.user });
    const body = {
      access_token: token,
      ...(refreshToken !== null && { refresh_token: refreshToken }),
      scope: 'useraccount',
      token_type: 'Bearer',
      expires_in: LIFETIME_SECONDS,
    };
    return { status: 200, body };
  }
}

function refused(error: string, status = 401): Answer {
  return { status, body: { error, error_description: error === 'invalid_client' ? 'access_denied' : error } };
}
