/** Access tokens of the built-in issuer: JWTs after RFC 9068, verified after RFC 8725. */
import { SignJWT, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { SigningKey } from '@flowgrid/access';
import { newId, type Clock } from '@flowgrid/platform';
import { ACCESS_TOKEN_ALGORITHM } from '../signing-key/signing-key.ts';

export const ACCESS_TOKEN_AUDIENCE = 'flowgrid';
const ACCESS_TOKEN_TYPE = 'at+jwt';
const CLIENT_ID = 'flowgrid';
const CLOCK_TOLERANCE_SECONDS = 5;
/** Ours have less than 1,000 characters. */
const MAX_LENGTH = 4096;

export interface AccessTokenClaims {
  readonly userId: string;
  readonly tenantId: string;
  readonly sessionId: string;
  readonly expiresAt: Date;
}

const claimsModel = z.object({ sub: z.uuid(), tenant: z.uuid(), sid: z.uuid(), exp: z.number() });

export async function signAccessToken(
  claims: AccessTokenClaims,
  signing: { readonly key: SigningKey; readonly issuer: string; readonly clock: Clock },
): Promise<string> {
  return new SignJWT({ tenant: claims.tenantId, sid: claims.sessionId, client_id: CLIENT_ID })
    .setProtectedHeader({ alg: ACCESS_TOKEN_ALGORITHM, typ: ACCESS_TOKEN_TYPE, kid: signing.key.keyId })
    .setIssuer(signing.issuer)
    .setAudience(ACCESS_TOKEN_AUDIENCE)
    .setSubject(claims.userId)
    .setJti(newId())
    .setIssuedAt(signing.clock.now())
    .setExpirationTime(claims.expiresAt)
    .sign(signing.key.privateKey);
}

/** Null for a token that is not valid, whatever is wrong with it. Rejects only when keys cannot be read. */
export async function verifyAccessToken(
  token: string,
  expected: { readonly keys: JWTVerifyGetKey; readonly issuer: string; readonly clock: Clock },
): Promise<AccessTokenClaims | null> {
  if (token.length > MAX_LENGTH) return null;
  try {
    const { payload } = await jwtVerify(token, expected.keys, {
      algorithms: [ACCESS_TOKEN_ALGORITHM],
      typ: ACCESS_TOKEN_TYPE,
      issuer: expected.issuer,
      audience: ACCESS_TOKEN_AUDIENCE,
      requiredClaims: ['exp', 'sub', 'iat', 'jti'],
      currentDate: expected.clock.now(),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    const { sub, tenant, sid, exp } = claimsModel.parse(payload);
    return { userId: sub, tenantId: tenant, sessionId: sid, expiresAt: new Date(exp * 1000) };
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof z.ZodError) return null;
    throw error;
  }
}
