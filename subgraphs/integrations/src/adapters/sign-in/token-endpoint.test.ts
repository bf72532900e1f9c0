import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { createOutbound, type AllowedHost, type Outbound } from '@flowgrid/outbound';
import { systemClock } from '@flowgrid/platform';
import { OAUTH_CLIENT, startOAuthServer, type OAuthServer } from '../../testkit/oauth-server.ts';
import { appToken } from './github-app.ts';
import { oauthVendorOf } from './oauth-vendors.ts';
import {
  SignInEnded,
  refreshTokens,
  requestClientToken,
  type OAuthClient,
  type TokenRequest,
} from './token-endpoint.ts';
import { RENEWAL_PAUSE_MS } from './token-margin.ts';
import { TokenMemory } from './token-memory.ts';

let server: OAuthServer;
let outbound: Outbound;

beforeEach(async () => {
  server = await startOAuthServer();
  outbound = createOutbound({ ...reachOf(server), policies: null });
  return async () => {
    await outbound[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
});

function reachOf({ host }: OAuthServer): { readonly allowed: readonly AllowedHost[] } {
  const { hostname, port } = new URL(`http://${host}`);
  return { allowed: [{ hostname, port }] };
}

const signal = (): AbortSignal => AbortSignal.timeout(5_000);

function request(client: OAuthClient = OAUTH_CLIENT): TokenRequest {
  const vendor = { system: 'GitHub', tokenEndpoint: new URL(`${server.url}/login/oauth/access_token`) };
  return { fetch: outbound.fetch, vendor, client, now: new Date(), signal: signal() };
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

describe('a token endpoint', () => {
  it('gives a token for client and secret, and says until when', async () => {
    const tokens = await requestClientToken(request());

    expect(tokens.accessToken).toBe(server.secrets[0]);
    expect(tokens.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
  });

  it.each([200, 400])(
    'that refuses a refresh token with the status %i has ended the sign-in',
    async (status) => {
      server.answer({ status, body: { error: 'bad_refresh_token', error_description: 'secret words' } });

      const failure = await failureOf(refreshTokens(request(), 'refresh-x'));

      expect(failure).toBeInstanceOf(SignInEnded);
      expect(failure).toMatchObject({
        message: 'GitHub has ended the sign-in. Sign in again.',
        status: null,
      });
    },
  );

  it.each([
    ['Atlassian', 403, { error: 'unauthorized_client', error_description: 'refresh_token is invalid' }],
    ['ServiceNow', 401, { error: 'server_error', error_description: 'access_denied' }],
  ])('of %s that knows a refresh token no more has ended the sign-in', async (_vendor, status, body) => {
    server.answer({ status, body });

    expect(await failureOf(refreshTokens(request(), 'refresh-x'))).toBeInstanceOf(SignInEnded);
  });

  it('that does not know the client says so, whatever it is asked for', async () => {
    const stranger = request({ ...OAUTH_CLIENT, clientSecret: 'another' });

    for (const failure of [
      await failureOf(refreshTokens(stranger, 'refresh-x')),
      await failureOf(requestClientToken(stranger)),
    ])
      expect(failure).toMatchObject({
        name: 'ConnectorError',
        status: 401,
        message: 'GitHub does not accept the credential (401). Enter a valid client id and secret.',
      });
  });

  it.each([
    [429, { 'retry-after': '7' }, /too many requests \(429\)/],
    [503, {}, /failure of its own \(503\)/],
    [404, {}, /Nothing answers at this address/],
  ])('that answers %i is no end of the sign-in', async (status, headers, message) => {
    server.answer({ status, body: '<html>', headers }, { status, body: '<html>', headers });

    const failure = await failureOf(refreshTokens(request(), 'refresh-x'));

    expect(failure).not.toBeInstanceOf(SignInEnded);
    expect(failure).toMatchObject({ message: expect.stringMatching(message) });
  });

  // Header lines carry tokens: one with a line break would add headers of the server's choice.
  it.each([
    ['a line break in a token', { access_token: 'a\r\nx-injected: 1', token_type: 'bearer' }],
    ['a token without end', { access_token: 'a'.repeat(20_000), token_type: 'bearer' }],
    ['a space in a token', { access_token: 'secret-a', refresh_token: 'b c', token_type: 'bearer' }],
    ['another type of token', { access_token: 'secret-a', token_type: 'mac' }],
    ['a number', { access_token: 7, token_type: 'bearer' }],
    ['a text', 'no object'],
  ])('is not believed when it answers with %s', async (_what, body) => {
    server.answer({ status: 200, body });

    const failure = await failureOf(requestClientToken(request()));

    expect(failure).toMatchObject({
      name: 'ConnectorError',
      message: expect.stringContaining("GitHub's API"),
    });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('secret-a');
  });
});

describe('tokens that a process remembers', () => {
  it('are asked for once by many, and again when they are refused or end', async () => {
    let now = Date.now();
    const memory = new TokenMemory({ now: () => new Date(now) });
    const signIn = memory.signIn('connection', () => requestClientToken(request()));

    const all = await Promise.all(Array.from({ length: 20 }, () => signIn.authorize(signal())));

    expect(new Set(all).size).toBe(1);
    const [first = ''] = all;
    await Promise.all(Array.from({ length: 20 }, () => signIn.renew(first, signal())));
    expect(await signIn.authorize(signal())).not.toBe(first);
    expect(server.granted).toHaveLength(2);
    server.lifeSeconds = 30;
    now += RENEWAL_PAUSE_MS;
    await signIn.renew(await signIn.authorize(signal()), signal());
    await signIn.authorize(signal());
    expect(server.granted).toHaveLength(4);
  });

  it('are not asked for again and again where none is accepted', async () => {
    let now = Date.now();
    const memory = new TokenMemory({ now: () => new Date(now) });
    const signIn = memory.signIn('connection', () => requestClientToken(request()));
    const renew = async (): Promise<boolean> => signIn.renew(await signIn.authorize(signal()), signal());

    const renewals = [await renew(), await renew(), await renew()];
    now += RENEWAL_PAUSE_MS;
    renewals.push(await renew());

    expect(renewals).toEqual([true, false, false, true]);
    expect(server.granted).toHaveLength(3);
  });

  it('that could not be had are asked for again', async () => {
    const memory = new TokenMemory(systemClock);
    const signIn = memory.signIn('connection', () => requestClientToken(request()));
    server.answer({ status: 400, body: { error: 'temporarily_unavailable' } });
    expect(await failureOf(signIn.authorize(signal()))).toMatchObject({ name: 'ConnectorError' });

    expect(await signIn.authorize(signal())).toBe(`Bearer ${server.secrets.at(-1)}`);
  });
});

it('the token of an app is signed by its key, and lasts for less than the ten minutes that GitHub takes', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const now = new Date('2026-11-23T08:00:00Z');

  const [head = '', claims = '', signature = ''] = appToken({ appId: '4711', privateKey: pem }, now).split(
    '.',
  );

  const key = createPublicKey(privateKey);
  const bytes = Buffer.from(signature, 'base64url');
  expect(verify('sha256', Buffer.from(`${head}.${claims}`), key, bytes)).toBe(true);
  const seconds = now.getTime() / 1000;
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
    iat: seconds - 60,
    exp: seconds + 480,
    iss: '4711',
  });
});

describe('where people sign in', () => {
  const hosts = {
    atlassianAuthUrl: 'https://auth.atlassian.com',
    atlassianApiUrl: 'https://api.atlassian.com',
    githubAuthUrl: 'https://github.com',
  };

  it.each([
    ['GITHUB', 'https://api.github.com', 'https://github.com/login/oauth/authorize'],
    ['GITHUB', 'https://git.example.com/api/v3', 'https://git.example.com/login/oauth/authorize'],
    ['GITHUB', 'https://api.acme.ghe.com', 'https://acme.ghe.com/login/oauth/authorize'],
    ['JIRA', 'https://acme.atlassian.net', 'https://auth.atlassian.com/authorize'],
    ['SERVICENOW', 'https://acme.service-now.com', 'https://acme.service-now.com/oauth_auth.do'],
  ] as const)('at %s of %s is %s', (kind, baseUrl, expected) => {
    expect(oauthVendorOf(kind, baseUrl, hosts).authorizationEndpoint.href).toBe(expected);
  });
});
