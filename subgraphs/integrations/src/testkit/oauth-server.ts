/**
 * A local server at which people sign in by OAuth 2.0, as strict as the strictest of the vendors: codes are good once, with their
 * PKCE verifier and redirect address; refresh tokens are good once, and one that comes again ends the whole sign-in; tokens end.
 */
import { createHash, createVerify, randomBytes, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export const OAUTH_CLIENT = { clientId: 'client-0001', clientSecret: 'oauth-client-secret-0001' };
/** Of the GitHub App that the server knows. */
export const APP = { appId: '4711', installationId: '815' };
const JIRA_SCOPES = ['read:jira-work', 'write:jira-work', 'read:jira-user', 'manage:jira-webhook'];
/** The site that whoever signs in may use, as Jira names it. */
export const CLOUD_ID = '1324a887-45db-1bf4-1e99-ef0ff456d421';

/** What a request to the token endpoint is answered with, in place of what is right. */
export interface OddAnswer {
  readonly status: number;
  readonly body?: unknown;
  /** The vendor does what is asked, and the answer is lost on its way. */
  readonly isLost?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Grant {
  readonly family: number;
  readonly challenge: string;
  readonly redirectUri: string;
}

interface Family {
  accessToken: string;
  accessUntil: number;
  refreshToken: string;
  formerRefreshToken: string | null;
  isRevoked: boolean;
}

export interface OAuthServer extends AsyncDisposable {
  readonly url: string;
  /** `host:port`, as OUTBOUND_ALLOW_HOSTS has it. */
  readonly host: string;
  /** The grant type of each request to the token endpoint that was answered in earnest. */
  readonly granted: readonly string[];
  /** `METHOD path` of each request. */
  readonly requests: readonly string[];
  /** Every secret that it gave. */
  readonly secrets: readonly string[];
  /** What the sign-in page is answered with; by default the code and the state go to the redirect address. */
  deny: boolean;
  /** GitHub says 200 when it refuses. */
  saysErrorsWith200: boolean;
  /** ServiceNow and OAuth apps of GitHub give no other refresh token. */
  rotates: boolean;
  lifeSeconds: number;
  /** Takes the refresh token before the last one too, as Jira does for ten minutes. */
  hasGrace: boolean;
  /** What `iss` the answers of the sign-in page carry. */
  iss: string | null;
  /** Addresses of the sites that accessible-resources names. */
  sites: readonly string[];
  /** The public key of the GitHub App. */
  appKey: KeyObject | null;
  /** The next requests to the token endpoint are answered so. */
  answer(...odd: readonly OddAnswer[]): void;
  /** Requests to the token endpoint wait for this to resolve. */
  hold(until: Promise<void>): void;
  /** Ends every access token that it gave. */
  expire(): void;
  /** As if the person had taken the app's access away. */
  revoke(): void;
  /** What a browser does at the sign-in page: the address it is sent to. */
  signIn(authorizationUrl: string): URL;
}

/** Listens on a free port of the loopback. The caller disposes of it. */
export async function startOAuthServer(): Promise<OAuthServer> {
  const vendor = new Vendor();
  const server = createServer((request, response) => void vendor.serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  vendor.port = typeof address === 'object' && address !== null ? address.port : 0;
  return Object.assign(vendor, {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

class Vendor implements Omit<OAuthServer, typeof Symbol.asyncDispose> {
  port = 0;
  deny = false;
  saysErrorsWith200 = false;
  rotates = true;
  lifeSeconds = 3_600;
  hasGrace = false;
  iss: string | null = null;
  sites: readonly string[] = [];
  appKey: KeyObject | null = null;
  readonly granted: string[] = [];
  readonly requests: string[] = [];
  readonly secrets: string[] = [];
  readonly #odd: OddAnswer[] = [];
  readonly #codes = new Map<string, Grant>();
  readonly #families: Family[] = [];
  readonly #clientTokens = new Set<string>();
  #held: Promise<void> = Promise.resolve();

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  answer(...odd: readonly OddAnswer[]): void {
    this.#odd.push(...odd);
  }

  hold(until: Promise<void>): void {
    this.#held = until;
  }

  expire(): void {
    for (const family of this.#families) family.accessUntil = 0;
    this.#clientTokens.clear();
  }

  revoke(): void {
    for (const family of this.#families) family.isRevoked = true;
  }

  signIn(authorizationUrl: string): URL {
    const { searchParams: asked } = new URL(authorizationUrl);
    const target = new URL(asked.get('redirect_uri') ?? '');
    const state = asked.get('state') ?? '';
    target.searchParams.set('state', state);
    if (this.deny) target.searchParams.set('error', 'access_denied');
    else target.searchParams.set('code', this.#makeCode(asked));
    if (this.iss !== null) target.searchParams.set('iss', this.iss);
    return target;
  }

  #makeCode(asked: URLSearchParams): string {
    const isRight =
      asked.get('response_type') === 'code' &&
      asked.get('client_id') === OAUTH_CLIENT.clientId &&
      asked.get('code_challenge_method') === 'S256';
    if (!isRight) throw new Error('the sign-in page was asked for the wrong thing');
    const code = this.#makeSecret('code');
    this.#codes.set(code, {
      family: this.#families.length,
      challenge: asked.get('code_challenge') ?? '',
      redirectUri: asked.get('redirect_uri') ?? '',
    });
    this.#families.push({
      accessToken: '',
      accessUntil: 0,
      refreshToken: '',
      formerRefreshToken: null,
      isRevoked: false,
    });
    return code;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    this.requests.push(`${request.method} ${url.pathname}`);
    const body = await readBody(request);
    if (/\/(oauth_token\.do|oauth\/token|access_token)$/.test(url.pathname))
      return this.#serveToken(new URLSearchParams(body), response);
    if (/\/(authorize|oauth_auth\.do)$/.test(url.pathname)) {
      response.writeHead(302, { location: this.signIn(url.href).href }).end();
      return;
    }
    if (url.pathname.endsWith(`/app/installations/${APP.installationId}/access_tokens`))
      return this.#serveInstallation(request, response);
    return this.#serveApi(url, request, response);
  }

  async #serveToken(form: URLSearchParams, response: ServerResponse): Promise<void> {
    await this.#held;
    const odd = this.#odd.shift();
    if (odd && odd.isLost !== true)
      return send(response, odd.status, odd.body ?? { error: 'server_error' }, odd.headers);
    const isClient =
      form.get('client_id') === OAUTH_CLIENT.clientId &&
      form.get('client_secret') === OAUTH_CLIENT.clientSecret;
    const granted = isClient ? this.#grant(form) : { error: 'invalid_client' };
    if (odd?.isLost === true) {
      response.destroy();
      return;
    }
    const status = 'error' in granted && !this.saysErrorsWith200 ? (isClient ? 400 : 401) : 200;
    send(response, status, granted);
  }

  #grant(form: URLSearchParams): Readonly<Record<string, unknown>> {
    const type = form.get('grant_type') ?? '';
    this.granted.push(type);
    switch (type) {
      case 'authorization_code':
        return this.#redeem(form);
      case 'refresh_token':
        return this.#refresh(form.get('refresh_token') ?? '');
      case 'client_credentials': {
        const token = this.#makeSecret('client');
        this.#clientTokens.add(token);
        return { access_token: token, token_type: 'Bearer', expires_in: this.lifeSeconds };
      }
      default:
        return { error: 'unsupported_grant_type' };
    }
  }

  #redeem(form: URLSearchParams): Readonly<Record<string, unknown>> {
    const code = form.get('code') ?? '';
    const grant = this.#codes.get(code);
    this.#codes.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isRight = grant?.challenge === challenge && grant.redirectUri === form.get('redirect_uri');
    const family = grant && this.#families[grant.family];
    return isRight && family ? this.#renew(family) : { error: 'invalid_grant' };
  }

  #refresh(token: string): Readonly<Record<string, unknown>> {
    const family = this.#families.find(
      ({ refreshToken, formerRefreshToken }) =>
        refreshToken === token || (this.hasGrace && formerRefreshToken === token),
    );
    if (family && !family.isRevoked) return this.#renew(family);
    // One that was used before: whoever has it may be a thief, so nobody goes on.
    if (token.startsWith('refresh-')) this.revoke();
    return { error: 'invalid_grant' };
  }

  #renew(family: Family): Readonly<Record<string, unknown>> {
    family.accessToken = this.#makeSecret('access');
    family.accessUntil = Date.now() + this.lifeSeconds * 1000;
    const isNew = this.rotates || family.refreshToken === '';
    if (isNew) {
      family.formerRefreshToken = family.refreshToken;
      family.refreshToken = this.#makeSecret('refresh');
    }
    return {
      access_token: family.accessToken,
      token_type: 'bearer',
      expires_in: this.lifeSeconds,
      scope: 'all',
      ...(isNew && { refresh_token: family.refreshToken }),
    };
  }

  #serveInstallation(request: IncomingMessage, response: ServerResponse): void {
    const [head = '', claims = '', signature = ''] = (request.headers.authorization ?? '')
      .slice(7)
      .split('.');
    const isSigned =
      this.appKey !== null &&
      createVerify('sha256').update(`${head}.${claims}`).verify(this.appKey, signature, 'base64url');
    const says = isSigned && Buffer.from(claims, 'base64url').toString().includes(`"iss":"${APP.appId}"`);
    if (!says) return send(response, 401, { message: 'A JSON web token could not be decoded' });
    const token = this.#makeSecret('installation');
    this.#clientTokens.add(token);
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    return send(response, 201, { token, expires_at: expiresAt });
  }

  #serveApi(url: URL, request: IncomingMessage, response: ServerResponse): void {
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const isKnown =
      this.#clientTokens.has(token) ||
      this.#families.some(
        ({ accessToken, accessUntil, isRevoked }) =>
          accessToken === token && accessUntil > Date.now() && !isRevoked,
      );
    if (!isKnown) return send(response, 401, { message: `no such token: ${token}` });
    const answer = this.#api(url);
    return answer === null ? send(response, 404, { message: 'Not Found' }) : send(response, 200, answer);
  }

  /** What the connectors ask when they are tested. */
  #api(url: URL): unknown {
    switch (url.pathname.slice(url.pathname.lastIndexOf('/') + 1)) {
      case 'accessible-resources':
        return this.sites.map((site) => ({ id: CLOUD_ID, url: site, name: 'site', scopes: JIRA_SCOPES }));
      case 'myself':
        return { accountId: '5b10', emailAddress: 'person@example.test' };
      case 'mypermissions': {
        const ids = (url.searchParams.get('permissions') ?? '').split(',');
        return { permissions: Object.fromEntries(ids.map((id) => [id, { havePermission: true }])) };
      }
      case 'sys_user':
        return { result: [{ user_name: both('person') }] };
      case 'sys_user_has_role':
        return { result: [{ 'role.name': both('itil') }] };
      case 'task':
      case 'incident':
        return { result: [{ sys_id: both('1') }] };
      case 'user':
        return { login: 'octocat', id: 1 };
      default:
        return null;
    }
  }

  #makeSecret(kind: string): string {
    const secret = `${kind}-${randomBytes(18).toString('base64url')}`;
    this.secrets.push(secret);
    return secret;
  }
}

/** A field of ServiceNow, as it is read with `sysparm_display_value=all`. */
function both(value: string): { readonly display_value: string; readonly value: string } {
  return { display_value: value, value };
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
