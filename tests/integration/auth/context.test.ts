import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  SignJWT,
  UnsecuredJWT,
  exportSPKI,
  generateKeyPair,
  importJWK,
  createRemoteJWKSet,
  jwtVerify,
} from 'jose';
import { openContextTokenVerifier } from '@flowgrid/access';
import { createLogger, newId, systemClock } from '@flowgrid/platform';
import { openKeyRing, type KeyRing } from '../../../subgraphs/auth/src/modules/signing-key/key-ring.ts';
import { postGraphQL } from '../../testkit/graphql.ts';
import { PASSWORD, startAuthService, type AuthService } from './service.ts';

let auth: AuthService;
let keyRing: KeyRing;
let accessToken: string;
let claims: Record<string, unknown>;
let tenants: readonly string[];

const logger = createLogger({ name: 'test', level: 'silent' });
const REFUSAL = {
  errors: [
    { message: 'The access token is not valid. Sign in again.', extensions: { code: 'UNAUTHENTICATED' } },
  ],
};

beforeAll(async () => {
  auth = await startAuthService();
  const provisioned = await auth.provision({
    tenants: ['one', 'two'].map((slug) => ({
      slug,
      name: slug,
      users: [{ email: `ada@${slug}.test`, name: 'Ada', password: PASSWORD, role: 'EDITOR' as const }],
    })),
  });
  tenants = provisioned.map(({ id }) => id);
  ({ accessToken } = await auth.signIn({ email: 'ada@one.test' }));
  claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as typeof claims;
  const { authKeySecret } = inject('postgres').secrets.services;
  const keySecret = Buffer.from(authKeySecret, 'base64');
  keyRing = await openKeyRing({ database: auth.database, keySecret, clock: systemClock, logger });
});
afterAll(async () => {
  keyRing[Symbol.dispose]();
  await auth[Symbol.asyncDispose]();
});

test('an access token is exchanged for one context token per audience', async () => {
  const { status, cacheControl, body } = await auth.exchange(`Bearer ${accessToken}`, ['agents', 'design']);

  expect({ status, cacheControl }).toEqual({ status: 200, cacheControl: 'no-store' });
  expect(body).toEqual({
    tokens: { agents: expect.any(String), design: expect.any(String) },
    expiresAt: expect.stringMatching(/Z$/),
    accessTokenExpiresAt: new Date(Number(claims['exp']) * 1000).toISOString(),
    permissions: expect.arrayContaining(['agent:read', 'agent:write', 'design:run', 'user:read']),
    anonymous: false,
    tenantId: tenants[0],
    sessionId: claims['sid'],
    actorId: claims['sub'],
  });
});

test('a context token is believed by its audience alone, with the published keys', async () => {
  const { tokens } = (await auth.exchange(`Bearer ${accessToken}`, ['agents', 'design'])).body;
  const authUrls = [auth.url];
  await using verifier = openContextTokenVerifier({
    audience: 'agents',
    authUrls,
    clock: systemClock,
    logger,
  });

  expect(await verifier.authenticate(`Bearer ${tokens['agents']}`)).toMatchObject({
    kind: 'tenant',
    tenantId: tenants[0],
    actor: { kind: 'USER', name: 'Ada', id: claims['sub'], userId: claims['sub'] },
    sessionId: claims['sid'],
  });
  // Attack: a token for one service is replayed to another.
  await expect(verifier.authenticate(`Bearer ${tokens['design']}`)).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
});

test('without a token the answer is a context token of nobody', async () => {
  const { status, body } = await auth.exchange(undefined, ['auth']);

  expect(status).toBe(200);
  expect(body).toEqual({
    tokens: { auth: expect.any(String) },
    expiresAt: expect.any(String),
    accessTokenExpiresAt: null,
    permissions: [],
    anonymous: true,
    tenantId: null,
    sessionId: null,
    actorId: null,
  });
});

describe('a bad token gets the one answer for all of them', () => {
  const sign = async (
    payload: Record<string, unknown>,
    header: Record<string, unknown> = {},
  ): Promise<string> => {
    const { keyId, privateKey } = keyRing.signer('access');
    return new SignJWT({ ...claims, ...payload })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: keyId, ...header })
      .sign(privateKey);
  };
  const now = Math.floor(Date.now() / 1000);

  const cases: readonly [string, () => Promise<string> | string][] = [
    ['nothing at all', () => ''],
    ['a word', () => 'Bearer nonsense'],
    ['another scheme', () => `Basic ${Buffer.from('ada:secret').toString('base64')}`],
    ['an expired one', async () => `Bearer ${await sign({ exp: now - 10 })}`],
    ['one without expiry', async () => `Bearer ${await sign({ exp: undefined })}`],
    ['one for another audience', async () => `Bearer ${await sign({ aud: 'other' })}`],
    ['one of another issuer', async () => `Bearer ${await sign({ iss: 'https://evil.test' })}`],
    ['one of another session', async () => `Bearer ${await sign({ sid: newId() })}`],
    ['one of another user', async () => `Bearer ${await sign({ sub: newId() })}`],
    ['the session in another tenant', async () => `Bearer ${await sign({ tenant: tenants[1] })}`],
    ['an unknown key id', async () => `Bearer ${await sign({}, { kid: newId() })}`],
    ['a key id as an attack', async () => `Bearer ${await sign({}, { kid: "../../etc/passwd' OR 1=1" })}`],
    ['no signature', () => `Bearer ${new UnsecuredJWT(claims).encode()}`],
    [
      'a context token',
      async () => {
        const { tokens } = (await auth.exchange(`Bearer ${accessToken}`)).body;
        return `Bearer ${tokens['auth']}`;
      },
    ],
    [
      'a key of the forger',
      async () => {
        const { privateKey } = await generateKeyPair('ES256');
        const { keyId } = keyRing.signer('access');
        return `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: keyId }).sign(privateKey)}`;
      },
    ],
    [
      'the context key',
      async () => {
        const { keyId, privateKey } = keyRing.signer('context');
        return `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: keyId }).sign(privateKey)}`;
      },
    ],
    [
      'HS256 with the public key',
      async () => {
        const jwk = keyRing.jwks('access').keys[0] ?? { kty: 'EC' };
        const key = await importJWK({ ...jwk, ext: true }, 'ES256', { extractable: true });
        if (key instanceof Uint8Array) throw new TypeError('a public key is no secret');
        const secret = Buffer.from(await exportSPKI(key));
        return `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: String(jwk.kid) }).sign(secret)}`;
      },
    ],
    [
      'a changed tenant',
      () => {
        const [header, , signature] = accessToken.split('.');
        const body = Buffer.from(JSON.stringify({ ...claims, tenant: tenants[1] })).toString('base64url');
        return `Bearer ${header}.${body}.${signature}`;
      },
    ],
    ['a signature that was cut off', () => `Bearer ${accessToken.slice(0, -8)}`],
  ];

  test.each(cases)('%s', async (_case, make) => {
    const { status, body, cacheControl } = await auth.exchange(await make());

    expect({ status, body, cacheControl }).toEqual({ status: 401, body: REFUSAL, cacheControl: 'no-store' });
  });
});

test('an access token opens no subgraph', async () => {
  const answer = await postGraphQL(
    `${auth.url}/graphql`,
    { query: '{ viewer { permissions } }' },
    accessToken,
  );

  expect(answer).toMatchObject({
    status: 401,
    data: null,
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  });
});

test.each([
  ['no audience', { audiences: [] }],
  ['too many', { audiences: Array.from({ length: 17 }, (_, index) => `a${'b'.repeat(index)}`) }],
  ['a name that is none', { audiences: ['Agents!'] }],
  ['something else', []],
])('a request with %s is refused with a code', async (_case, body) => {
  const response = await fetch(`${auth.url}/internal/context`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
});

test.each([
  ['text/plain', 'audiences', 400],
  ['application/json', '{"audiences":', 400],
  ['application/json', JSON.stringify({ audiences: ['x'.repeat(20_000)] }), 413],
])('a body of %s that is not what it says is refused with a code: %#', async (type, body, status) => {
  const response = await fetch(`${auth.url}/internal/context`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });

  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: expect.any(String) } }] });
});

test('anybody can verify access tokens by the discovery document', async () => {
  const response = await fetch(`${auth.url}/.well-known/openid-configuration`);
  const document = (await response.json()) as { issuer: string; jwks_uri: string };
  const keys = createRemoteJWKSet(new URL(new URL(document.jwks_uri).pathname, auth.url));
  const { payload } = await jwtVerify(accessToken, keys, { issuer: document.issuer, audience: 'flowgrid' });

  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  expect(payload.sub).toBe(claims['sub']);
});

test('no private part of a key is published', async () => {
  for (const path of ['/.well-known/jwks.json', '/internal/context-keys']) {
    const { keys } = (await (await fetch(`${auth.url}${path}`)).json()) as {
      keys: Record<string, unknown>[];
    };

    expect(keys).toHaveLength(1);
    expect(keys.flatMap((key) => Object.keys(key))).not.toContain('d');
  }
});

test('while the database is gone the exchange says so, and it goes on afterwards', async () => {
  await auth.testDatabase.cutConnections();

  const answers = await Promise.all(Array.from({ length: 3 }, () => auth.exchange(`Bearer ${accessToken}`)));

  for (const { status } of answers) expect([200, 503]).toContain(status);
  expect((await auth.exchange(`Bearer ${accessToken}`)).status).toBe(200);
});
