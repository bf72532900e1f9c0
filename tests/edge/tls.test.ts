/** Versions of TLS and HTTP, and the way from plain HTTP. */
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls, type SecureVersion } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findNginx } from './nginx.ts';
import { startRecordedEdge, type RecordedEdge } from './recorder.ts';

describe.skipIf(findNginx() === null)('TLS and HTTP versions', () => {
  let recorded: RecordedEdge;

  beforeAll(async () => {
    recorded = await startRecordedEdge();
  });
  afterAll(() => recorded[Symbol.asyncDispose]());

  /** The agreed version and cipher, or the reason of the refusal. */
  function shakeHands(options: {
    readonly version: SecureVersion;
    readonly ciphers?: string;
  }): Promise<string> {
    return new Promise((resolve) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port: recorded.edge.port,
        servername: 'localhost',
        ca: recorded.edge.certificate,
        minVersion: options.version,
        maxVersion: options.version,
        // Without it, this side would refuse old versions before the edge can.
        ciphers: options.ciphers ?? 'DEFAULT@SECLEVEL=0',
      });
      socket.once('secureConnect', () => {
        resolve(String(socket.getProtocol()));
        socket.destroy();
      });
      socket.once('error', (error) =>
        resolve(`refused: ${'code' in error ? String(error.code) : error.message}`),
      );
    });
  }

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is spoken', async (version) => {
    expect(await shakeHands({ version })).toBe(version);
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)('%s is refused', async (version) => {
    expect(await shakeHands({ version })).toMatch(/^refused: .*PROTOCOL_VERSION/);
  });

  test.each(['AES128-SHA', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'NULL', 'aNULL'])(
    'the cipher %s is refused',
    async (ciphers) => {
      expect(await shakeHands({ version: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` })).toMatch(
        /^refused: /,
      );
    },
  );

  test('HTTP/2 is spoken, with many requests on one connection', async () => {
    const client = connectHttp2(`https://localhost:${recorded.edge.port}`, { ca: recorded.edge.certificate });
    const get = async (path: string, headers: Record<string, string> = {}): Promise<unknown> => {
      const stream = client.request({ ':path': path, ...headers });
      const status = new Promise((resolve) => {
        stream.once('response', (answer) => resolve(answer[':status']));
      });
      await text(stream);
      return status;
    };

    const statuses = await Promise.all([
      get('/graphql'),
      get('/nothing'),
      get('/internal/context'),
      get('/graphql', { ':authority': 'evil.test' }),
      get('/graphql', { ':authority': 'localhost', host: 'evil.test' }),
    ]);

    client.close();
    expect(statuses.slice(0, 4)).toEqual([200, 404, 404, 421]);
    // The authority counts, or the contradiction is refused.
    expect([200, 400]).toContain(statuses[4]);
    expect(recorded.services.router.seen.every(({ headers }) => headers.host === 'router')).toBe(true);
  });

  test('plain HTTP is sent on to HTTPS at the address that the installation names', async () => {
    const response = await plain('GET /graphql?query=%7Ba%7D HTTP/1.1', 'flowgrid.test:80');

    expect(response).toMatch(/^HTTP\/1.1 308 /);
    expect(response).toContain(
      `Location: https://flowgrid.test:${recorded.edge.port}/graphql?query=%7Ba%7D\r\n`,
    );
  });

  // Attack: a redirect to a host of the attacker's choice, or headers written by way of the path.
  test.each([
    ['another host', 'GET /graphql HTTP/1.1', 'evil.test', 421],
    ['another host in the target', 'GET http://evil.test/ HTTP/1.1', 'localhost', 421],
    ['no host', 'GET / HTTP/1.0', null, 421],
    ['a line break in the path', 'GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1', 'localhost', 308],
  ])('%s is not sent anywhere else', async (_what, line, host, status) => {
    const response = await plain(line, host);

    expect(response.split('\r\n')[0]).toContain(`HTTP/1.1 ${status} `);
    expect(response).not.toMatch(/^Location: https:\/\/(?!localhost:)/m);
    expect(response).not.toMatch(/^Set-Cookie/im);
  });

  test('a request with a token by plain HTTP is refused, not sent on', async () => {
    const response = await plain('POST /graphql HTTP/1.1', 'localhost', ['Content-Length: 2', '', '{}']);

    expect(response).toMatch(/^HTTP\/1.1 405 /);
    expect(response).not.toContain('Location');
  });

  test('plain HTTP on the port of HTTPS is refused', async () => {
    const response = await plain('GET /graphql HTTP/1.1', 'localhost', ['', ''], recorded.edge.port);

    expect(response).toMatch(/^HTTP\/1.1 400 /);
    expect(response).toContain('"code":"BAD_USER_INPUT"');
  });

  function plain(
    line: string,
    host: string | null,
    rest: readonly string[] = ['', ''],
    port = recorded.edge.httpPort,
  ): Promise<string> {
    const socket = connectTcp(port, '127.0.0.1');
    const lines = [line, ...(host === null ? [] : [`Host: ${host}`]), 'Connection: close', ...rest];
    socket.write(lines.join('\r\n'));
    return text(socket);
  }
});
