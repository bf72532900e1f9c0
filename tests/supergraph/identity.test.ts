import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { SignJWT, UnsecuredJWT, exportSPKI, generateKeyPair, importJWK, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createLogger, newId, systemClock } from '@flowgrid/platform';
import { openAuthDatabase } from '../../subgraphs/auth/src/database.ts';
import { openKeyRing, type KeyRing } from '../../subgraphs/auth/src/modules/signing-key/key-ring.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import { subscribe } from '../testkit/subscription.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import { send, type RawAnswer } from './answers.ts';

const platform = sharedPlatform();
const stack = new AsyncDisposableStack();
let keyRing: KeyRing;
let tenant: TestTenant;
let stranger: TestTenant;
let claims: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  [tenant, stranger] = await Promise.all([platform.createTenant(), platform.createTenant()]);
  const database = stack.use(openAuthDatabase(platform.database.url('flowgrid_auth')));
  const keySecret = Buffer.from(inject('postgres').secrets.services.authKeySecret, 'base64');
  const logger = createLogger({ name: 'test', level: 'silent' });
  keyRing = stack.use(await openKeyRing({ database, keySecret, clock: systemClock, logger }));
  claims = claimsOf(tenant.users.EDITOR.accessToken);
});
afterAll(() => stack.disposeAsync());

const WHO = '{ viewer { tenant { slug } user { email } permissions } agents { totalCount } }';

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as typeof claims;
}

function sendWho(headers: Readonly<Record<string, string>>): Promise<RawAnswer> {
  return send(platform.graphqlUrl, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: WHO }),
  });
}

/** A token as auth would sign it, but for what is given. */
async function sign(
  payload: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { keyId, privateKey } = keyRing.signer('access');
  return new SignJWT({ ...claims, ...payload })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: keyId, ...header })
    .sign(privateKey);
}

/** The public key is known to everybody: a verifier that lets the token choose its algorithm takes it for a secret. */
async function signByPublicKey(): Promise<string> {
  const response = await fetch(`${platform.routerUrl}/.well-known/jwks.json`);
  const { keys } = (await response.json()) as { keys: (JWK & { kid: string })[] };
  const [jwk] = keys;
  const key = await importJWK({ ...jwk, kty: 'EC', ext: true }, 'ES256', { extractable: true });
  if (key instanceof Uint8Array || !jwk) throw new TypeError('the issuer publishes public keys');
  const header = { alg: 'HS256', typ: 'at+jwt', kid: jwk.kid };
  return new SignJWT(claims).setProtectedHeader(header).sign(Buffer.from(await exportSPKI(key)));
}

async function signByOwnKey(): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256');
  const header = { alg: 'ES256', typ: 'at+jwt', kid: keyRing.signer('access').keyId };
  return new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
}

/** A token for one subgraph, as the router gets it from auth. */
async function getContextToken(): Promise<string> {
  const response = await fetch(`${platform.url('auth')}/internal/context`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${tenant.users.EDITOR.accessToken}`,
    },
    body: JSON.stringify({ audiences: ['agents'] }),
  });
  const { tokens } = (await response.json()) as { tokens: Record<string, string> };
  return String(tokens['agents']);
}

const forgeTenant = (): string => {
  const [header, , signature] = tenant.users.EDITOR.accessToken.split('.');
  const body = Buffer.from(JSON.stringify({ ...claims, tenant: stranger.id })).toString('base64url');
  return `${header}.${body}.${signature}`;
};
const seconds = (): number => Math.floor(Date.now() / 1000);

// Attacks on the one door that everything comes through. The answer tells nothing of what was wrong.
describe('a token that does not hold is refused over HTTP and on a socket', () => {
  test('the token that the others are made from holds', async () => {
    const answer = await sendWho({ authorization: `Bearer ${await sign({})}` });

    expect({ status: answer.status, codes: answer.codes }).toEqual({ status: 200, codes: [] });
  });

  test.each<[string, () => Promise<string> | string]>([
    ['a word', () => 'nonsense'],
    ['a very long one', () => 'x'.repeat(12_000)],
    ['an expired one', () => sign({ exp: seconds() - 60 })],
    ['one without expiry', () => sign({ exp: undefined })],
    ['one of another audience', () => sign({ aud: 'other' })],
    ['one of another issuer', () => sign({ iss: 'https://issuer.example' })],
    ['one of another session', () => sign({ sid: newId() })],
    ['one with the tenant changed and signed', () => sign({ tenant: stranger.id })],
    ['one with the tenant changed', forgeTenant],
    ['`alg: none`', () => new UnsecuredJWT({ ...claims }).encode()],
    ['HS256 with the public key', signByPublicKey],
    ['a key of the forger', signByOwnKey],
    ['a context token', getContextToken],
    ['a refresh token', () => tenant.users.EDITOR.refreshToken],
    ['one that was cut off', () => tenant.users.EDITOR.accessToken.slice(0, -6)],
  ])('%s', async (_name, make) => {
    const token = await make();
    const http = await sendWho({ authorization: `Bearer ${token}` });
    await using socket = subscribe({ query: WHO }, { url: platform.graphqlUrl, token });

    expect(http.status).toBe(401);
    expect(JSON.parse(http.text)).toEqual({
      errors: [
        {
          message: 'The access token is not valid. Sign in again.',
          extensions: { code: 'UNAUTHENTICATED' },
        },
      ],
    });
    expect(await socket.ended).toEqual({ code: 4403, reason: 'Forbidden' });
  });

  test.each(['Basic YWRhOnNlY3JldA==', 'Bearer', 'Bearer a b', 'bearer,x'])(
    'the header value %s is no token, and not nobody either',
    async (authorization) => {
      const { status, codes } = await sendWho({ authorization });

      expect({ status, codes }).toEqual({ status: 401, codes: ['UNAUTHENTICATED'] });
    },
  );
});

const SIGN_IN = `mutation($input: SignInInput!) {
  signIn(input: $input) { accessToken viewer { user { id } } errors { code message path } } }`;

function signIn(input: object, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
  return send(platform.graphqlUrl, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: SIGN_IN, variables: { input } }),
  });
}

// Attack: learning from the answers who has an account.
test('a wrong password, an unknown user and a wrong tenant get the same answer', async () => {
  const { email } = tenant.users.EDITOR;

  const answers = await Promise.all([
    signIn({ email, password: 'wrong', tenant: tenant.slug }),
    signIn({ email: `nobody@${tenant.slug}.test`, password: 'wrong', tenant: tenant.slug }),
    signIn({ email, password: 'flowgrid-test', tenant: stranger.slug }),
    signIn({ email, password: 'flowgrid-test', tenant: 'no-such-tenant' }),
  ]);

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(JSON.parse(answers[0]?.text ?? '')).toMatchObject({
    data: { signIn: { accessToken: null, viewer: null, errors: [{ code: 'INVALID_CREDENTIALS' }] } },
  });
});

test('nobody is signed in without a token: fields of a tenant are null, and say why', async () => {
  const { status, text } = await sendWho({});

  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({
    data: { viewer: null, agents: null },
    errors: [{ path: ['agents'], extensions: { code: 'UNAUTHENTICATED' } }],
  });
});

// Attack: headers that an inner service might believe.
test('headers do not change who asks, in which tenant, or from where', async () => {
  const authorization = `Bearer ${tenant.users.VIEWER.accessToken}`;
  const plain = await sendWho({ authorization });

  const tricked = await Promise.all(
    [
      { 'x-tenant-id': stranger.id, tenant: stranger.slug },
      { 'x-flowgrid-context': 'x', 'x-user-id': stranger.users.OWNER.id, 'x-permissions': 'tenant:manage' },
      { 'x-forwarded-for': '203.0.113.9', 'x-client-address': '203.0.113.9' },
      { cookie: `authorization=${stranger.users.OWNER.accessToken}` },
    ].map((headers) => sendWho({ authorization, ...headers })),
  );

  expect(JSON.parse(plain.text)).toMatchObject({ data: { viewer: { tenant: { slug: tenant.slug } } } });
  expect(tricked.map(({ text }) => text)).toEqual(tricked.map(() => plain.text));
});

// Attack: a second authorization header, hoping that another part of the platform reads that one.
test('a doubled authorization header never mixes two tenants', async () => {
  const both = [tenant.users.VIEWER, stranger.users.OWNER].map(({ accessToken }) => `Bearer ${accessToken}`);
  const body = JSON.stringify({ query: '{ viewer { tenant { slug } } tenant { slug } }' });

  const joined = await sendWho({ authorization: both.join(', ') });
  const lines = await sendLines(both, body);

  expect({ status: joined.status, codes: joined.codes }).toEqual({
    status: 401,
    codes: ['UNAUTHENTICATED'],
  });
  const { slug } = tenant;
  expect(JSON.parse(lines)).toEqual({ data: { viewer: { tenant: { slug } }, tenant: { slug } } });
});

/** Sends each authorization in a line of its own, which `fetch` does not. */
async function sendLines(authorizations: readonly string[], body: string): Promise<string> {
  const { host } = new URL(platform.graphqlUrl);
  const lines = authorizations.flatMap((value) => ['authorization', value]);
  const headers = ['host', host, 'content-type', 'application/json', ...lines];
  const sent = request(platform.graphqlUrl, { method: 'POST', headers });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return text(response);
}

// Attack: guessing a password from ever new addresses that are only claimed.
test('failed sign-ins are counted, whatever address the client claims', async () => {
  const email = tenant.users.ADMIN.email;
  const attempts = Array.from({ length: 11 }, (_value, index) => index);

  const answers: RawAnswer[] = [];
  for (const index of attempts) {
    const address = `203.0.113.${index}`;
    const headers = { 'x-forwarded-for': address, 'x-client-address': address };
    answers.push(await signIn({ email, password: 'wrong', tenant: tenant.slug }, headers));
  }

  expect(answers.map(({ codes }) => codes)).toEqual([
    ...Array.from({ length: 10 }, () => []),
    ['RATE_LIMITED'],
  ]);
});
