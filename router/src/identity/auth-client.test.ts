import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { createLogger } from '@flowgrid/platform';
import { expect, test } from 'vitest';
import { startPlain } from '../testkit/subgraphs.ts';
import { AuthClient } from './auth-client.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

const ANSWER = {
  tokens: { agents: 'jwt-1' },
  expiresAt: '2026-01-01T00:05:00.000Z',
  accessTokenExpiresAt: null,
  permissions: ['agent:read'],
  anonymous: false,
  tenantId: 't',
  sessionId: 's',
  actorId: 'u',
};

test('a bearer token is exchanged for one context token per audience', async () => {
  const seen: unknown[] = [];
  const record = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    seen.push([request.method, request.url, request.headers.authorization, await text(request)]);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(ANSWER));
  };
  await using auth = await startPlain((request, response) => void record(request, response));
  await using client = new AuthClient({ authUrls: [auth.url], logger, audiences: ['agents'] });

  const grant = await client.exchange('token-1');
  await client.exchange(null);

  expect(grant).toEqual({
    ...ANSWER,
    tokens: new Map([['agents', 'jwt-1']]),
    expiresAt: new Date(ANSWER.expiresAt),
    permissions: new Set(['agent:read']),
  });
  expect(seen).toEqual([
    ['POST', '/internal/context', 'Bearer token-1', '{"audiences":["agents"]}'],
    ['POST', '/internal/context', undefined, '{"audiences":["agents"]}'],
  ]);
});

test.each([
  [401, '{"errors":[]}', 'UNAUTHENTICATED'],
  [429, '{"errors":[]}', 'RATE_LIMITED'],
  [500, '{"errors":[]}', 'SERVICE_UNAVAILABLE'],
  [200, '{}', 'SERVICE_UNAVAILABLE'],
  [200, '<html>', 'SERVICE_UNAVAILABLE'],
])('an answer of %i %s becomes %s', async (status, body, code) => {
  await using auth = await startPlain((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await using client = new AuthClient({ authUrls: [auth.url], logger, audiences: [] });

  await expect(client.exchange('t')).rejects.toMatchObject({ code });
});

test('an auth service that is away is SERVICE_UNAVAILABLE', async () => {
  const gone = await startPlain(() => undefined);
  await gone[Symbol.asyncDispose]();
  await using client = new AuthClient({ authUrls: [gone.url], logger, audiences: [] });

  await expect(client.exchange('t')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
});
