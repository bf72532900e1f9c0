/** What the edge says to clients, and what it lets clients say to services. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ask, sendRaw, type Answer } from './client.ts';
import { findNginx, UPSTREAMS } from './nginx.ts';
import { startRecordedEdge, type RecordedEdge } from './recorder.ts';

const STRICT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** What only the platform may say, in the spellings that servers take for one another. */
const CLAIMS = [
  'X-Tenant-Id',
  'X_Tenant_Id',
  'x-tenant',
  'X-User-Id',
  'x_user_id',
  'X.User.Id',
  'X-Actor-Id',
  'X-Roles',
  'X-Permissions',
  'X-Client-Address',
  'X_Client_Address',
  'X-Forwarded-For',
  'X_Forwarded_For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Prefix',
  'X-Forwarded-User',
  'X-Real-IP',
  'Forwarded',
  'Via',
  'X-Request-Id',
  'x_request_id',
  'X-Deadline-Ms',
  'x_deadline_ms',
  'X-Context-Token',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-HTTP-Method-Override',
  'Cookie',
  'Proxy',
  'tracestate',
  'baggage',
  'Upgrade',
  'HTTP2-Settings',
  'TE',
  'Expect-CT-forged',
] as const;
/** Kept by a hook, whose senders may use any name that means nothing to the platform. */
const MEANINGLESS = ['http2-settings', 'expect-ct-forged'];

describe.skipIf(findNginx() === null)('headers', () => {
  let recorded: RecordedEdge;

  beforeAll(async () => {
    recorded = await startRecordedEdge();
  });
  afterAll(() => recorded[Symbol.asyncDispose]());
  beforeEach(() => {
    for (const name of UPSTREAMS) recorded.services[name].seen.length = 0;
  });

  const ANSWERS: readonly [string, () => Promise<Answer>][] = [
    ['an answer of a service', () => ask(recorded.edge, '/graphql', { method: 'POST', body: '{}' })],
    ['an unknown path', () => ask(recorded.edge, '/nothing')],
    ['a refused method', () => ask(recorded.edge, '/graphql', { method: 'DELETE' })],
    ['a refused host', () => ask(recorded.edge, '/graphql', { headers: { host: 'evil.test' } })],
    [
      'a body that is too large',
      () =>
        ask(recorded.edge, '/graphql', { method: 'POST', headers: { 'content-length': '2000000' } }).catch(
          () => sendLarge(),
        ),
    ],
    [
      'a header that is too large',
      () => ask(recorded.edge, '/graphql', { headers: { a: 'x'.repeat(9000) } }),
    ],
    ['an address that is too long', () => ask(recorded.edge, `/graphql?${'x'.repeat(9000)}`)],
  ];
  const sendLarge = (): Promise<Answer> =>
    ask(recorded.edge, '/graphql', { method: 'POST', body: 'x'.repeat(1_100_000) });

  test.each(ANSWERS)('%s carries every security header, each once', async (_what, get) => {
    const { headers } = await get();

    expect(headers).toMatchObject({
      server: 'nginx',
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
      'content-security-policy': STRICT_POLICY,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'permissions-policy': expect.stringContaining('camera=()'),
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'x-request-id': expect.stringMatching(/^[\da-f]{32}$/),
    });
  });

  test('bytes that are no request are answered with the same headers', async () => {
    const received = await sendRaw(recorded.edge, ['\u0000\u0001 nonsense', '', '']);

    expect(received).toMatch(/^HTTP\/1.1 400 /);
    expect(received).toContain('Strict-Transport-Security: ');
    expect(received).toContain(`Content-Security-Policy: ${STRICT_POLICY}`);
    expect(received).toContain('"code":"BAD_USER_INPUT"');
  });

  test('the policies of a service stand, and are not doubled', async () => {
    recorded.services.router.answer = (_request, response) => {
      response
        .writeHead(200, {
          'content-type': 'text/html',
          'content-security-policy': "default-src 'self'",
          'referrer-policy': 'same-origin',
          'x-content-type-options': 'nosniff',
          'x-powered-by': 'Express',
          'set-cookie': 'a=b',
          server: 'node',
        })
        .end('<p>');
    };

    const { headers } = await ask(recorded.edge, '/graphql');

    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'self'",
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      server: 'nginx',
    });
    expect(headers['set-cookie']).toBeUndefined();
  });

  test('a page without a policy gets that of the playground, which loads from here only', async () => {
    recorded.services.router.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<p>');
    };

    const { headers } = await ask(recorded.edge, '/graphql');

    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'$/);
  });

  // Attack: a client writes who it is, or from where, and a service believes it.
  test.each([
    ['router', 'POST', '/graphql'],
    ['router', 'GET', '/graphiql/assets/a.js'],
    ['design', 'GET', '/artifacts/a1?signature=s'],
    ['auth', 'GET', '/.well-known/jwks.json'],
    ['agents', 'GET', '/t/a/agents/b/.well-known/agent-card.json'],
    ['integrations', 'POST', '/hooks/h1'],
  ] as const)('what a client claims does not reach %s by %s %s', async (service, method, path) => {
    await sendRaw(recorded.edge, [
      `${method} ${path} HTTP/1.1`,
      'Host: localhost',
      'Connection: close, X-Client-Address, X-Request-Id, Authorization',
      `traceparent: ${TRACE}`,
      'Content-Length: 0',
      ...CLAIMS.map((name) => `${name}: forged`),
      '',
      '',
    ]);

    const headers = recorded.services[service].seen[0]?.headers ?? {};
    const forged = Object.entries(headers).filter(([, value]) => String(value).includes('forged'));
    expect(forged.map(([name]) => name).filter((name) => !MEANINGLESS.includes(name))).toEqual([]);
    const requestId = headers['x-request-id'];
    expect(headers).toMatchObject({
      host: service,
      'x-client-address': '127.0.0.1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-request-id': expect.stringMatching(/^[\da-f]{32}$/),
      traceparent: expect.stringMatching(new RegExp(`^00-${String(requestId)}-[\\da-f]{16}-01$`)),
    });
    expect(headers.connection).toBeUndefined();
  });

  test('a GraphQL client is heard in the headers that the router reads', async () => {
    await ask(recorded.edge, '/graphql', {
      method: 'POST',
      headers: {
        authorization: 'Bearer a.b.c',
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        'user-agent': 'test',
        origin: 'https://localhost',
        'apollo-require-preflight': 'true',
        'x-anything': 'else',
      },
      body: '{"query":"{ __typename }"}',
    });

    const [request] = recorded.services.router.seen;
    expect(request?.body).toBe('{"query":"{ __typename }"}');
    const { 'x-request-id': _id, traceparent: _trace, ...rest } = request?.headers ?? {};
    expect(rest).toEqual({
      host: 'router',
      'user-agent': 'test',
      'x-client-address': '127.0.0.1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      authorization: 'Bearer a.b.c',
      accept: 'application/graphql-response+json',
      'content-type': 'application/json',
      'content-length': '26',
      origin: 'https://localhost',
      'apollo-require-preflight': 'true',
    });
  });

  test('a hook arrives with its own authorization, its signature and its body as it was', async () => {
    const body = '{ "a" :1,\n"b":"ü" }';

    await ask(recorded.edge, '/hooks/h1?x=%20y', {
      method: 'POST',
      headers: { authorization: 'Basic YTpi', 'x-hub-signature-256': 'sha256=1', 'webhook-id': 'm1' },
      body,
    });

    const [request] = recorded.services.integrations.seen;
    expect({ url: request?.url, body: request?.body }).toEqual({ url: '/hooks/h1?x=%20y', body });
    expect(request?.headers).toMatchObject({
      authorization: 'Basic YTpi',
      'x-hub-signature-256': 'sha256=1',
      'webhook-id': 'm1',
    });
  });

  // Attack: a token handed to a service that has no use for it, and might keep it.
  test.each([
    ['design', '/artifacts/a1?signature=s'],
    ['auth', '/.well-known/jwks.json'],
    ['agents', '/t/a/agents/b/.well-known/agent-card.json'],
    ['router', '/graphiql/assets/a.js'],
  ] as const)('%s does not get the access token on %s', async (service, path) => {
    await ask(recorded.edge, path, { headers: { authorization: 'Bearer a.b.c' } });

    expect(recorded.services[service].seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('a conditional request and a range reach the service', async () => {
    recorded.services.design.answer = (_request, response) => {
      response.writeHead(304, { etag: '"1"' }).end();
    };

    const { status } = await ask(recorded.edge, '/artifacts/a1?signature=s', {
      headers: { 'if-none-match': '"1"', range: 'bytes=0-9' },
    });

    expect(status).toBe(304);
    expect(recorded.services.design.seen[0]?.headers).toMatchObject({
      'if-none-match': '"1"',
      range: 'bytes=0-9',
    });
  });

  test('long JSON is compressed for those who can read it', async () => {
    recorded.services.router.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(`"${'a'.repeat(5000)}"`);
    };

    const plain = await ask(recorded.edge, '/graphql');
    const packed = await ask(recorded.edge, '/graphql', { headers: { 'accept-encoding': 'gzip' } });

    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(packed.body.length).toBeLessThan(plain.body.length / 10);
  });

  test('a download reaches the client as it comes, before it is complete', async () => {
    const finish = Promise.withResolvers<void>();
    recorded.services.design.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/zip' });
      response.write('first');
      void finish.promise.then(() => response.end('second'));
    };

    const received = await readInTwo(() => finish.resolve());

    expect(received).toEqual(['first', 'second']);
  });

  /** Reads the first piece of a download, lets the service go on, and reads the rest. */
  async function readInTwo(goOn: () => void): Promise<readonly string[]> {
    const { request } = await import('node:https');
    return new Promise((resolve, reject) => {
      const pieces: string[] = [];
      const { port, certificate: ca } = recorded.edge;
      const options = { host: '127.0.0.1', port, path: '/artifacts/a1?signature=s', ca, agent: false };
      request({ ...options, servername: 'localhost', headers: { host: 'localhost' } }, (response) => {
        response.setEncoding('utf8').on('data', (piece: string) => {
          pieces.push(piece);
          goOn();
        });
        response.once('end', () => resolve(pieces));
      })
        .once('error', reject)
        .end();
    });
  }
});
