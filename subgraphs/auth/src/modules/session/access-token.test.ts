import { createPublicKey } from 'node:crypto';
import { SignJWT, UnsecuredJWT, exportJWK, exportSPKI, generateKeyPair, type JWTVerifyGetKey } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  CONTEXT_TOKEN_ISSUER,
  signContextToken,
  verifyContextToken,
  type SigningKey,
} from '@flowgrid/access';
import { newId } from '@flowgrid/platform';
import { signAccessToken, verifyAccessToken, type AccessTokenClaims } from './access-token.ts';

const ISSUER = 'https://flowgrid.test';
const NOW = new Date('2026-05-01T12:00:00Z');
const seconds = NOW.getTime() / 1000;
const clock = { now: () => NOW };
const claims: AccessTokenClaims = {
  userId: newId(),
  tenantId: newId(),
  sessionId: newId(),
  expiresAt: new Date(NOW.getTime() + 900_000),
};

let key: SigningKey;
let keys: JWTVerifyGetKey;
let publicPem: string;
let publicJwk: Awaited<ReturnType<typeof exportJWK>>;

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = { keyId: newId(), privateKey: pair.privateKey };
  keys = async () => pair.publicKey;
  publicPem = await exportSPKI(pair.publicKey);
  publicJwk = await exportJWK(pair.publicKey);
});

const verify = (token: string) => verifyAccessToken(token, { keys, issuer: ISSUER, clock });

interface Forgery {
  readonly header?: Record<string, unknown>;
  readonly payload?: Record<string, unknown>;
}

/** A token as the issuer signs it, but for the given parts; `undefined` leaves a part out. */
function forge({ header, payload }: Forgery): Promise<string> {
  return new SignJWT({
    tenant: claims.tenantId,
    sid: claims.sessionId,
    iss: ISSUER,
    aud: 'flowgrid',
    sub: claims.userId,
    jti: newId(),
    iat: seconds,
    exp: seconds + 900,
    ...payload,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.keyId, ...header })
    .sign(key.privateKey);
}

test('a token of the issuer is verified and says what was signed', async () => {
  const token = await signAccessToken(claims, { key, issuer: ISSUER, clock });

  expect(await verify(token)).toEqual(claims);
  expect(await verify(await forge({}))).toEqual(claims);
});

describe('a token signed with the right key is refused', () => {
  test.each<[string, Forgery]>([
    ['when it has expired', { payload: { exp: seconds - 6 } }],
    ['without expiry', { payload: { exp: undefined } }],
    ['before it begins', { payload: { nbf: seconds + 60 } }],
    ['for another audience', { payload: { aud: 'other' } }],
    ['without audience', { payload: { aud: undefined } }],
    ['of another issuer', { payload: { iss: 'https://evil.test' } }],
    ['without issuer', { payload: { iss: undefined } }],
    ['without subject', { payload: { sub: undefined } }],
    ['without id', { payload: { jti: undefined } }],
    ['without tenant', { payload: { tenant: undefined } }],
    ['with a tenant that is not an id', { payload: { tenant: "' OR 1=1 --" } }],
    ['without session', { payload: { sid: undefined } }],
    ['of type JWT, as an ID token is', { header: { typ: 'JWT' } }],
    ['without type', { header: { typ: undefined } }],
    ['of the type of context tokens', { header: { typ: 'flowgrid-context+jwt' } }],
  ])('%s', async (_case, forgery) => {
    expect(await verify(await forge(forgery))).toBeNull();
  });
});

describe('a forged token is refused', () => {
  test('without signature (alg none)', async () => {
    const token = new UnsecuredJWT({ tenant: claims.tenantId, sid: claims.sessionId, jti: newId() })
      .setIssuer(ISSUER)
      .setAudience('flowgrid')
      .setSubject(claims.userId)
      .setIssuedAt(NOW)
      .setExpirationTime(claims.expiresAt)
      .encode();

    expect(await verify(token)).toBeNull();
  });

  // Attack: the public key, which everybody has, used as the shared secret of HS256.
  test('signed by HS256 with the public key', async () => {
    const der = createPublicKey(publicPem).export({ type: 'spki', format: 'der' });
    for (const secret of [Buffer.from(publicPem), der, Buffer.from(JSON.stringify(publicJwk))]) {
      const token = await new SignJWT({ tenant: claims.tenantId, sid: claims.sessionId, jti: newId() })
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: key.keyId })
        .setIssuer(ISSUER)
        .setAudience('flowgrid')
        .setSubject(claims.userId)
        .setIssuedAt(NOW)
        .setExpirationTime(claims.expiresAt)
        .sign(secret);

      expect(await verify(token)).toBeNull();
    }
  });

  // Attack: the token brings along the key that it is to be verified with.
  test('signed with a key of its own in the header', async () => {
    const own = await generateKeyPair('ES256', { extractable: true });
    const token = await new SignJWT({ tenant: claims.tenantId, sid: claims.sessionId, jti: newId() })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', jwk: await exportJWK(own.publicKey) })
      .setIssuer(ISSUER)
      .setAudience('flowgrid')
      .setSubject(claims.userId)
      .setIssuedAt(NOW)
      .setExpirationTime(claims.expiresAt)
      .sign(own.privateKey);

    expect(await verify(token)).toBeNull();
  });

  test('with another tenant put into it', async () => {
    const [header = '', payload = '', signature = ''] = (await forge({})).split('.');
    const changed = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), tenant: newId() };
    const body = Buffer.from(JSON.stringify(changed)).toString('base64url');

    expect(await verify(`${header}.${body}.${signature}`)).toBeNull();
  });

  test('with its signature cut off, or with much too long a payload', async () => {
    const token = await forge({});

    expect(await verify(token.slice(0, token.lastIndexOf('.') + 1))).toBeNull();
    expect(await verify(token.slice(0, -4))).toBeNull();
    expect(await verify(await forge({ payload: { padding: 'x'.repeat(64_000) } }))).toBeNull();
  });

  test.each(['', '.', '..', 'a.b.c', 'null', '{}'])('that is no token at all: %j', async (text) => {
    expect(await verify(text)).toBeNull();
  });
});

test('an access token is no context token, and a context token no access token', async () => {
  const context = await generateKeyPair('EdDSA', { extractable: true });
  const contextKey = { keyId: newId(), privateKey: context.privateKey };
  const contextToken = await signContextToken({ kind: 'anonymous' }, 'flowgrid', { key: contextKey, clock });
  const accessToken = await forge({
    payload: { iss: CONTEXT_TOKEN_ISSUER, aud: 'agents', kind: 'anonymous' },
  });

  expect(
    await verifyAccessToken(contextToken, { keys: async () => context.publicKey, issuer: ISSUER, clock }),
  ).toBeNull();
  await expect(verifyContextToken(accessToken, { audience: 'agents', keys, clock })).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
});
