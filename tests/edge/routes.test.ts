/** Which requests reach which service, and which reach none. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PLAIN_ROUTES } from '../../router/src/passthrough/routes.ts';
import { ask, sendRaw, statusesOf } from './client.ts';
import { findNginx, UPSTREAMS } from './nginx.ts';
import { startRecordedEdge, type RecordedEdge } from './recorder.ts';

describe.skipIf(findNginx() === null)('routes', () => {
  let recorded: RecordedEdge;

  beforeAll(async () => {
    recorded = await startRecordedEdge();
  });
  afterAll(() => recorded[Symbol.asyncDispose]());
  beforeEach(() => {
    for (const name of UPSTREAMS) recorded.services[name].seen.length = 0;
  });

  /** What each service has seen, as `service METHOD url`. */
  const reached = (): readonly string[] =>
    UPSTREAMS.flatMap((name) =>
      recorded.services[name].seen.map(({ method, url }) => `${name} ${method} ${url}`),
    );

  test.each(PLAIN_ROUTES)('$method $path reaches its service', async ({ method, path, service, auth }) => {
    const url = path.replaceAll(/:\w+/g, 'a-1.b_2~C');
    const isChecked = auth === 'session';
    const headers = isChecked ? { authorization: 'Bearer a.b.c' } : {};

    const { status } = await ask(recorded.edge, url, { method, headers });

    const checks = reached().filter((line) => line.startsWith('auth GET /internal/session-check?'));
    const others = reached().filter((line) => !checks.includes(line));
    expect({ status, checks: checks.length, others }).toEqual({
      status: 200,
      checks: isChecked ? 1 : 0,
      others: [`${service} ${method} ${url}`],
    });
  });

  // The body limits of the edge are those of the table: what passes here must not be refused behind, nor the other way round.
  test.each(PLAIN_ROUTES.filter(({ method }) => method === 'POST'))(
    'a body of up to the limit reaches $path, and none above',
    async ({ path, auth, service, maxBodyBytes = 1024 * 1024 }) => {
      const url = path.replaceAll(/:\w+/g, 'a1');
      const send = (size: number) =>
        ask(recorded.edge, url, {
          method: 'POST',
          headers: auth === 'session' ? { authorization: 'Bearer a.b.c' } : {},
          body: 'x'.repeat(size),
        });

      const fitting = await send(maxBodyBytes);
      const larger = await send(maxBodyBytes + 1);

      expect([fitting.status, larger.status]).toEqual([200, 413]);
      expect(JSON.parse(larger.body)).toMatchObject({
        errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }],
      });
      expect(recorded.services[service].seen.map(({ body }) => body.length)).toEqual([maxBodyBytes]);
    },
  );

  test.each([
    ['GET', '/graphql?query=%7B__typename%7D'],
    ['POST', '/graphql'],
    ['GET', '/graphiql/assets/index-1.js'],
  ])('%s %s reaches the router', async (method, url) => {
    const { status } = await ask(recorded.edge, url, { method });

    expect({ status, reached: reached() }).toEqual({ status: 200, reached: [`router ${method} ${url}`] });
  });

  test('the signature of a link arrives as it was written', async () => {
    const url = '/artifacts/a1?tenant=t&expires=1&signature=x%2Fy';

    await ask(recorded.edge, url);

    expect(reached()).toEqual([`design GET ${url}`]);
  });

  // The code of a sign-in is for the browser that it was sent to.
  test('what a vendor hands over stays at the edge', async () => {
    await ask(recorded.edge, '/oauth/callback?state=s&code=c');

    expect(reached()).toEqual(['integrations GET /oauth/callback']);
  });

  test.each([
    ['PUT', '/graphql', 'GET, HEAD, POST'],
    ['DELETE', '/graphql', 'GET, HEAD, POST'],
    ['OPTIONS', '/graphql', 'GET, HEAD, POST'],
    ['POST', '/artifacts/a1', 'GET, HEAD'],
    ['GET', '/hooks/h1', 'POST'],
    ['GET', '/uploads', 'POST'],
    ['PUT', '/uploads', 'POST'],
    ['POST', '/.well-known/jwks.json', 'GET, HEAD'],
  ])('%s %s is refused with what is allowed', async (method, path, allow) => {
    const { status, headers, body } = await ask(recorded.edge, path, { method });

    expect({ status, allow: headers.allow, reached: reached() }).toEqual({ status: 405, allow, reached: [] });
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  // Attacks: reaching what answers inside the platform, by every spelling that a proxy and a service may read differently.
  const HIDDEN = [
    '/',
    '/metrics',
    '/internal/context',
    '/internal/session-check?audience=design&permission=design:read',
    '/Internal/context',
    '//internal/context',
    '/./internal/context',
    '/internal/./context',
    '/x/../internal/context',
    '/graphql/../internal/context',
    '/graphql/..;/internal/context',
    '/graphql/%2e%2e/internal/context',
    '/graphql/%2E%2E%2Finternal%2Fcontext',
    '/artifacts/..%2finternal%2fcontext',
    '/artifacts/%2e%2e/internal/context',
    '/artifacts/..%5cinternal',
    '/artifacts/..',
    '/artifacts/.',
    '/artifacts/a%00',
    '/artifacts/a%0d%0aX:%20y',
    '/artifacts/a;b=c',
    '/artifacts/a/b',
    '/artifacts/',
    '/artifacts//a',
    '/%69nternal/context',
    '/%2569nternal/context',
    '/internal%2fcontext',
    '/GRAPHQL',
    '/graphql/',
    '/graphql;x=1',
    '/%67raphql',
    '//graphql',
    '/./graphql',
    '/internal/../graphql',
    '/graphql%20',
    '/hooks/../metrics',
    '/hooks/a/../b',
    '/t/../agents/x/.well-known/agent-card.json',
    '/t/a/agents/../.well-known/agent-card.json',
    '/t/a/agents/b/.well-known/agent-cardXjson',
    '/.well-known/../metrics',
    '/.well-known/jwks.json/x',
    '/graphiql/assets/..%2findex.html',
    '/_socket',
    '/_session/artifacts/a1',
    '/_session-check/design:read',
    '/_session-check/design:run',
    '/uploads/',
    '/uploads/a',
    '//uploads',
    '/_router-readiness',
    '/_error/500',
    '/nginx_status',
    '/.git/config',
  ];

  test.each(HIDDEN)('%s is not found, and no service hears of it', async (path) => {
    for (const method of ['GET', 'POST']) {
      const received = await sendRaw(recorded.edge, [
        `${method} ${path} HTTP/1.1`,
        'Host: localhost',
        'Authorization: Bearer a.b.c',
        'Connection: close',
        'Content-Length: 0',
        '',
        '',
      ]);

      // nginx itself refuses what leads above the root, and bytes that no path has.
      expect([400, 404]).toContain(statusesOf(received)[0]);
      expect(received).toMatch(/"code":"(NOT_FOUND|BAD_USER_INPUT)"/);
    }
    expect(reached()).toEqual([]);
  });

  test.each([
    ['an absolute target', 'GET http://localhost/internal/context HTTP/1.1', 'localhost', 404],
    ['an absolute target of a service', 'GET http://auth:3002/internal/context HTTP/1.1', 'localhost', 421],
    ['an absolute target of another host', 'GET https://evil.test/graphql HTTP/1.1', 'localhost', 421],
    ['a host that is not served', 'GET /graphql HTTP/1.1', 'evil.test', 421],
    ['the name of a service as host', 'GET /graphql HTTP/1.1', 'auth', 421],
    ['the address of a service as host', 'GET /graphql HTTP/1.1', '169.254.169.254', 421],
    ['a path in the host', 'GET /graphql HTTP/1.1', 'localhost/internal', 400],
    ['an empty host', 'GET /graphql HTTP/1.1', '', 400],
    ['another host after an at sign', 'GET /graphql HTTP/1.1', 'localhost@evil.test', 421],
    ['CONNECT', 'CONNECT localhost:443 HTTP/1.1', 'localhost', 400],
    ['TRACE', 'TRACE /graphql HTTP/1.1', 'localhost', 405],
    ['a method that nobody knows', 'FROB /graphql HTTP/1.1', 'localhost', 405],
  ])('%s gets nowhere', async (_what, line, host, expected) => {
    const received = await sendRaw(recorded.edge, [line, `Host: ${host}`, 'Connection: close', '', '']);

    expect({ statuses: statusesOf(received), reached: reached() }).toEqual({
      statuses: [expected],
      reached: [],
    });
  });

  test('a service never sees which host the client named', async () => {
    await sendRaw(recorded.edge, [
      'GET http://LOCALHOST:1234/graphql HTTP/1.1',
      'Host: evil.test',
      'Connection: close',
      '',
      '',
    ]);

    expect(recorded.services.router.seen.map(({ headers }) => headers.host)).toEqual(['router']);
  });

  test('the edge answers for its own health, whatever host is asked for', async () => {
    const live = await fetch(`http://127.0.0.1:${recorded.edge.httpPort}/livez`);
    const ready = await fetch(`http://127.0.0.1:${recorded.edge.httpPort}/readyz`);

    expect([await live.json(), await ready.json()]).toEqual([{ status: 'ok' }, { status: 'ready' }]);
    expect(reached()).toEqual(['router GET /readyz']);
  });
});
