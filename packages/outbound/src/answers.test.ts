/** Answers of hostile and of broken servers: bounded in size and time, nothing unpacked, no connection that goes on without its request. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { OutsidePolicies, createLogger, createMetrics } from '@flowgrid/platform';
import { OutboundError, type OutboundReason } from './outbound-error.ts';
import { createOutbound, type Outbound, type OutboundOptions } from './outbound-fetch.ts';
import type { OutboundHead } from './send-request.ts';

const KILOBYTE = 1024;

interface Setup extends AsyncDisposable {
  readonly url: string;
  readonly outbound: Outbound;
  readonly connections: () => number;
}

async function setUp(listener: RequestListener, options: Partial<OutboundOptions> = {}): Promise<Setup> {
  const server = createServer(listener);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const outbound = createOutbound({
    policies: new OutsidePolicies({
      logger: createLogger({ name: 'test', level: 'silent' }),
      metrics: createMetrics('test'),
    }),
    allowed: [{ hostname: '127.0.0.1', port: String(port) }],
    ...options,
  });
  return {
    url: `http://127.0.0.1:${port}/`,
    outbound,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      await outbound[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

async function reasonOf(asking: Promise<unknown>): Promise<OutboundReason | 'none'> {
  return asking.then(
    () => 'none' as const,
    (error: unknown) => {
      if (error instanceof OutboundError) return error.reason;
      throw error;
    },
  );
}

describe('the size of an answer', () => {
  const sends = (bytes: number): RequestListener => {
    return (_request, response) => void response.end(Buffer.alloc(bytes, 'x'));
  };

  it.each([
    [KILOBYTE, 'none'],
    [KILOBYTE + 1, 'TOO_LARGE'],
  ] as const)('of %i bytes, where 1024 may come: %s', async (bytes, expected) => {
    await using setup = await setUp(sends(bytes), { maxResponseBytes: KILOBYTE });

    expect(await reasonOf(setup.outbound.fetch(setup.url))).toBe(expected);
  });

  it.each([
    [0, 0],
    [KILOBYTE - 1, KILOBYTE - 1],
    [KILOBYTE, KILOBYTE],
    [100 * KILOBYTE, KILOBYTE],
  ])('of %i bytes is cut to %i where the beginning is enough', async (bytes, kept) => {
    await using setup = await setUp(sends(bytes));

    const answer = await setup.outbound.fetch(setup.url, { cutBodyAfterBytes: KILOBYTE });

    expect(answer.status).toBe(200);
    expect((await answer.arrayBuffer()).byteLength).toBe(kept);
  });

  it('keeps the connection of a whole answer, and drops that of a cut one', async () => {
    await using setup = await setUp(sends(200 * KILOBYTE));
    const askTenTimes = async (cutBodyAfterBytes: number): Promise<number> => {
      const before = setup.connections();
      for (let time = 0; time < 10; time += 1) await setup.outbound.fetch(setup.url, { cutBodyAfterBytes });
      return setup.connections() - before;
    };

    const whole = await askTenTimes(200 * KILOBYTE);
    const cut = await askTenTimes(1);

    // The pool may open a second one beside a connection that is free in a moment.
    expect(whole).toBeLessThanOrEqual(2);
    expect(cut).toBeGreaterThanOrEqual(8);
  });
});

describe('the head of an answer', () => {
  it('is told before the body, also of a redirect and of a body that never ends', async () => {
    const told: Record<string, OutboundHead> = {};
    await using setup = await setUp(
      (request, response) => {
        if (request.url === '/moved') response.writeHead(302, { location: '/there' }).end();
        else response.writeHead(200, { 'x-kind': 'endless' }).write('x');
      },
      { deadlineMs: 300 },
    );

    const reasons = await Promise.all(
      ['moved', 'endless'].map((path) =>
        reasonOf(
          setup.outbound.fetch(setup.url + path, {
            onHead: (head) => {
              told[path] = head;
            },
          }),
        ),
      ),
    );

    expect(reasons).toEqual(['REDIRECT', 'TIMEOUT']);
    expect(told['moved']?.status).toBe(302);
    expect(told['endless']?.headers.get('x-kind')).toBe('endless');
  });
});
