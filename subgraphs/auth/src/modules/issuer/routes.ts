/** What anybody may know of the issuer of access tokens. */
import type { FastifyInstance } from 'fastify';
import { ACCESS_TOKEN_ALGORITHM } from '../signing-key/signing-key.ts';
import type { KeyRing } from '../signing-key/key-ring.ts';

/** Much shorter than the time for which a new key is published before it signs. */
const CACHE_CONTROL = 'public, max-age=300';

export function addIssuerRoutes(
  app: FastifyInstance,
  { keyRing, issuer }: { keyRing: KeyRing; issuer: string },
): void {
  app.get('/.well-known/openid-configuration', (_request, reply) =>
    reply.header('cache-control', CACHE_CONTROL).send({
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      // Sessions start by GraphQL: there is no authorization endpoint, and no OAuth flow to name.
      response_types_supported: [],
      grant_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [ACCESS_TOKEN_ALGORITHM],
      claims_supported: ['iss', 'aud', 'sub', 'exp', 'iat', 'jti', 'client_id', 'tenant', 'sid'],
    }),
  );
  app.get('/.well-known/jwks.json', (_request, reply) =>
    reply.header('cache-control', CACHE_CONTROL).send(keyRing.jwks('access')),
  );
}
