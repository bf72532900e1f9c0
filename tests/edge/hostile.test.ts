/** Requests that nobody sends by accident: two meanings, too much, too slow. */
import { connect as connectHttp2 } from 'node:http2';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../testkit/wait.ts';
import { ask, openRaw, sendRaw, statusesOf } from './client.ts';
import { findNginx, UPSTREAMS } from './nginx.ts';
import { startRecordedEdge, type RecordedEdge } from './recorder.ts';

const SMUGGLED = 'GET /internal/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
const MIB = 1024 * 1024;

describe.skipIf(findNginx() === null)('hostile requests', () => {
  let recorded: RecordedEdge;

  beforeAll(async () => {
    recorded = await startRecordedEdge();
  });
  afterAll(() => recorded[Symbol.asyncDispose]());
  beforeEach(() => {
    for (const name of UPSTREAMS) recorded.services[name].seen.length = 0;
  });

  const reached = () => UPSTREAMS.flatMap((name) => recorded.services[name].seen);

  // Attack: the edge and the service disagree where a request ends, and the service reads a second one that no rule saw.
  test.each([
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 60'], `0\r\n\r\n${SMUGGLED}`],
    ['two lengths', ['Content-Length: 0', `Content-Length: ${SMUGGLED.length}`], SMUGGLED],
    ['a list of lengths', [`Content-Length: 0, ${SMUGGLED.length}`], SMUGGLED],
    ['a signed length', ['Content-Length: +0'], SMUGGLED],
    ['a negative length', ['Content-Length: -1'], SMUGGLED],
    ['a hexadecimal length', ['Content-Length: 0x10'], SMUGGLED],
    ['a length too long to count', [`Content-Length: ${'9'.repeat(30)}`], SMUGGLED],
    ['another encoding', ['Transfer-Encoding: xchunked'], `0\r\n\r\n${SMUGGLED}`],
    ['no encoding by name', ['Transfer-Encoding: identity'], SMUGGLED],
    ['two encodings', ['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${SMUGGLED}`],
    [
      'two encoding headers',
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
      `0\r\n\r\n${SMUGGLED}`,
    ],
    [
      'a tab before the encoding',
      ['Content-Length: 5', 'Transfer-Encoding:\tchunked'],
      `0\r\n\r\n${SMUGGLED}`,
    ],
    [
      'a space before the colon',
      ['Content-Length: 5', 'Transfer-Encoding : chunked'],
      `0\r\n\r\n${SMUGGLED}`,
    ],
    [
      'an underscore for the hyphen',
      ['Content-Length: 5', 'Transfer_Encoding: chunked'],
      `0\r\n\r\n${SMUGGLED}`,
    ],
    ['a folded header', ['Content-Length: 5', 'X: y', ' Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`],
    [
      'a bare carriage return',
      ['Content-Length: 5', 'X: y\rTransfer-Encoding: chunked'],
      `0\r\n\r\n${SMUGGLED}`,
    ],
    ['a bare line feed', ['Content-Length: 5', 'X: y\nTransfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`],
    [
      'a zero byte',
      ['Content-Length: 5', 'X: y\u0000\r\nTransfer-Encoding: chunked'],
      `0\r\n\r\n${SMUGGLED}`,
    ],
    ['a chunk size that is none', ['Transfer-Encoding: chunked'], `zz\r\n${SMUGGLED}`],
    ['a chunk size too long to count', ['Transfer-Encoding: chunked'], `${'f'.repeat(17)}\r\n${SMUGGLED}`],
    ['a chunk that ends elsewhere', ['Transfer-Encoding: chunked'], `3\r\nabcdef\r\n0\r\n\r\n${SMUGGLED}`],
    ['trailers', ['Transfer-Encoding: chunked'], `0\r\nX-Tenant-Id: t\r\nHost: evil\r\n\r\n${SMUGGLED}`],
    ['a body that GET has not', ['Content-Length: 0'], SMUGGLED],
  ])('%s smuggles nothing', async (_what, headers, body) => {
    for (const method of ['POST', 'GET']) {
      const received = await sendRaw(recorded.edge, [
        `${method} /graphql HTTP/1.1`,
        'Host: localhost',
        'Content-Type: application/json',
        ...headers,
        '',
        // The last request closes the connection, whatever was read before.
        `${body}GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      ]);

      expect(received).toMatch(/^HTTP\/1.1 \d{3} /);
    }
    expect(reached().filter(({ url }) => url !== '/graphql')).toEqual([]);
    expect(reached().filter(({ headers }) => headers['transfer-encoding'] !== undefined)).toEqual([]);
    expect(reached().length).toBeLessThanOrEqual(2);
  });

  test('an upgrade to HTTP/2 in the clear is not passed on', async () => {
    await sendRaw(recorded.edge, [
      'GET /graphql HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade, HTTP2-Settings, close',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
      '',
      '',
    ]);

    expect(reached().map(({ headers }) => headers.upgrade)).toEqual([undefined]);
  });

  // Attack: a socket that the service refuses, but that the edge takes for open: a tunnel past every rule.
  test('an upgrade that the service refuses opens no tunnel', async () => {
    recorded.services.router.answer = (_request, response) => response.writeHead(426).end();

    const received = await sendRaw(recorded.edge, [
      'GET /graphql HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 777',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '',
      `${SMUGGLED}GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    ]);

    recorded.services.router.answer = (_request, response) => response.end('{}');
    expect(statusesOf(received)).toEqual([426, 404, 200]);
    expect(reached().map(({ url }) => url)).toEqual(['/graphql']);
  });

  // Attack: a service that can be made to write a header leads the edge to what is internal.
  test.each(['/_session-check/design:read', '/_router-readiness', '/livez'])(
    'a service cannot lead the edge to %s',
    async (location) => {
      recorded.services.router.answer = (_request, response) => {
        response.writeHead(200, { 'x-accel-redirect': location, 'x-accel-limit-rate': '1' }).end('as it was');
      };

      const { status, headers, body } = await ask(recorded.edge, '/graphql');

      recorded.services.router.answer = (_request, response) => response.end('{}');
      expect({ status, body, leads: headers['x-accel-redirect'] }).toEqual({
        status: 200,
        body: 'as it was',
        leads: undefined,
      });
      expect(reached()).toHaveLength(1);
    },
  );

  test('a chunked body reaches the service whole, with its length', async () => {
    await sendRaw(recorded.edge, [
      'POST /graphql HTTP/1.1',
      'Host: localhost',
      'Connection: close',
      'Transfer-Encoding: chunked',
      '',
      '5;x=y\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
    ]);

    expect(reached().map(({ body, headers }) => [body, headers['content-length']])).toEqual([
      ['hello world', '11'],
    ]);
  });

  test('of a header that comes twice, a service hears one at most', async () => {
    const received = await sendRaw(recorded.edge, [
      'POST /graphql HTTP/1.1',
      'Host: localhost',
      'Connection: close',
      'Authorization: Bearer first',
      'Authorization: Bearer second',
      'Content-Length: 0',
      '',
      '',
    ]);

    // nginx 1.22 takes the first; later versions refuse the request.
    expect([200, 400]).toContain(statusesOf(received)[0]);
    const values = reached().flatMap(({ rawHeaders }) =>
      rawHeaders.filter((_value, index) => rawHeaders[index - 1]?.toLowerCase() === 'authorization'),
    );
    expect(['', 'Bearer first']).toContain(values.join());
  });

  test('two hosts are refused', async () => {
    const received = await sendRaw(recorded.edge, [
      'GET /graphql HTTP/1.1',
      'Host: localhost',
      'Host: evil.test',
      'Connection: close',
      '',
      '',
    ]);

    expect({ statuses: statusesOf(received), reached: reached() }).toEqual({ statuses: [400], reached: [] });
  });

  test('a request by HTTP/2 whose body is longer than it says reaches nobody', async () => {
    const client = connectHttp2(`https://localhost:${recorded.edge.port}`, { ca: recorded.edge.certificate });
    const stream = client.request({ ':method': 'POST', ':path': '/graphql', 'content-length': '3' });
    const answered = new Promise((resolve) => {
      stream.once('response', (headers) => resolve(headers[':status']));
      stream.once('close', () => resolve('closed'));
    });
    stream.on('error', () => undefined);

    stream.end(`abc${SMUGGLED}`);

    expect([400, 'closed']).toContain(await answered);
    client.destroy();
    expect(reached()).toEqual([]);
  });

  test('a body of the limit passes, and one byte more is refused before the service', async () => {
    const whole = await ask(recorded.edge, '/graphql', { method: 'POST', body: 'x'.repeat(MIB) });
    const larger = await ask(recorded.edge, '/graphql', { method: 'POST', body: 'x'.repeat(MIB + 1) });
    const hook = await ask(recorded.edge, '/hooks/h1', { method: 'POST', body: 'x'.repeat(MIB + 1) });
    const chunked = await sendRaw(recorded.edge, [
      'POST /graphql HTTP/1.1',
      'Host: localhost',
      'Transfer-Encoding: chunked',
      'Connection: close',
      '',
      `${(MIB + 1).toString(16)}\r\n${'x'.repeat(MIB + 1)}\r\n0\r\n\r\n`,
    ]);

    expect([whole.status, larger.status, hook.status, statusesOf(chunked)[0]]).toEqual([200, 413, 413, 413]);
    expect(JSON.parse(larger.body)).toMatchObject({
      errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }],
    });
    expect(reached().map(({ body }) => body.length)).toEqual([MIB]);
  });

  test.each([
    ['one header too large', [`X: ${'x'.repeat(9_000)}`], 431],
    ['too many headers', Array.from({ length: 40 }, (_, index) => `X-${index}: ${'x'.repeat(1_000)}`), 431],
  ])('%s is refused', async (_what, headers, status) => {
    const received = await sendRaw(recorded.edge, [
      'GET /graphql HTTP/1.1',
      'Host: localhost',
      'Connection: close',
      ...headers,
      '',
      '',
    ]);

    expect({ statuses: statusesOf(received), reached: reached() }).toEqual({
      statuses: [status],
      reached: [],
    });
  });

  test('an address that is too long is refused', async () => {
    const { status } = await ask(recorded.edge, `/graphql?query=${'x'.repeat(9_000)}`);

    expect({ status, reached: reached() }).toEqual({ status: 414, reached: [] });
  });

  // Attack: many connections that send a byte now and then, until nobody else gets one.
  test('slow senders are cut off, reach no service, and meanwhile others are answered', async () => {
    await using stack = new AsyncDisposableStack();
    const slow = await Promise.all(
      Array.from({ length: 120 }, async (_, index) => {
        const connection = stack.use(await openRaw(recorded.edge, '127.0.0.7'));
        const head = 'POST /graphql HTTP/1.1\r\nHost: localhost\r\n';
        connection.socket.write(index % 2 === 0 ? head : `${head}Content-Length: 100\r\n\r\n{`);
        return connection;
      }),
    );
    // Headers that trickle are as bad as headers that stop.
    const trickle = setInterval(() => {
      for (const [index, { socket }] of slow.entries()) if (index % 2 === 0) socket.write('X: y\r\n');
    }, 500);
    stack.defer(() => clearInterval(trickle));

    const other = await ask(recorded.edge, '/graphql', { from: '127.0.0.8' });
    const ends = await Promise.all(slow.map(({ ended }) => ended));

    expect(other.status).toBe(200);
    expect(ends.flatMap(statusesOf)).toEqual([]);
    const cutOff = recorded.edge.log().filter(({ address }) => address === '127.0.0.7');
    expect(cutOff.map(({ status }) => status)).toEqual(Array.from({ length: 120 }, () => 408));
    expect(reached()).toHaveLength(1);
    await until('the edge answers from the slow address', async () => {
      const { status } = await ask(recorded.edge, '/graphql', { from: '127.0.0.7' });
      return status === 200;
    });
  });

  test('the edge is as alive after all of this as before', async () => {
    const { status } = await ask(recorded.edge, '/graphql', { from: '127.0.0.9' });

    expect(status).toBe(200);
    // A worker that fell over would be replaced, and the error log would say so.
    expect(recorded.edge.errors()).toBe('');
  });
});
