import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OutsidePolicies, createLogger, createMetrics } from '@flowgrid/platform';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { callGraphQL } from './graphql-call.ts';
import { createGrants } from './grants.ts';
import { openService, postJson, type ServiceClient } from './outside-call.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

async function serve(
  listener: RequestListener,
): Promise<AsyncDisposable & { url: string; client: ServiceClient }> {
  const policies = new OutsidePolicies({ logger, metrics: createMetrics('test') });
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const client = openService({ service: 'test', urls: [url], policies, logger, waitMs: 1 });
  return {
    url,
    client,
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

const call = (client: ServiceClient, signal = new AbortController().signal) => ({
  service: 'agents',
  client,
  path: '/ask',
  authorization: 'Bearer x',
  body: {},
  signal,
});

test('a service that is away for a moment is asked again', async () => {
  let asked = 0;
  await using service = await serve((_request, response) => {
    asked += 1;
    if (asked === 1) response.destroy();
    else if (asked === 2) response.writeHead(503).end();
    else response.end('{"ok":true}');
  });

  expect(await postJson(call(service.client))).toEqual({ status: 200, body: { ok: true } });
  expect(asked).toBe(3);
});

test('a service that stays away is given up after a few tries', async () => {
  let asked = 0;
  await using service = await serve((_request, response) => {
    asked += 1;
    response.writeHead(503).end();
  });

  await expect(postJson(call(service.client))).rejects.toMatchObject({ problem: 'UNREACHABLE' });
  expect(asked).toBe(4);
});

test('a service that stays away is left alone for a while', async () => {
  let asked = 0;
  await using service = await serve((_request, response) => {
    asked += 1;
    response.destroy();
  });
  await expect(postJson(call(service.client))).rejects.toMatchObject({ problem: 'UNREACHABLE' });
  await expect(postJson(call(service.client))).rejects.toMatchObject({ problem: 'UNREACHABLE' });
  const askedBefore = asked;

  await expect(postJson(call(service.client))).rejects.toMatchObject({ problem: 'UNREACHABLE' });

  expect([service.client.policy.state, asked]).toEqual(['open', askedBefore]);
});

test('a call that is given up ends with the reason of its signal', async () => {
  const controller = new AbortController();
  await using service = await serve(() => controller.abort(new Error('cancelled')));

  await expect(postJson(call(service.client, controller.signal))).rejects.toThrow('cancelled');
});

test('an answer that is not JSON, or a redirect, is no answer', async () => {
  await using html = await serve((_request, response) => response.end('<html>'));
  await using elsewhere = await serve((_request, response) =>
    response.writeHead(302, { location: html.url }).end(),
  );

  await expect(postJson(call(html.client))).rejects.toMatchObject({ problem: 'UNEXPECTED' });
  await expect(postJson(call(elsewhere.client))).rejects.toMatchObject({ problem: 'UNEXPECTED' });
});

test.each([
  ['FORBIDDEN', 'REFUSED', 1],
  ['INTERNAL_SERVER_ERROR', 'UNEXPECTED', 1],
  ['SERVICE_UNAVAILABLE', 'UNREACHABLE', 4],
  ['RATE_LIMITED', 'UNREACHABLE', 4],
])('a GraphQL error %s is %s', async (code, problem, tries) => {
  let asked = 0;
  await using service = await serve((_request, response) => {
    asked += 1;
    response.end(JSON.stringify({ data: null, errors: [{ message: 'No.', extensions: { code } }] }));
  });
  const operation = {
    service: 'agents',
    client: service.client,
    token: 't',
    query: '{ a }',
    variables: {},
  };
  const { signal } = new AbortController();

  const answer = callGraphQL({ ...operation, schema: z.object({ a: z.string() }), signal });

  await expect(answer).rejects.toMatchObject({ problem });
  expect(asked).toBe(tries);
});

test('a refused grant says why, and an odd answer is not taken for a token', async () => {
  const { signal } = new AbortController();
  const request = {
    contextToken: 'c',
    audience: 'agents',
    permissions: ['agent:read'],
    job: { id: 'j', name: 'n' },
  } as const;
  await using refusing = await serve((_request, response) => {
    response.writeHead(403).end(JSON.stringify({ errors: [{ message: 'Not you.' }] }));
  });
  await using odd = await serve((_request, response) => response.end('{"token":7}'));

  await expect(
    createGrants({ client: refusing.client, secret: 's' }).request(request, signal),
  ).rejects.toMatchObject({
    problem: 'REFUSED',
    message: 'auth: Not you.',
  });
  await expect(
    createGrants({ client: odd.client, secret: 's' }).request(request, signal),
  ).rejects.toMatchObject({
    problem: 'UNEXPECTED',
  });
});
