/** Names whose addresses change (DNS rebinding), asked of a real name server and connected to by real sockets. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { createNameServerResolve } from './resolve-name.ts';
import { startDnsServer } from './testkit/dns-server.ts';
import { openOutbound, reasonOf } from './testkit/open-outbound.ts';

const METADATA = '169.254.169.254';

interface NamedServer extends AsyncDisposable {
  readonly port: number;
  /** The `host` of every request, by the connection that it came on. */
  readonly hosts: readonly string[][];
  /** Ends every connection that is open. */
  readonly hangUp: () => void;
}

async function startServer(): Promise<NamedServer> {
  const hosts: string[][] = [];
  const server = createServer((request, response) => {
    // Found by the socket: requests on one connection are told apart from those on another.
    const place = connections.indexOf(request.socket);
    hosts[place]?.push(request.headers.host ?? '');
    response.end('here');
  });
  const connections: unknown[] = [];
  server.on('connection', (socket) => {
    connections.push(socket);
    hosts.push([]);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    hosts,
    hangUp: () => server.closeAllConnections(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

describe('a name that turns to a metadata service after its first answer', () => {
  it('is looked up once for a connection: the answer that was checked is the one that is connected to', async () => {
    await using server = await startServer();
    await using dns = await startDnsServer((_name, time) => [time === 0 ? '127.0.0.1' : METADATA]);
    const allowed = [{ hostname: 'flip.test', port: String(server.port) }];
    await using outbound = openOutbound({ allowed, resolve: dns.resolve });

    const answer = await outbound.fetch(`http://flip.test:${server.port}/`);

    expect(await answer.text()).toBe('here');
    expect(dns.asked).toEqual(['flip.test']);
    expect(server.hosts).toEqual([[`flip.test:${server.port}`]]);
  });

  it('is refused from the next connection on, and not connected to', async () => {
    await using server = await startServer();
    await using dns = await startDnsServer((_name, time) => [time === 0 ? '127.0.0.1' : METADATA]);
    const allowed = [{ hostname: 'flip.test', port: String(server.port) }];
    const url = `http://flip.test:${server.port}/`;
    await using first = openOutbound({ allowed, resolve: dns.resolve });
    await using second = openOutbound({ allowed, resolve: dns.resolve });

    const reasons = [await reasonOf(first.fetch(url)), await reasonOf(second.fetch(url))];

    expect(reasons).toEqual(['none', 'UNREACHABLE_ADDRESS']);
    expect(dns.asked).toEqual(['flip.test', 'flip.test']);
    expect(server.hosts).toHaveLength(1);
  });

  // A connection that is kept leads to the address that was checked, whatever the name says meanwhile; a new one is checked anew.
  it('is refused once the connection that was kept is gone', async () => {
    await using server = await startServer();
    await using dns = await startDnsServer((_name, time) => [time === 0 ? '127.0.0.1' : METADATA]);
    const allowed = [{ hostname: 'flip.test', port: String(server.port) }];
    const url = `http://flip.test:${server.port}/`;
    await using outbound = openOutbound({ allowed, resolve: dns.resolve });
    await outbound.fetch(url);
    server.hangUp();

    const reason = await reasonOf(outbound.fetch(url));

    expect(reason).toBe('UNREACHABLE_ADDRESS');
    expect(server.hosts).toHaveLength(1);
  });
});

describe('a name with several addresses', () => {
  it.each([
    ['a metadata service is the second of them', ['127.0.0.1', METADATA]],
    ['a metadata service is the first of them', [METADATA, '127.0.0.1']],
    ['it has none', []],
    ['nobody knows it', null],
  ])('is not connected to when %s', async (_when, addresses) => {
    await using server = await startServer();
    await using dns = await startDnsServer(() => addresses);
    const allowed = [{ hostname: 'several.test', port: String(server.port) }];
    await using outbound = openOutbound({ allowed, resolve: dns.resolve });

    const reason = await reasonOf(outbound.fetch(`http://several.test:${server.port}/`));

    expect(reason).toBe('UNREACHABLE_ADDRESS');
    expect(server.hosts).toEqual([]);
  });

  it.each([
    ['public and private', ['140.82.121.6', '10.21.0.5']],
    ['in an allowed network and in another', ['10.20.0.5', '10.21.0.5']],
    ['private, in no allowed network', ['192.168.0.1']],
  ])('is refused when they are %s', async (_what, addresses) => {
    await using dns = await startDnsServer(() => addresses);
    await using outbound = openOutbound({
      networks: (address) => address.startsWith('10.20.'),
      resolve: dns.resolve,
    });

    expect(await reasonOf(outbound.fetch('https://mixed.test/'))).toBe('UNREACHABLE_ADDRESS');
    expect(dns.asked).toEqual(['mixed.test']);
  });
});

describe('a connection that is kept', () => {
  it('is never used for another name, though both lead to one address', async () => {
    await using server = await startServer();
    await using dns = await startDnsServer(() => ['127.0.0.1']);
    const port = String(server.port);
    const names = ['one.test', 'two.test'];
    const allowed = names.map((hostname) => ({ hostname, port }));
    await using outbound = openOutbound({ allowed, resolve: dns.resolve });

    for (const name of [...names, ...names]) await outbound.fetch(`http://${name}:${port}/`);

    expect(server.hosts.map((hosts) => new Set(hosts).size)).toEqual(server.hosts.map(() => 1));
    expect(new Set(server.hosts.flat())).toEqual(new Set(names.map((name) => `${name}:${port}`)));
  });

  it('opens no way for a name that is not allowed, nor for other spellings of its address', async () => {
    await using server = await startServer();
    await using dns = await startDnsServer(() => ['127.0.0.1']);
    const port = String(server.port);
    await using outbound = openOutbound({ allowed: [{ hostname: 'one.test', port }], resolve: dns.resolve });
    await outbound.fetch(`http://one.test:${port}/`);

    const others = ['two.test', '127.0.0.1', 'one.test.evil.test', 'localhost', '127.1'];
    const reasons = await Promise.all(
      others.map((name) => reasonOf(outbound.fetch(`http://${name}:${port}/`))),
    );

    expect(reasons).toEqual(others.map(() => 'REFUSED_URL'));
    expect(server.hosts.flat()).toEqual([`one.test:${port}`]);
  });
});

// An attacker's name server that is silent: the system's own lookup would keep one of its two threads for each such name.
it('names whose server never answers keep nobody from another name', async () => {
  await using server = await startServer();
  await using dns = await startDnsServer((name) => (name === 'here.test' ? ['127.0.0.1'] : 'SILENCE'));
  const resolve = createNameServerResolve({ servers: [dns.server], timeoutMs: 600 });
  const allowed = [{ hostname: 'here.test', port: String(server.port) }];
  await using outbound = openOutbound({ allowed, resolve });
  let silentEnded = 0;
  const silent = Array.from({ length: 20 }, async (_, index) => {
    const reason = await reasonOf(outbound.fetch(`https://silent-${index}.test/`));
    silentEnded += 1;
    return reason;
  });
  await vi.waitUntil(() => dns.asked.length >= silent.length, { timeout: 10_000 });

  const answer = await outbound.fetch(`http://here.test:${server.port}/`);

  expect([await answer.text(), silentEnded]).toEqual(['here', 0]);
  expect(new Set(await Promise.all(silent))).toEqual(new Set(['UNREACHABLE_ADDRESS']));
});

it('a name that has addresses of one kind only gives those, and one of neither is unknown', async () => {
  await using dns = await startDnsServer((name) => (name === 'four.test' ? ['192.0.2.7'] : null));
  const resolve = createNameServerResolve({ servers: [dns.server] });

  expect(await resolve('four.test')).toEqual([{ address: '192.0.2.7', family: 4 }]);
  await expect(resolve('none.test')).rejects.toThrow('ENOTFOUND');
});

it('the system’s own names of this machine are refused, with and without a dot at the end', async () => {
  await using outbound = openOutbound();
  const names = ['localhost', 'localhost.', 'LOCALHOST', 'no-such-name.invalid.'];

  const reasons = await Promise.all(names.map((name) => reasonOf(outbound.fetch(`https://${name}/`))));

  expect(reasons).toEqual(names.map(() => 'UNREACHABLE_ADDRESS'));
});
