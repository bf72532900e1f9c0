/** What reaches a server is one request, to the name that was checked, whatever is put into its address and its headers. */
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openOutbound, reasonOf } from './testkit/open-outbound.ts';
import { toRequestHeaders } from './request-headers.ts';

let server: Server;
let received: string[];
let port: number;

beforeAll(async () => {
  received = [];
  server = createServer((socket) => {
    socket.on('data', (bytes) => {
      received.push(bytes.toString('latin1'));
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  ({ port } = server.address() as AddressInfo);
});
afterAll(
  () =>
    new Promise((resolve) => {
      server.close(resolve);
    }),
);

const open = (): ReturnType<typeof openOutbound> =>
  openOutbound({ allowed: [{ hostname: '127.0.0.1', port: String(port) }] });

// Attack: a line break in an address writes headers of its own, or a second request.
it.each([
  ['/a\r\nx-injected: yes\r\n\r\nGET /second HTTP/1.1', '/ax-injected:%20yesGET%20/second%20HTTP/1.1'],
  ['/a%0d%0ax-injected:%20yes', '/a%0d%0ax-injected:%20yes'],
  ['/?q=a\r\nb', '/?q=ab'],
  ['/?q=ä\u2028ė', '/?q=%C3%A4%E2%80%A8%C4%97'],
  ['/#fragment', '/'],
])('%j is asked for in one line', async (path, target) => {
  await using outbound = open();
  received.length = 0;

  await outbound.fetch(`http://127.0.0.1:${port}${path}`);

  expect(received).toEqual([
    `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: keep-alive\r\naccept-encoding: identity\r\n\r\n`,
  ]);
});

// Attack: the same, by a secret or a header that a tenant has set.
it.each([
  { authorization: 'Bearer a\r\nx-injected: yes' },
  { 'x-a': 'b\nc' },
  { 'x-a': 'b\0c' },
  { 'x-a': 'b\u{1f600}' },
  { 'x-a\r\nx-injected': 'yes' },
  { 'x a': 'b' },
  { '': 'b' },
])('%j is refused unsent, and not repeated', async (headers) => {
  await using outbound = open();
  received.length = 0;

  const asking = outbound.fetch(`http://127.0.0.1:${port}/`, { headers });

  // Words of ours alone: a value may be a secret.
  await expect(asking).rejects.toMatchObject({
    reason: 'REFUSED_HEADER',
    message: 'A header of the request has a name or a value that cannot be sent.',
  });
  expect(received).toEqual([]);
});

// Attack: a name that was not checked, or an end of the request that is not its end.
it.each([
  'Host',
  'connection',
  'Content-Length',
  'transfer-encoding',
  'Upgrade',
  'Expect',
  'TE',
  'Trailer',
  'Keep-Alive',
  'Proxy-Authorization',
])('nobody sets %s', async (name) => {
  await using outbound = open();

  expect(await reasonOf(outbound.fetch(`http://127.0.0.1:${port}/`, { headers: { [name]: 'x' } }))).toBe(
    'REFUSED_HEADER',
  );
});

it('other headers are sent as they are given, their names in lower case', () => {
  expect(
    toRequestHeaders({ 'Webhook-Id': 'msg_1', Accept: 'application/json', 'Accept-Encoding': 'br' }),
  ).toEqual({
    'webhook-id': 'msg_1',
    accept: 'application/json',
    'accept-encoding': 'identity',
  });
});
