/** Stands in for auth where one subgraph is tested alone: publishes context keys, signs any context token, lets any rule act. */
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import {
  CONTEXT_KEYS_PATH,
  CONTEXT_TOKEN_ALGORITHM,
  ROLE_PERMISSIONS,
  signContextToken,
  type BuiltInRole,
  type ContextClaims,
} from '@flowgrid/access';
import { newId, systemClock } from '@flowgrid/platform';

export interface ContextIssuer extends AsyncDisposable {
  /** The AUTH_URL of the subgraph under test. */
  readonly url: string;
  sign(claims: ContextClaims, audience: string): Promise<string>;
  /** A context token of a made-up user with a built-in role. */
  signFor(
    role: BuiltInRole,
    options: { tenantId: string; audience: string; userId?: string },
  ): Promise<string>;
}

export async function startContextIssuer(): Promise<ContextIssuer> {
  const { privateKey, publicKey } = await generateKeyPair(CONTEXT_TOKEN_ALGORITHM, { extractable: true });
  const keyId = newId();
  const jwk = { ...(await exportJWK(publicKey)), kid: keyId, alg: CONTEXT_TOKEN_ALGORITHM, use: 'sig' };
  const server = createServer((request, response) => {
    if (request.url === '/internal/rule-grants') {
      response.writeHead(204).end();
      return;
    }
    const isKeys = request.url === CONTEXT_KEYS_PATH;
    response.writeHead(isKeys ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKeys ? { keys: [jwk] } : {}));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  const sign: ContextIssuer['sign'] = (claims, audience) =>
    signContextToken(claims, audience, { key: { keyId, privateKey }, clock: systemClock });
  return {
    url: `http://127.0.0.1:${address.port}`,
    sign,
    signFor: (role, { tenantId, audience, userId = newId() }) =>
      sign(
        {
          kind: 'tenant',
          tenantId,
          actor: { kind: 'USER', id: userId, name: `${role} of the test`, userId },
          permissions: ROLE_PERMISSIONS[role],
          sessionId: null,
        },
        audience,
      ),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
