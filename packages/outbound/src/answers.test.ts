/** Answers of hostile and of broken servers: bounded in size and time, nothing unpacked, no connection that goes on without its request. */
import { createServer, type RequestListener } from 'node:http';
import { createServer as createRawServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Outbound, OutboundOptions } from './outbound-fetch.ts';
import type { OutboundHead } from './send-request.ts';
import { openOutbound, reasonOf } from './testkit/open-outbound.ts';

const KILOBYTE = 1024;

interface Setup extends AsyncDisposable {
  readonly url: string;
  readonly outbound: Outbound;
  readonly connections: () => number;
}

async function setUp(listener: RequestListener, options: Partial<OutboundOptions> = {}): Promise<Setup> {
  return serve(createServer(listener), options);
}

/** A server that says what it likes, byte by byte, once it has been asked. */
async function setUpRaw(
  answer: (socket: Socket) => void,
  options: Partial<OutboundOptions> = {},
): Promise<Setup> {
  const server = createRawServer((socket) => {
    // What the other side has closed cannot be written to; that is what is waited for.
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  return serve(server, options);
}

async function serve(server: Server, options: Partial<OutboundOptions>): Promise<Setup> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const outbound = openOutbound({ allowed: [{ hostname: '127.0.0.1', port: String(port) }], ...options });
  return {
    url: `http://127.0.0.1:${port}/`,
    outbound,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      await outbound[Symbol.asyncDispose]();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** Writes again and again, as fast as it is taken, until the other side has enough; then says how much it was. */
function pour(socket: Socket, chunk: Buffer | string): Promise<number> {
  return new Promise((resolve) => {
    const write = (): void => {
      while (socket.writable && socket.write(chunk));
    };
    socket.on('drain', write);
    socket.once('close', () => resolve(socket.bytesWritten));
    write();
  });
}

/** Writes a little every few milliseconds. */
function drip(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 10);
  socket.once('close', () => clearInterval(timer));
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

describe('an answer without an end', () => {
  const MEGABYTE = 1024 * KILOBYTE;
  const OK = 'HTTP/1.1 200 OK\r\n';

  it.each([
    [
      'a body of a gigabyte',
      `${OK}content-length: ${1024 * MEGABYTE}\r\n\r\n`,
      Buffer.alloc(64 * KILOBYTE, 'x'),
    ],
    ['chunks', `${OK}transfer-encoding: chunked\r\n\r\n`, `8000\r\n${'x'.repeat(0x8000)}\r\n`],
    ['a body until the connection ends', `${OK}connection: close\r\n\r\n`, Buffer.alloc(64 * KILOBYTE, 'x')],
  ])('%s: is let go after a few buffers, cut or not', async (_what, head, chunk) => {
    const sent: Promise<number>[] = [];
    await using setup = await setUpRaw((socket) => {
      socket.write(head);
      sent.push(pour(socket, chunk));
    });

    const reason = await reasonOf(setup.outbound.fetch(setup.url));
    const cut = await setup.outbound.fetch(setup.url, { cutBodyAfterBytes: 4 * KILOBYTE });

    expect(reason).toBe('TOO_LARGE');
    expect((await cut.text()).length).toBe(4 * KILOBYTE);
    // What was on the way lies in buffers of the system, not of the process.
    for (const bytes of await Promise.all(sent)) expect(bytes).toBeLessThan(16 * MEGABYTE);
  });

  it.each([
    ['a status line', '', 'H'],
    ['headers', OK, 'x-a: b\r\n'],
    ['one header', `${OK}x-a: `, 'b'],
    ['a body', `${OK}content-length: 1000000\r\n\r\n`, 'x'],
    ['chunks', `${OK}transfer-encoding: chunked\r\n\r\n`, '1\r\nx\r\n'],
    ['trailers', `${OK}transfer-encoding: chunked\r\n\r\n0\r\n`, 'x-a: b\r\n'],
    ['early hints', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ])('%s, drop by drop: is not waited for', async (what, head, drop) => {
    await using setup = await setUpRaw(
      (socket) => {
        socket.write(head);
        drip(socket, drop);
      },
      { deadlineMs: 300 },
    );

    const reason = await reasonOf(setup.outbound.fetch(setup.url));

    // No status line begins with two of its first letter.
    expect(reason).toBe(what === 'a status line' ? 'CONNECTION' : 'TIMEOUT');
  });

  it.each([
    ['headers', OK, 'x-a: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n'],
    ['one header', `${OK}x-a: `, 'b'.repeat(KILOBYTE)],
  ])('%s, as fast as they come: is too large', async (_what, head, chunk) => {
    const sent: Promise<number>[] = [];
    await using setup = await setUpRaw((socket) => {
      socket.write(head);
      sent.push(pour(socket, chunk));
    });

    const reason = await reasonOf(setup.outbound.fetch(setup.url));

    expect(reason).toBe('TOO_LARGE');
    for (const bytes of await Promise.all(sent)) expect(bytes).toBeLessThan(16 * MEGABYTE);
  });
});

describe('an answer that is not what it says', () => {
  // A few kilobytes that unpack to a gigabyte. Nobody asked for an encoding, so nothing is unpacked.
  it('stays packed when it was packed unasked', async () => {
    const packed = gzipSync(Buffer.alloc(16 * 1024 * KILOBYTE));
    const asked: (string | string[] | undefined)[] = [];
    await using setup = await setUp((request, response) => {
      asked.push(request.headers['accept-encoding']);
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' }).end(packed);
    });

    const answer = await setup.outbound.fetch(setup.url, { headers: { 'Accept-Encoding': 'gzip, br' } });

    expect(asked).toEqual(['identity']);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(packed);
  });

  it.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
    ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
    ['a status that is none', 'HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n'],
    ['nothing', ''],
  ])('%s: is no answer', async (_what, answer) => {
    await using setup = await setUpRaw((socket) => socket.end(answer));

    expect(await reasonOf(setup.outbound.fetch(setup.url))).toBe('CONNECTION');
  });

  // Response smuggling: what follows an answer would be taken for the answer to the next request on the connection.
  it('is followed by no second answer: each request gets its own', async () => {
    await using setup = await setUpRaw((socket) => {
      const answer = (text: string): string => `HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n${text}`;
      socket.write(answer('mine') + answer('evil'));
    });

    const first = await setup.outbound.fetch(setup.url);
    const second = await setup.outbound.fetch(setup.url);

    expect([await first.text(), await second.text()]).toEqual(['mine', 'mine']);
    expect(setup.connections()).toBe(2);
  });
});
