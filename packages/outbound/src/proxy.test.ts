/** Requests through a proxy that decides by itself what may be reached, as smokescreen does. */
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openOutbound, reasonOf } from './testkit/open-outbound.ts';
import { startOddServer, type OddServer } from './testkit/odd-server.ts';

/** What the proxy says about some names; nothing at all about the last one. */
const REFUSALS: Readonly<Record<string, string>> = {
  denied: 'HTTP/1.1 407 Denied\r\n\r\n',
  away: 'HTTP/1.1 502 Bad Gateway\r\n\r\n',
  held: '',
};

let target: OddServer;
let proxy: Server;
/** What the proxy was asked to connect to, and by whom. */
let asked: { readonly to: string | undefined; readonly by: string | undefined }[];
let address: URL;

beforeAll(async () => {
  target = await startOddServer();
  proxy = createServer();
  proxy.on('connect', (request, socket) => {
    asked.push({ to: request.url, by: request.headers['proxy-authorization'] });
    const [name = ''] = request.url?.split('.') ?? [];
    const refusal = REFUSALS[name];
    if (refusal !== undefined) {
      if (refusal !== '') socket.end(refusal);
      return;
    }
    const through = connect(target.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    through.on('error', () => socket.destroy());
    socket.on('error', () => through.destroy());
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  address = new URL(`http://flowgrid:pass%20word@127.0.0.1:${(proxy.address() as AddressInfo).port}`);
});
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await target[Symbol.asyncDispose]();
});
beforeEach(() => {
  asked = [];
});

const allowed = ['onpremise.test', 'denied.test', 'away.test', 'held.test', '169.254.169.254'].map(
  (hostname) => ({
    hostname,
    port: '8080',
  }),
);
const by = `Basic ${Buffer.from('flowgrid:pass word').toString('base64')}`;

it('a request goes through the proxy, which is asked by name, and looks nothing up here', async () => {
  const resolve = (): never => {
    throw new Error('nothing is looked up here');
  };
  await using outbound = openOutbound({ allowed, proxy: address, resolve });

  const answer = await outbound.fetch('http://onpremise.test:8080/other');

  expect(await answer.json()).toEqual({ hello: 'world' });
  expect(asked).toEqual([{ to: 'onpremise.test:8080', by }]);
});

it('a secure request asks for the port of https, and speaks TLS to the server, not to the proxy', async () => {
  await using outbound = openOutbound({ proxy: address });

  const reason = await reasonOf(outbound.fetch('https://public.test/'));

  // The server at the other end speaks no TLS.
  expect(reason).toBe('TLS');
  expect(asked).toEqual([{ to: 'public.test:443', by }]);
});

it.each([
  ['denied.test', 'UNREACHABLE_ADDRESS'],
  ['away.test', 'CONNECTION'],
  ['held.test', 'TIMEOUT'],
] as const)('%s, as the proxy answers: %s', async (name, expected) => {
  await using outbound = openOutbound({ allowed, proxy: address, deadlineMs: 400 });

  expect(await reasonOf(outbound.fetch(`http://${name}:8080/`))).toBe(expected);
});

// The proxy looks names up; what is written is still looked at here, before anything is asked of it.
it.each([
  'https://127.0.0.1/',
  'https://10.20.0.5/',
  'https://[::1]/',
  'http://public.test/',
  'https://public.test:22/',
  'http://169.254.169.254:8080/',
])('%s is refused before the proxy is asked', async (url) => {
  await using outbound = openOutbound({ allowed, proxy: address });

  expect(await reasonOf(outbound.fetch(url))).toBe('REFUSED_URL');
  expect(asked).toEqual([]);
});

it('a redirect is not followed there either', async () => {
  await using outbound = openOutbound({ allowed, proxy: address });

  expect(await reasonOf(outbound.fetch('http://onpremise.test:8080/moved'))).toBe('REDIRECT');
  expect(asked).toHaveLength(1);
});
