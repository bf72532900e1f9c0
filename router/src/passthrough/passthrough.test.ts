import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Replicas, createLogger, createHttpServer, listen, type RunningServer } from '@flowgrid/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addErrorAnswers } from '../error-answers.ts';
import { startPlain } from '../testkit/subgraphs.ts';
import { addPassthrough } from './proxy.ts';
import { PLAIN_ROUTES } from './routes.ts';

interface Seen {
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let seen: Seen[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => {
  response.end('ok');
};
let service: RunningServer;
let router: RunningServer;
const stack = new AsyncDisposableStack();

const record: RequestListener = (request, response) => {
  const run = async (): Promise<void> => {
    if (request.method === 'POST') {
      seen.push({ url: request.url, headers: request.headers, body: await text(request) });
    } else {
      seen.push({ url: request.url, headers: request.headers, body: '' });
    }
    answer(request, response);
  };
  // A body that is cut off rejects; the router has answered its client by then.
  run().catch(() => response.destroy());
};

beforeAll(async () => {
  service = stack.use(await startPlain(record));
  const logger = createLogger({ name: 'test', level: 'silent' });
  const options = { name: 'router', host: '127.0.0.1', port: 0, logger, checkReady: () => Promise.resolve() };
  const replicas = stack.use(new Replicas({ service: 'test', urls: [service.url], logger }));
  const nowhere = stack.use(new Replicas({ service: 'auth', urls: ['http://127.0.0.1:1'], logger }));
  const app = createHttpServer(options);
  addErrorAnswers(app, logger);
  stack.use(
    addPassthrough(app, {
      routes: PLAIN_ROUTES,
      replicasOf: (name) => (name === 'auth' ? nowhere : replicas),
      clientAddressOf: () => '192.0.2.1',
      contextTokenFor: (service, authorization) => Promise.resolve(`${service}-for-${authorization}`),
      logger,
      timeoutMs: 500,
    }),
  );
  router = stack.use(await listen(app, options));
});

afterAll(() => stack.disposeAsync());

test('an answer is passed on as it comes, before it is complete', async () => {
  seen = [];
  const finish = Promise.withResolvers<void>();
  answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/zip', 'content-disposition': 'attachment' });
    response.write('first');
    void finish.promise.then(() => response.end('second'));
  };

  const response = await fetch(`${router.url}/artifacts/a1?signature=x%2Fy`);
  const reader = response.body?.getReader();
  const first = await reader?.read();
  finish.resolve();
  const second = await reader?.read();

  expect(Buffer.from(first?.value ?? []).toString()).toBe('first');
  expect(Buffer.from(second?.value ?? []).toString()).toBe('second');
  expect(response.headers.get('content-disposition')).toBe('attachment');
  expect(seen[0]?.url).toBe('/artifacts/a1?signature=x%2Fy');
});

// The code of a sign-in is for the browser that it was sent to.
test('what a vendor hands over in the query of the callback goes to no service', async () => {
  seen = [];
  answer = (_request, response) => response.end('page');

  const response = await fetch(`${router.url}/oauth/callback?state=s&code=c`);

  expect(await response.text()).toBe('page');
  expect(seen.map(({ url }) => url)).toEqual(['/oauth/callback']);
});

test('the body of a hook arrives byte for byte, with its signature and its own authorization', async () => {
  seen = [];
  answer = (_request, response) => response.writeHead(202).end();
  const body = '{ "a" :1,\n"b":"ü" }';

  const response = await fetch(`${router.url}/hooks/h1`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-hub-signature-256': 'sha256=1',
      authorization: 'Basic a',
    },
    body,
  });

  expect(response.status).toBe(202);
  expect(seen[0]?.body).toBe(body);
  expect(seen[0]?.headers).toMatchObject({ 'x-hub-signature-256': 'sha256=1', authorization: 'Basic a' });
});

// Who asks and from where is said by the router alone; a client that writes these headers is lying.
test('identity and hop-by-hop headers of the client do not reach the service', async () => {
  seen = [];
  answer = (_request, response) => response.end('ok');

  const socket = connect(router.port, '127.0.0.1');
  socket.end(
    [
      'GET /artifacts/a2?signature=s HTTP/1.1',
      'Host: evil.test',
      'Connection: close, X-Hop',
      'X-Hop: 1',
      'TE: trailers',
      'Authorization: Bearer stolen',
      'Cookie: a=b',
      'X-Tenant-Id: t',
      'X_Tenant_Id: t',
      'X-User-Id: u',
      'X-Forwarded-For: 6.6.6.6',
      'Forwarded: for=6.6.6.6',
      'X-Client-Address: 6.6.6.6',
      'X-Kept: yes',
      '',
      '',
    ].join('\r\n'),
  );
  await text(socket);

  const { 'x-request-id': requestId, host, ...rest } = seen[0]?.headers ?? {};
  expect(rest).toEqual({ connection: 'keep-alive', 'x-client-address': '192.0.2.1', 'x-kept': 'yes' });
  expect(requestId).toBeTypeOf('string');
  expect(host).toBe(new URL(service.url).host);
});

test('an access token without a signature reaches the service as a context token', async () => {
  seen = [];
  answer = (_request, response) => response.end('ok');

  await fetch(`${router.url}/artifacts/a1`, { headers: { authorization: 'Bearer-1' } });
  await fetch(`${router.url}/artifacts/a1?signature=s`, { headers: { authorization: 'Bearer-1' } });
  await fetch(`${router.url}/artifacts/a1`);

  expect(seen.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer design-for-Bearer-1',
    undefined,
    undefined,
  ]);
});

test('headers of the service that are not for clients stay inside', async () => {
  answer = (_request, response) => {
    response
      .writeHead(200, { 'set-cookie': 'a=b', connection: 'x-inner', 'x-inner': '1', etag: '"1"' })
      .end();
  };

  const { headers } = await fetch(`${router.url}/t/acme/agents/helper/.well-known/agent-card.json`);

  expect(headers.get('set-cookie')).toBeNull();
  expect(headers.get('x-inner')).toBeNull();
  expect(headers.get('etag')).toBe('"1"');
});

// The services answer each other under /internal; a path that becomes one on its way must not get there.
test.each([
  '/internal/context',
  '/artifacts/..%2finternal%2fcontext',
  '/artifacts/%2e%2e',
  '/hooks/../internal/context',
  '/t/../agents/x/.well-known/agent-card.json',
  '/nothing',
])('%s is not found, and no service hears of it', async (path) => {
  seen = [];
  const socket = connect(router.port, '127.0.0.1');
  socket.end(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);

  expect(await text(socket)).toMatch(/^HTTP\/1.1 404/);
  expect(seen).toEqual([]);
});

test('a service that is away is answered with 503', async () => {
  const response = await fetch(`${router.url}/.well-known/jwks.json`);

  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] });
});

test('a body above the limit is not passed on whole', async () => {
  const response = await fetch(`${router.url}/hooks/h2`, { method: 'POST', body: 'x'.repeat(1_100_000) });

  expect(response.status).toBe(413);
});

test('an upload is passed on whole with a context token, and without a token nothing of it', async () => {
  seen = [];
  answer = (_request, response) => response.writeHead(201).end();
  const body = 'x'.repeat(2_000_000);

  const sent = await fetch(`${router.url}/uploads`, {
    method: 'POST',
    headers: { authorization: 'Bearer-1', 'content-type': 'multipart/form-data; boundary=b' },
    body,
  });
  const refused = await fetch(`${router.url}/uploads`, { method: 'POST', body });

  expect([sent.status, refused.status]).toEqual([201, 401]);
  expect(seen).toMatchObject([
    {
      url: '/uploads',
      body,
      headers: {
        authorization: 'Bearer design-for-Bearer-1',
        'content-type': 'multipart/form-data; boundary=b',
      },
    },
  ]);
});

test('an upload above its limit is not passed on whole', async () => {
  const response = await fetch(`${router.url}/uploads`, {
    method: 'POST',
    headers: { authorization: 'Bearer-1' },
    body: Buffer.alloc(21 * 1024 * 1024 + 1),
  });

  expect(response.status).toBe(413);
});
