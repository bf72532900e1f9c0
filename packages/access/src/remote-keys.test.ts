import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger, systemClock } from '@flowgrid/platform';
import { SignJWT, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { CONTEXT_KEYS_PATH, followRemoteKeys } from './remote-keys.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

async function startIssuer(answer: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

test('keys come from any replica of the issuer, and stay when all of them are gone', async () => {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'EdDSA' };
  const asked: (string | undefined)[] = [];
  const gone = await startIssuer(() => undefined);
  await gone[Symbol.asyncDispose]();
  const there = await startIssuer((request, response) => {
    if (request.url !== '/readyz') asked.push(request.url);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] }));
  });
  await using remote = followRemoteKeys({
    issuer: { service: 'auth', urls: [gone.url, there.url] },
    path: CONTEXT_KEYS_PATH,
    logger,
  });
  const token = await new SignJWT({ sub: 'me' })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'one' })
    .setIssuedAt(systemClock.now())
    .sign(privateKey);

  const first = await jwtVerify(token, remote.keys);
  await there[Symbol.asyncDispose]();
  const second = await jwtVerify(token, remote.keys);

  expect([first.payload.sub, second.payload.sub]).toEqual(['me', 'me']);
  expect(asked).toEqual([CONTEXT_KEYS_PATH]);
});
