/**
 * Context tokens: short-lived JWTs that auth signs for one subgraph each, and the only thing a subgraph believes.
 * Follows RFC 8725: the algorithm is pinned, `typ`, `iss`, `aud`, `sub` and `exp` are required.
 */
import { SignJWT, errors, jwtVerify, type JWTVerifyGetKey, type CryptoKey } from 'jose';
import { z } from 'zod';
import { FlowgridError, newId, type Clock } from '@flowgrid/platform';
import { isPermission, type Permission } from './permissions.ts';
import type { Actor, Viewer } from './viewer.ts';

export const CONTEXT_TOKEN_TYPE = 'flowgrid-context+jwt';
export const CONTEXT_TOKEN_ISSUER = 'flowgrid-auth';
export const CONTEXT_TOKEN_LIFETIME_SECONDS = 300;
export const CONTEXT_TOKEN_ALGORITHM = 'EdDSA';
const CLOCK_TOLERANCE_SECONDS = 5;
const MAX_CACHED_TOKENS = 10_000;

/** What a context token says about its bearer. */
export type ContextClaims =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'tenant';
      readonly tenantId: string;
      readonly actor: Actor;
      readonly permissions: readonly Permission[];
      readonly sessionId: string | null;
    };

/** A private key of auth and the id under which its public half is published. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: CryptoKey;
}

const actorSchema = z.object({
  kind: z.enum(['USER', 'SERVICE_ACCOUNT', 'DESIGN_JOB', 'SYSTEM']),
  id: z.string().min(1),
  name: z.string(),
  userId: z.uuid().nullable(),
});

const claimsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('anonymous'), exp: z.number() }),
  z.object({
    kind: z.literal('tenant'),
    exp: z.number(),
    tenant: z.uuid(),
    actor: actorSchema,
    permissions: z.array(z.string()),
    sid: z.uuid().nullable(),
  }),
]);

/** Signs a context token for one audience, valid for five minutes from now. */
export async function signContextToken(
  claims: ContextClaims,
  audience: string,
  signing: { key: SigningKey; clock: Clock },
): Promise<string> {
  const payload =
    claims.kind === 'anonymous'
      ? { kind: claims.kind }
      : {
          kind: claims.kind,
          tenant: claims.tenantId,
          actor: claims.actor,
          permissions: claims.permissions,
          sid: claims.sessionId,
        };
  const issuedAt = Math.floor(signing.clock.now().getTime() / 1000);
  return new SignJWT({ ...payload })
    .setProtectedHeader({ alg: CONTEXT_TOKEN_ALGORITHM, typ: CONTEXT_TOKEN_TYPE, kid: signing.key.keyId })
    .setIssuer(CONTEXT_TOKEN_ISSUER)
    .setAudience(audience)
    .setSubject(claims.kind === 'anonymous' ? 'anonymous' : claims.actor.id)
    .setJti(newId())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + CONTEXT_TOKEN_LIFETIME_SECONDS)
    .sign(signing.key.privateKey);
}

export interface ContextTokenVerifier {
  /**
   * Verifies an `authorization` value (`Bearer <context token>`) and returns the viewer.
   * @throws FlowgridError `UNAUTHENTICATED` for anything that is not a valid token of this audience,
   * `SERVICE_UNAVAILABLE` when auth's keys were never reachable.
   */
  authenticate(authorization: string | undefined): Promise<Viewer>;
}

/** Makes the verifier of one subgraph. Verified tokens are remembered until they expire: the router sends each many times. */
export function createContextTokenVerifier(options: {
  readonly audience: string;
  readonly keys: JWTVerifyGetKey;
  readonly clock: Clock;
}): ContextTokenVerifier {
  const verified = new Map<string, { viewer: Viewer; expiresAt: number }>();
  return {
    authenticate: async (authorization) => {
      const token = /^Bearer ([\w.-]+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) throw refused();
      const known = verified.get(token);
      if (known && known.expiresAt > options.clock.now().getTime()) return known.viewer;
      const claims = await verifyContextToken(token, options);
      if (verified.size >= MAX_CACHED_TOKENS) verified.clear();
      const viewer = toViewer(claims, token);
      verified.set(token, { viewer, expiresAt: claims.exp * 1000 });
      return viewer;
    },
  };
}

/**
 * Verifies a bare context token of an audience and returns its claims.
 * `graceSeconds` accepts one that expired that long ago, as evidence of a past request.
 */
export async function verifyContextToken(
  token: string,
  options: {
    readonly audience: string;
    readonly keys: JWTVerifyGetKey;
    readonly clock: Clock;
    readonly graceSeconds?: number;
  },
): Promise<z.output<typeof claimsSchema>> {
  try {
    const { payload } = await jwtVerify(token, options.keys, {
      algorithms: [CONTEXT_TOKEN_ALGORITHM],
      typ: CONTEXT_TOKEN_TYPE,
      issuer: CONTEXT_TOKEN_ISSUER,
      audience: options.audience,
      requiredClaims: ['exp', 'sub', 'iat', 'jti'],
      currentDate: options.clock.now(),
      clockTolerance: CLOCK_TOLERANCE_SECONDS + (options.graceSeconds ?? 0),
    });
    return claimsSchema.parse(payload);
  } catch (error) {
    if (
      error instanceof errors.JWKSTimeout ||
      !(error instanceof errors.JOSEError || error instanceof z.ZodError)
    ) {
      throw new FlowgridError('SERVICE_UNAVAILABLE', 'Identities cannot be checked now. Try again shortly.', {
        cause: error,
      });
    }
    throw refused(error);
  }
}

function refused(cause?: unknown): FlowgridError {
  return new FlowgridError('UNAUTHENTICATED', 'A valid context token is required.', { cause });
}

function toViewer(claims: z.output<typeof claimsSchema>, token: string): Viewer {
  if (claims.kind === 'anonymous') return { kind: 'anonymous' };
  return {
    kind: 'tenant',
    tenantId: claims.tenant,
    actor: claims.actor,
    permissions: new Set(claims.permissions.filter(isPermission)),
    sessionId: claims.sid,
    contextToken: token,
  };
}
