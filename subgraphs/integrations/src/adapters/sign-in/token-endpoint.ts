/** Tokens from the token endpoint of an OAuth 2.0 server, by oauth4webapi over the guarded fetch. */
import * as oauth from 'oauth4webapi';
import { OutboundError, type OutboundFetch } from '@flowgrid/outbound';
import { ConnectorError, statusError, unreadableAnswer } from '../connector-error.ts';
import type { OAuthVendor } from './oauth-vendors.ts';

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  /** Null where the vendor does not say. */
  readonly expiresAt: Date | null;
}

export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface TokenRequest {
  readonly fetch: OutboundFetch;
  readonly vendor: Pick<OAuthVendor, 'system' | 'tokenEndpoint'>;
  readonly client: OAuthClient;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** The vendor does not know the code or the refresh token any more: a person has to sign in again. */
export class SignInEnded extends ConnectorError {
  /** What the vendor called it, one of the words of OAuth. */
  readonly error: string;

  constructor(message: string, error: string) {
    super(message);
    this.error = error;
  }
}

const MAX_TOKEN_LENGTH = 16_384;
/** Header lines carry tokens. */
const TOKEN = /^[\u0021-\u007e]+$/;
/** A client that is unknown or has another secret; the last is GitHub's word. */
const CLIENT_ERRORS = new Set(['invalid_client', 'incorrect_client_credentials']);
/** The first is OAuth's word for it, the second Atlassian's, the others are GitHub's. */
const ENDED_ERRORS = new Set([
  'invalid_grant',
  'unauthorized_client',
  'bad_refresh_token',
  'bad_verification_code',
]);
const MAX_LIFE_SECONDS = 10 * 365 * 24 * 60 * 60;

/** @throws SignInEnded for a code that is not (or no longer) good, ConnectorError and OutboundError for what else fails. */
export function exchangeCode(
  request: TokenRequest,
  grant: { readonly code: string; readonly redirectUri: string; readonly codeVerifier: string },
): Promise<Tokens> {
  return tokensOf(request, async (server, client, options) => {
    const parameters = oauth.validateAuthResponse(
      server,
      client,
      new URLSearchParams({ code: grant.code }),
      oauth.skipStateCheck,
    );
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.ClientSecretPost(request.client.clientSecret),
      parameters,
      grant.redirectUri,
      grant.codeVerifier,
      options,
    );
    return oauth.processAuthorizationCodeResponse(server, client, response);
  });
}

/** @throws SignInEnded when the vendor does not take the refresh token, ConnectorError and OutboundError for what else fails. */
export function refreshTokens(request: TokenRequest, refreshToken: string): Promise<Tokens> {
  return tokensOf(request, async (server, client, options) => {
    const response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      oauth.ClientSecretPost(request.client.clientSecret),
      refreshToken,
      options,
    );
    return oauth.processRefreshTokenResponse(server, client, response);
  });
}

/** @throws ConnectorError or OutboundError */
export async function requestClientToken(request: TokenRequest): Promise<Tokens> {
  try {
    return await clientTokens(request);
  } catch (error) {
    if (!(error instanceof SignInEnded)) throw error;
    // Nobody had signed in: it is the client itself that is not accepted.
    throw refused(request.vendor.system, 'invalid_client', 401);
  }
}

function clientTokens(request: TokenRequest): Promise<Tokens> {
  return tokensOf(request, async (server, client, options) => {
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.ClientSecretPost(request.client.clientSecret),
      new URLSearchParams(),
      options,
    );
    return oauth.processClientCredentialsResponse(server, client, response);
  });
}

type Options = oauth.TokenEndpointRequestOptions;

async function tokensOf(
  request: TokenRequest,
  ask: (
    server: oauth.AuthorizationServer,
    client: oauth.Client,
    options: Options,
  ) => Promise<oauth.TokenEndpointResponse>,
): Promise<Tokens> {
  const { vendor, client, signal, now } = request;
  const { origin, href } = vendor.tokenEndpoint;
  const server: oauth.AuthorizationServer = { issuer: origin, token_endpoint: href };
  const options: Options = {
    signal,
    [oauth.customFetch]: (url, init) => guarded(request.fetch, url, init),
    // Whether a server may be reached by http is decided by the guarded fetch, for each by its name.
    [oauth.allowInsecureRequests]: vendor.tokenEndpoint.protocol === 'http:',
  };
  try {
    return toTokens(await ask(server, { client_id: client.clientId }, options), vendor.system, now);
  } catch (error) {
    throw toFailure(error, vendor.system);
  }
}

async function guarded(
  fetch: OutboundFetch,
  url: string,
  init: oauth.CustomFetchOptions<'POST', URLSearchParams>,
): Promise<Response> {
  const { headers, method, signal } = init;
  const response = await fetch(url, {
    method,
    headers,
    body: init.body.toString(),
    ...(signal && { signal }),
  });
  return withStatusOfError(response);
}

/** GitHub says that it refuses with the status 200: it becomes the one that OAuth has for it. */
async function withStatusOfError(response: Response): Promise<Response> {
  if (response.status !== 200) return response;
  const body = await response.text();
  const { headers } = response;
  return new Response(body, { status: isError(body) ? 400 : 200, headers });
}

function isError(body: string): boolean {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null && 'error' in parsed && !('access_token' in parsed);
  } catch {
    // Whoever reads the answer says that it is none.
    return false;
  }
}

function toTokens(answer: oauth.TokenEndpointResponse, system: string, now: Date): Tokens {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = answer;
  const tokens = [accessToken, ...(refreshToken === undefined ? [] : [refreshToken])];
  const isUsable = tokens.every((token) => TOKEN.test(token) && token.length <= MAX_TOKEN_LENGTH);
  if (!isUsable) throw unreadableAnswer(system);
  const seconds = expiresIn === undefined ? null : Math.min(expiresIn, MAX_LIFE_SECONDS);
  return {
    accessToken,
    refreshToken: refreshToken ?? null,
    expiresAt: seconds === null ? null : new Date(now.getTime() + seconds * 1000),
  };
}

/** The errors of the library carry answers, and with them tokens: none of them is kept as a cause. */
function toFailure(error: unknown, system: string): Error {
  if (error instanceof ConnectorError || error instanceof OutboundError) return error;
  if (error instanceof oauth.ResponseBodyError) return refused(system, error.error, error.status);
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    return refused(system, 'invalid_client', error.status);
  if (error instanceof oauth.OperationProcessingError && error.cause instanceof Response)
    return failedStatus(system, error.cause);
  return unreadableAnswer(system);
}

function failedStatus(system: string, response: Response): Error {
  if (response.status === 200) return unreadableAnswer(system);
  const notFoundHint = 'Check the address.';
  return statusError(response.status, {
    system,
    notFoundHint,
    retryAfter: response.headers.get('retry-after'),
  });
}

function refused(system: string, error: string, status: number): Error {
  if (CLIENT_ERRORS.has(error))
    return new ConnectorError(
      `${system} does not accept the credential (401). Enter a valid client id and secret.`,
      { status: 401 },
    );
  // ServiceNow calls an unknown refresh token a failure of its own, with 401.
  if (ENDED_ERRORS.has(error) || status === 401)
    return new SignInEnded(`${system} has ended the sign-in. Sign in again.`, error);
  if (status === 429 || status >= 500)
    return statusError(status, { system, notFoundHint: '', retryAfter: null });
  return new ConnectorError(`${system} refuses to give a token. Check the app that is registered there.`, {
    status: 401,
  });
}
