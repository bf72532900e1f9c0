/** Attacks on context tokens: each of these must be refused alike. */
import {
  SignJWT,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type CryptoKey,
  type JWTPayload,
} from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { newId, type Clock } from '@flowgrid/platform';
import {
  CONTEXT_TOKEN_ISSUER,
  CONTEXT_TOKEN_TYPE,
  createContextTokenVerifier,
  signContextToken,
  type ContextClaims,
  type ContextTokenVerifier,
} from './context-token.ts';

const clock = { now: () => new Date(time) } satisfies Clock;
let time = Date.parse('2026-11-22T12:00:00Z');
let privateKey: CryptoKey;
let verifier: ContextTokenVerifier;

const claims = {
  kind: 'tenant',
  tenantId: newId(),
  actor: { kind: 'USER', id: newId(), name: 'Ada', userId: newId() },
  permissions: ['agent:read'],
  sessionId: newId(),
} satisfies ContextClaims;

beforeAll(async () => {
  const pair = await generateKeyPair('EdDSA', { extractable: true });
  privateKey = pair.privateKey;
  const keys = createLocalJWKSet({
    keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'EdDSA' }],
  });
  verifier = createContextTokenVerifier({ audience: 'agents', keys, clock });
});

const sign = (audience = 'agents'): Promise<string> =>
  signContextToken(claims, audience, { key: { keyId: 'k', privateKey }, clock });

/** A token whose every part is right but for what the test changes. */
function forge(
  change: { payload?: JWTPayload; header?: { kid?: string; typ?: string } },
  key = privateKey,
): Promise<string> {
  const now = Math.floor(time / 1000);
  const { tenantId, sessionId, ...rest } = claims;
  return new SignJWT({
    ...rest,
    tenant: tenantId,
    sid: sessionId,
    iss: CONTEXT_TOKEN_ISSUER,
    aud: 'agents',
    sub: claims.actor.id,
    jti: newId(),
    iat: now,
    exp: now + 60,
    ...change.payload,
  })
    .setProtectedHeader({ alg: 'EdDSA', typ: CONTEXT_TOKEN_TYPE, kid: 'k', ...change.header })
    .sign(key);
}

test('a valid token gives the viewer', async () => {
  const token = await sign();

  const viewer = await verifier.authenticate(`Bearer ${token}`);

  expect(viewer).toEqual({
    kind: 'tenant',
    tenantId: claims.tenantId,
    actor: claims.actor,
    permissions: new Set(['agent:read']),
    sessionId: claims.sessionId,
    contextToken: token,
  });
});

test('a permission that this release does not know gives nothing', async () => {
  const viewer = await verifier.authenticate(
    `Bearer ${await forge({ payload: { permissions: ['root', 'agent:read'] } })}`,
  );

  expect(viewer).toMatchObject({ permissions: new Set(['agent:read']) });
});

test.each([undefined, '', 'Bearer', 'Bearer x', 'Basic abc', 'Bearer a.b.c'])(
  '%j is refused',
  async (value) => {
    await expect(verifier.authenticate(value)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  },
);

test('a token for another subgraph is refused', async () => {
  await expect(verifier.authenticate(`Bearer ${await sign('design')}`)).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
});

test('a remembered token is refused once it has expired', async () => {
  const token = await sign();
  await verifier.authenticate(`Bearer ${token}`);

  time += 6 * 60 * 1000;

  await expect(verifier.authenticate(`Bearer ${token}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test.each([
  ['another issuer', { payload: { iss: 'somebody' } }],
  ['no expiry', { payload: { exp: undefined } }],
  ['no subject', { payload: { sub: undefined } }],
  ['an access token', { header: { typ: 'at+jwt' } }],
  ['an unknown key', { header: { kid: '../../etc/passwd' } }],
  ['a tenant that is no UUID', { payload: { tenant: "' OR true --" } }],
  ['no tenant', { payload: { tenant: undefined } }],
])('%s is refused', async (_name, change) => {
  const token = await forge(change as Parameters<typeof forge>[0]);

  await expect(verifier.authenticate(`Bearer ${token}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

// Key confusion: a signature of another key under the id of the real one.
test('a token signed by another key is refused', async () => {
  const other = await generateKeyPair('EdDSA');

  const token = await forge({}, other.privateKey);

  await expect(verifier.authenticate(`Bearer ${token}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

// Algorithm confusion: `none`, and a changed payload under an old signature.
test('an unsigned or altered token is refused', async () => {
  const [header = '', payload = '', signature = ''] = (await forge({})).split('.');
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: CONTEXT_TOKEN_TYPE })).toString('base64url');
  const altered = Buffer.from(
    JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), tenant: newId() }),
  ).toString('base64url');

  for (const token of [`${none}.${payload}.`, `${header}.${payload}.`, `${header}.${altered}.${signature}`]) {
    await expect(verifier.authenticate(`Bearer ${token}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
});
