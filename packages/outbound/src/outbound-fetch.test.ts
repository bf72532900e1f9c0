/** The guard against requests into private networks (SSRF), tried with the ways around it that are known. */
import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AllowedHost } from './allowed-hosts.ts';
import { createGuardedLookup, type Resolve } from './guarded-connect.ts';
import { OutboundError } from './outbound-error.ts';
import { createOutbound, type OutboundOptions } from './outbound-fetch.ts';
import { startOddServer, type OddServer } from './testkit/odd-server.ts';
import { openOutbound, reasonOf as reasonOfAsking } from './testkit/open-outbound.ts';

const DEADLINE_MS = 400;
const PUBLIC: LookupAddress = { address: '140.82.121.6', family: 4 };
const LOOPBACK: LookupAddress = { address: '127.0.0.1', family: 4 };

let vendor: OddServer;

beforeAll(async () => {
  vendor = await startOddServer();
});

afterAll(async () => {
  await vendor[Symbol.asyncDispose]();
});

async function reasonOf(
  url: string,
  options: Partial<OutboundOptions> = {},
): ReturnType<typeof reasonOfAsking> {
  await using outbound = openOutbound({ deadlineMs: DEADLINE_MS, ...options });
  return await reasonOfAsking(outbound.fetch(url));
}

function resolveTo(...addresses: readonly LookupAddress[]): Resolve {
  return async () => addresses;
}

describe('an address as it is written', () => {
  it.each([
    'https://127.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://017700000001/',
    'https://127.0.0.1./',
    'https://[::ffff:169.254.169.254]/',
    'https://[::1]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://168.63.129.16/',
    'https://①②⑦.⓪.⓪.①/',
    'https://127。0。0。1/',
    'https://127．0．0．1/',
    'https://127｡0｡0｡1/',
    'https://１２７.１/',
    'https://0177.0.0.1/',
    'https://0x7f000001/',
    'https://127.0.1/',
    'https://127.0.0.1:443/',
    'https://2130706433./',
    'https://[::ffff:7f00:1]/',
    'https://[0:0:0:0:0:ffff:a9fe:a9fe]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::169.254.169.254]/',
    'https://[2002:7f00:1::]/',
    'https://[2002:a00:1::1]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1%25eth0]/',
    'https://[fe80::1%eth0]/',
    'https://[::]/',
    'https:///',
    'not an address',
    'gopher://api.github.com/',
    'javascript:alert(1)',
    'https://169.254.169.254@api.github.com/',
    'https://api.github.com:8443/',
    'https://api.github.com:0/',
    'https://0/',
    'http://api.github.com/',
    'ftp://api.github.com/',
    'file:///etc/passwd',
    'https://api.github.com:22/',
    'https://api.github.com@127.0.0.1/',
    'https://user:password@api.github.com/',
    'https://api.github.com%2f@evil.test/',
  ])('%s is refused before anything is looked up', async (url) => {
    let lookups = 0;
    const resolve: Resolve = async () => {
      lookups += 1;
      return [LOOPBACK];
    };

    const reason = await reasonOf(url, { resolve });

    expect({ reason, lookups }).toEqual({ reason: 'REFUSED_URL', lookups: 0 });
  });

  it.each([
    'https://api.github.com/',
    'https://api.github.com:443/x',
    'https://8.8.8.8/',
    'https://api.github.com./',
  ])('%s may be connected to', async (url) => {
    await using outbound = openOutbound();

    expect(outbound.findUrlProblem(new URL(url))).toBeNull();
  });
});

describe('what a name resolves to', () => {
  it.each(['https://localhost/', 'https://localhost./', 'https://no-such-name.invalid/'])(
    '%s is refused by the system’s own answer',
    async (url) => {
      expect(await reasonOf(url, { deadlineMs: 10_000 })).toBe('UNREACHABLE_ADDRESS');
    },
  );

  it.each([
    ['a private address', [LOOPBACK]],
    ['a public and a private address', [PUBLIC, LOOPBACK]],
    ['a private and a public address', [LOOPBACK, PUBLIC]],
    ['a mapped address', [{ address: '::ffff:127.0.0.1', family: 6 }]],
    ['a metadata service', [{ address: '169.254.169.254', family: 4 }]],
    ['nothing', []],
  ] as const)('%s is refused', async (_what, addresses) => {
    const before = vendor.connectionCount();

    const reason = await reasonOf('https://rebinding.test/', { resolve: resolveTo(...addresses) });

    expect(reason).toBe('UNREACHABLE_ADDRESS');
    expect(vendor.connectionCount()).toBe(before);
  });

  // DNS rebinding: the first answer passes the check, the second one is connected to.
  it('an answer that turns private is refused, because each connection has one lookup, which is the checked one', async () => {
    const answers = [[PUBLIC], [LOOPBACK]];
    let lookups = 0;
    const guarded = createGuardedLookup(
      async () => answers[lookups++] ?? [],
      (address) => address === PUBLIC.address,
    );
    const connectAddress = (): Promise<unknown> =>
      new Promise((resolve) => {
        guarded('flip.test', { all: true }, (error, addresses) => resolve(error ?? addresses));
      });

    expect(await connectAddress()).toEqual([PUBLIC]);
    expect(lookups).toBe(1);
    expect(await connectAddress()).toBeInstanceOf(OutboundError);
    expect(lookups).toBe(2);
  });

  it('a refusal says the same for a private name and for an unknown one', async () => {
    const messages: string[] = [];
    for (const resolve of [resolveTo(LOOPBACK), async () => Promise.reject(new Error('ENOTFOUND'))]) {
      await using outbound = openOutbound({ resolve });
      await outbound.fetch('https://intranet.test/').catch((error: Error) => messages.push(error.message));
    }

    expect(messages).toHaveLength(2);
    expect(messages[0]).toBe(messages[1]);
  });
});

describe('a host that the operator allows', () => {
  const allow = (host: { hostname: string; port: string }): Partial<OutboundOptions> => ({ allowed: [host] });

  it('is reached by http at a private address', async () => {
    const reason = await reasonOf(`http://onpremise.test:${vendor.port}/base/other`, {
      ...allow({ hostname: 'onpremise.test', port: String(vendor.port) }),
      resolve: resolveTo(LOOPBACK),
    });

    expect(reason).toBe('none');
  });

  it('is not reached at another port', async () => {
    const reason = await reasonOf(
      `http://127.0.0.1:${vendor.port}/`,
      allow({ hostname: '127.0.0.1', port: '1' }),
    );

    expect(reason).toBe('REFUSED_URL');
  });

  it('is not reached where its name leads to a metadata service', async () => {
    const reason = await reasonOf('http://onpremise.test:8080/', {
      ...allow({ hostname: 'onpremise.test', port: '8080' }),
      resolve: resolveTo({ address: '169.254.169.254', family: 4 }),
    });

    expect(reason).toBe('UNREACHABLE_ADDRESS');
  });
});

describe('an answer', () => {
  it.each([
    ['moved', 'REDIRECT'],
    ['huge', 'TOO_LARGE'],
    ['slow', 'TIMEOUT'],
    ['silent', 'TIMEOUT'],
    ['dropped', 'CONNECTION'],
    ['missing', 'none'],
  ] as const)('that is %s: %s', async (path, expected) => {
    const allowed = [{ hostname: '127.0.0.1', port: String(vendor.port) }];

    const reason = await reasonOf(`${vendor.url}/${path}`, { allowed });

    expect(reason).toBe(expected);
  });

  it('of a redirect sends nobody to its target', async () => {
    const before = vendor.requests.length;

    await reasonOf(`${vendor.url}/moved`, {
      allowed: [{ hostname: '127.0.0.1', port: String(vendor.port) }],
    });

    expect(vendor.requests.slice(before)).toEqual(['GET /moved']);
  });

  it('that fails to come names no address', async () => {
    await using outbound = openOutbound({
      allowed: [{ hostname: '127.0.0.1', port: '1' }],
    });

    const refused = outbound.fetch('http://127.0.0.1:1/');

    await expect(refused).rejects.toThrow('The server refused or dropped the connection.');
  });
});

describe('a server that fails', () => {
  async function failing(): Promise<
    AsyncDisposable & { url: string; asked: () => number; allowed: readonly AllowedHost[] }
  > {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.writeHead(500).end();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}/`,
      asked: () => asked,
      allowed: [{ hostname: '127.0.0.1', port: String(port) }],
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => {
          server.close(resolve);
        });
      },
    };
  }

  // One tenant's trouble with a server must not keep others from it, nor tell them of it.
  it('is left alone by the connection that it failed for, and by no other', async () => {
    await using server = await failing();
    await using outbound = openOutbound({ allowed: server.allowed });
    for (let call = 0; call < 5; call += 1) await outbound.fetch(server.url, { connection: 'a' });

    const own = await outbound.fetch(server.url, { connection: 'a' }).catch((error: unknown) => error);
    const other = await outbound.fetch(server.url, { connection: 'b' });

    expect(own).toMatchObject({ reason: 'LEFT_ALONE' });
    expect(other.status).toBe(500);
    expect(server.asked()).toBe(6);
  });

  it('is asked again for what may be repeated, and for nothing else', async () => {
    await using server = await failing();
    await using outbound = openOutbound({ allowed: server.allowed });

    await outbound.fetch(server.url, { method: 'POST', body: '{}' });
    const afterPost = server.asked();
    const answer = await outbound.fetch(server.url, { isRepeatable: true });

    expect([afterPost, server.asked(), answer.status]).toEqual([1, 3, 500]);
  });

  it('is asked each time by a caller who keeps account of failures itself, and never twice', async () => {
    await using server = await failing();
    await using outbound = createOutbound({ policies: null, allowed: server.allowed });

    for (let call = 0; call < 12; call += 1) {
      const answer = await outbound.fetch(server.url, { isRepeatable: true });
      expect(answer.status).toBe(500);
    }

    expect(server.asked()).toBe(12);
  });
});

// One tenant's requests that hang must not keep those of others from the same server.
it('requests to a server wait for no others where the caller limits them itself', async () => {
  const held = 40;
  await using outbound = createOutbound({
    policies: null,
    allowed: [{ hostname: '127.0.0.1', port: String(vendor.port) }],
    connectionsPerServer: null,
  });

  const waiting = Array.from({ length: held }, () => outbound.fetch(`${vendor.url}/held/x`));
  const answer = await outbound.fetch(`${vendor.url}/missing`);

  expect(answer.status).toBe(404);
  vendor.release();
  await Promise.allSettled(waiting);
});
