/** How much one address and one token get, with the rates as they are shipped. */
import { readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { until } from '../testkit/wait.ts';
import { ask, type Answer } from './client.ts';
import { findNginx, ROOT, startEdge, UPSTREAMS } from './nginx.ts';
import { startRecordedEdge, startRecorder, type RecordedEdge } from './recorder.ts';

/** As the shipped limits.conf says. */
const BURST_OF_ADDRESS = 200;
const BURST_OF_TOKEN = 100;
const CONNECTIONS_OF_ADDRESS = 100;
const SOCKETS_OF_ADDRESS = 50;

const count = (answers: readonly Answer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

describe.skipIf(findNginx() === null)('limits', () => {
  let recorded: RecordedEdge;

  beforeAll(async () => {
    recorded = await startRecordedEdge();
  });
  afterAll(() => recorded[Symbol.asyncDispose]());
  beforeEach(() => {
    for (const name of UPSTREAMS) recorded.services[name].seen.length = 0;
  });

  /** Asks many times over connections that stay open: on a slow machine too, faster than is allowed. */
  async function flood(
    requests: number,
    question: (at: { readonly index: number; readonly asker: number }) => {
      readonly path?: string;
      readonly token?: string;
      readonly from: string;
    },
  ): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    const indexes = Array.from({ length: requests }, (_, index) => index).values();
    await Promise.all(
      Array.from({ length: 20 }, async (_, asker) => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        for (const index of indexes) {
          const { path = '/graphql', token, from } = question({ index, asker });
          const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
          answers.push(await ask(recorded.edge, path, { from, headers, agent }));
        }
        agent.destroy();
      }),
    );
    return answers;
  }

  test('an address that asks too much is told to wait, and another one is not', async () => {
    const answers = await flood(1_000, () => ({ from: '127.0.1.1' }));
    const other = await ask(recorded.edge, '/graphql', { from: '127.0.1.2' });

    expect(count(answers, 200)).toBeGreaterThanOrEqual(BURST_OF_ADDRESS);
    const refused = answers.filter(({ status }) => status === 429);
    expect(count(answers, 200) + refused.length).toBe(1_000);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers).toMatchObject({
      'retry-after': '1',
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
    expect(JSON.parse(refused[0]?.body ?? '')).toEqual({
      errors: [
        {
          message: 'Too many requests. Try again in a moment.',
          extensions: { code: 'RATE_LIMITED', requestId: refused[0]?.headers['x-request-id'] },
        },
      ],
    });
    expect(recorded.services.router.seen).toHaveLength(count(answers, 200) + 1);
    expect(other.status).toBe(200);
  });

  test('an address that looks for hidden paths is limited like any other', async () => {
    const answers = await flood(1_000, ({ index }) => ({ path: `/admin-${index}`, from: '127.0.1.3' }));

    expect(count(answers, 404) + count(answers, 429)).toBe(1_000);
    expect(count(answers, 429)).toBeGreaterThan(0);
  });

  // Attack: one stolen token used from many addresses.
  test('a token that asks too much from many addresses is told to wait, and another one is not', async () => {
    const from = (asker: number): string => `127.0.2.${asker + 1}`;
    const token = `a.b.${'s'.repeat(86)}`;
    const answers = await flood(1_000, ({ asker }) => ({ token, from: from(asker) }));
    const others = await flood(20, ({ asker }) => ({ token: `a.b.${'t'.repeat(86)}`, from: from(asker) }));

    expect(count(answers, 200)).toBeGreaterThanOrEqual(BURST_OF_TOKEN);
    expect(count(answers, 429)).toBeGreaterThan(0);
    expect(count(others, 200)).toBe(20);
  });

  // Attack: a new made-up token with each request, to be somebody else each time.
  test('made-up tokens do not get an address around its own limit', async () => {
    const answers = await flood(1_000, ({ index }) => ({
      token: `a.b.${String(index).padStart(86, 'x')}`,
      from: '127.0.1.4',
    }));

    expect(count(answers, 429)).toBeGreaterThan(0);
  });

  test('an address has so many requests open and no more', async () => {
    const finish = Promise.withResolvers<void>();
    recorded.services.router.answer = (_request, response) => {
      void finish.promise.then(() => response.end('{}'));
    };

    const from = '127.0.1.5';
    const open = Array.from({ length: CONNECTIONS_OF_ADDRESS }, () =>
      ask(recorded.edge, '/graphql', { from }),
    );
    await until('all of them wait', () => recorded.services.router.seen.length === CONNECTIONS_OF_ADDRESS);
    const further = await ask(recorded.edge, '/graphql', { from });
    finish.resolve();

    expect(further.status).toBe(429);
    expect((await Promise.all(open)).every(({ status }) => status === 200)).toBe(true);
  });

  // Attack: one connection that carries what else would take a thousand.
  test('each request of an HTTP/2 connection counts', async () => {
    const { port, certificate: ca } = recorded.edge;
    const address = { host: '127.0.0.1', port, localAddress: '127.0.1.6' };
    const client = connectHttp2(`https://localhost:${port}`, {
      createConnection: () => connectTls({ ...address, servername: 'localhost', ca, ALPNProtocols: ['h2'] }),
    });

    // Before, this side does not know how many it may begin at a time.
    await new Promise((resolve) => {
      client.once('remoteSettings', resolve);
    });

    const statuses = await Promise.all(
      // A connection ends after a thousand.
      Array.from({ length: 900 }, () => {
        const stream = client.request({ ':path': '/graphql' });
        return new Promise((resolve) => {
          stream.once('response', (headers) => resolve(headers[':status']));
          stream.resume();
        });
      }),
    );
    client.destroy();

    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  });

  // Attack: a botnet of one, with all the addresses of its IPv6 network. The addresses come by a trusted proxy here.
  test('an IPv6 network of 64 bits counts as one address', async () => {
    await using router = await startRecorder('router');
    const shipped = readFileSync(join(ROOT, 'deploy/nginx/site/limits.conf'), 'utf8');
    await using edge = await startEdge({
      upstreams: { router: [router.url] },
      limits: `${shipped}\nset_real_ip_from 127.0.0.1;\nreal_ip_header X-Forwarded-For;`,
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    const askFrom = (address: string): Promise<Answer> =>
      ask(edge, '/graphql', { headers: { 'x-forwarded-for': address }, agent });

    const answers: Answer[] = [];
    while (count(answers, 429) === 0) {
      answers.push(
        ...(await Promise.all(
          Array.from({ length: 80 }, (_, index) =>
            askFrom(`2001:db8:1:2::${(answers.length + index).toString(16)}`),
          ),
        )),
      );
    }
    const neighbour = await askFrom('2001:db8:1:3::1');
    agent.destroy();

    expect(neighbour.status).toBe(200);
    expect(router.seen.at(-1)?.headers['x-client-address']).toBe('2001:db8:1:3::1');
  });

  test('an address has so many sockets and no more, and a closed one makes room', async () => {
    await using stack = new AsyncDisposableStack();
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    stack.defer(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    await new Promise((resolve) => {
      server.once('listening', resolve);
    });
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no address');
    const edge = stack.use(await startEdge({ upstreams: { router: [`http://127.0.0.1:${address.port}`] } }));
    const open = (from: string): Promise<WebSocket | number> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${edge.url.replace('https', 'wss')}/graphql`, {
          ca: edge.certificate,
          localAddress: from,
        });
        socket.once('open', () => resolve(socket));
        socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        socket.on('error', () => undefined);
      });

    const sockets = await Promise.all(Array.from({ length: SOCKETS_OF_ADDRESS }, () => open('127.0.3.1')));
    const [further, elsewhere] = await Promise.all([open('127.0.3.1'), open('127.0.3.2')]);

    expect(sockets.filter((socket) => typeof socket === 'number')).toEqual([]);
    expect(further).toBe(429);
    expect(elsewhere).toBeInstanceOf(WebSocket);
    const [first] = sockets;
    if (first instanceof WebSocket) first.terminate();
    await until('there is room for another', async () => (await open('127.0.3.1')) instanceof WebSocket);
  });
});
