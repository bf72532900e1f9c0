/** What every server does, whatever it serves: health, shedding, deadlines, slow clients, the end. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GraphQLError } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import {
  FlowgridError,
  createLogger,
  currentScope,
  startSubgraphServer,
  type RunningServer,
  type SubgraphServerOptions,
} from '@flowgrid/platform';
import { codesOf, postGraphQL } from '../../testkit/graphql.ts';
import { until } from '../../testkit/wait.ts';
import { testSchema } from './test-schema.ts';

type Options = SubgraphServerOptions<string, object>;

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

/** A subgraph whose `wait` answers when the test says so. The token is the tenant. */
async function start(
  options: Partial<Options> = {},
): Promise<RunningServer & { release: () => void; waiting: () => number }> {
  const { schema, release, waiting } = testSchema();
  const server = stack.use(
    await startSubgraphServer<string, object>({
      name: 'test',
      host: '127.0.0.1',
      port: 0,
      logger: createLogger({ name: 'test', level: 'silent' }),
      schema,
      checkReady: () => Promise.resolve(),
      authenticate: async (authorization) => {
        if (authorization === undefined) throw new FlowgridError('UNAUTHENTICATED', 'who?');
        return authorization.replace('Bearer ', '');
      },
      idsOf: (viewer) => ({ tenantId: viewer, actorId: 'a' }),
      createContext: (facts) => facts,
      ...options,
    }),
  );
  stack.defer(release);
  return { ...server, release, waiting };
}

const ask = (
  server: RunningServer,
  query: string,
  token = 'acme',
  headers = {},
): ReturnType<typeof postGraphQL> => postGraphQL(`${server.url}/graphql`, { query }, token, headers);

const statusOf = async (server: RunningServer, path: string): Promise<number> =>
  (await fetch(server.url + path)).status;

test('a process that ends says so by readyz at once, and serves on with connections that close', async () => {
  const stopping = new AbortController();
  const server = await start({ stopping: stopping.signal });
  const before = await fetch(`${server.url}/readyz`);

  stopping.abort();

  const ready = await fetch(`${server.url}/readyz`);
  expect([before.status, ready.status, ready.headers.get('connection')]).toEqual([200, 503, 'close']);
  expect(before.headers.get('connection')).not.toBe('close');
  expect(await statusOf(server, '/livez')).toBe(200);
  expect(await ask(server, '{ hello }')).toMatchObject({ status: 200, data: { hello: 'world' } });
});

test('closing waits for the answers that are under way', async () => {
  const server = await start();
  const answer = ask(server, '{ wait }');
  await until('the request is there', () => server.waiting() === 1);

  const closed = server[Symbol.asyncDispose]();
  server.release();

  expect(await answer).toMatchObject({ status: 200, data: { wait: 'done' } });
  await closed;
  await expect(ask(server, '{ hello }')).rejects.toThrow('fetch failed');
});

test('sockets close with 1001', async () => {
  const server = await start();
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');

  const [[code]] = await Promise.all([once(socket, 'close'), server[Symbol.asyncDispose]()]);

  expect(code).toBe(1001);
});

test('requests beyond the limit are refused before they are read; health is answered', async () => {
  const server = await start({ maxRequestsInFlight: 2 });
  const held = [ask(server, '{ wait }', 'acme'), ask(server, '{ wait }', 'globex')];
  await until('two requests are there', () => server.waiting() === 2);

  // The body is never sent: whoever answers has not waited for it.
  const refused = await head(server, 'content-length: 1000000\r\nauthorization: Bearer acme\r\n');

  expect(refused).toMatch(/^HTTP\/1.1 503 [^]*retry-after: 1\r\n[^]*"code":"SERVICE_UNAVAILABLE"/);
  expect(refused).toContain('x-not-begun: overloaded\r\n');
  expect(await statusOf(server, '/livez')).toBe(200);
  expect(await statusOf(server, '/readyz')).toBe(200);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('http_server_requests_in_flight{service="test"} 2');
  expect(metrics).toContain('requests_shed_total{reason="requests_in_flight",service="test"} 1');
  server.release();
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await ask(server, '{ hello }')).status).toBe(200);
});

test('an operation on a socket is refused while the process has too much to do', async () => {
  const server = await start({ maxRequestsInFlight: 1 });
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: 'Bearer acme' },
    lazy: true,
  });
  stack.defer(() => client.dispose());
  const held = ask(server, '{ wait }');
  await until('a request is there', () => server.waiting() === 1);
  const run = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const payload = { query: '{ hello }', extensions: { authorization: 'Bearer acme' } };
      client.subscribe(payload, { next: resolve, error: reject, complete: () => undefined });
    });

  const refusal = await run().catch((error: unknown) => error);

  expect(refusal).toMatchObject([
    { extensions: { code: 'SERVICE_UNAVAILABLE' } },
  ] satisfies Partial<GraphQLError>[]);
  server.release();
  await held;
  expect(await run()).toMatchObject({ data: { hello: 'world' } });
});

test('a blocked event loop sheds requests and recovers by itself', async () => {
  const server = await start({ maxEventLoopDelayMs: 20, warmUpMs: 0 });
  const block = blockEventLoop();

  const refused = await until('a refusal', async () => {
    const answer = await ask(server, '{ hello }');
    return answer.status === 503 && answer;
  });

  expect(codesOf(refused)).toEqual(['SERVICE_UNAVAILABLE']);
  expect(await statusOf(server, '/readyz')).toBe(200);
  clearInterval(block);
  await until('the server answers again', async () => (await ask(server, '{ hello }')).status === 200);
});

test('a process that has just begun is cold, and refuses nothing for it', async () => {
  const server = await start({ maxEventLoopDelayMs: 20, warmUpMs: 600_000 });
  const block = blockEventLoop();

  const statuses = [];
  // Each takes a blocked turn and more: far beyond the second that is looked at.
  for (let index = 0; index < 25; index += 1) statuses.push((await ask(server, '{ hello }')).status);
  clearInterval(block);

  expect(new Set(statuses)).toEqual(new Set([200]));
});

function blockEventLoop(): NodeJS.Timeout {
  const block = setInterval(() => {
    const until = performance.now() + 100;
    while (performance.now() < until);
  }, 1);
  stack.defer(() => clearInterval(block));
  return block;
}

// A noisy neighbour: one tenant's slow requests must not take all of a process.
test('a tenant may hold half of the requests under way, others get the rest', async () => {
  const server = await start({ maxRequestsInFlight: 4 });
  const held = [ask(server, '{ wait }'), ask(server, '{ wait }')];
  await until('two requests are there', () => server.waiting() === 2);

  const third = await ask(server, '{ hello }');
  const other = await ask(server, '{ hello }', 'globex');

  expect(third.status).toBe(429);
  expect(codesOf(third)).toEqual(['RATE_LIMITED']);
  expect(other).toMatchObject({ status: 200, errors: [] });
  server.release();
  await Promise.all(held);
  expect((await ask(server, '{ hello }')).status).toBe(200);
});

test('an operation is answered at its deadline, and its signal aborts', async () => {
  const server = await start();

  const late = await ask(server, '{ wait }', 'acme', { 'x-deadline-ms': '50' });
  const inTime = await ask(server, '{ hello left }', 'acme', { 'x-deadline-ms': '60000' });

  expect(late.status).toBe(503);
  expect(codesOf(late)).toEqual(['SERVICE_UNAVAILABLE']);
  expect(inTime).toMatchObject({ status: 200, data: { hello: 'world' } });
  const { left } = inTime.data as { left: number };
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(60_000);
  await until('the resolver saw the end', () => server.waiting() === 0);
});

test.each(['soon', '-5', '1e3', ''])('a deadline of %j is none', async (value) => {
  const server = await start();

  const answer = await ask(server, '{ hello }', 'acme', { 'x-deadline-ms': value });

  expect(answer).toMatchObject({ status: 200, data: { hello: 'world' } });
});

// Slow loris: heads and bodies that never end hold connections.
test.each([
  ['head', 'POST /graphql HTTP/1.1\r\nhost: a\r\n'],
  [
    'body',
    'POST /graphql HTTP/1.1\r\nhost: a\r\nauthorization: Bearer acme\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
  ],
])('a %s that does not end is given up', async (_part, text) => {
  const server = await start({ slowestHeadMs: 200, slowestRequestMs: 300 });
  const socket = await open(server);

  socket.write(text);

  expect(await readAll(socket)).toMatch(/^HTTP\/1.1 408 |^$/);
  expect((await ask(server, '{ hello }')).status).toBe(200);
});

test('a line of the log says who asked for what, how it ended and in which trace', async () => {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({ name: 'test', level: 'info', write: (line) => lines.push(JSON.parse(line)) });
  const server = await start({ logger });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  await ask(server, 'query Hello { hello }', 'acme', { traceparent, 'x-request-id': 'r-1' });
  await ask(server, 'query Broken { broken }', 'acme');
  await statusOf(server, '/livez');

  const access = await until('two lines', () => {
    const found = lines.filter((line) => line['access'] === true);
    return found.length === 2 && found;
  });
  expect(access[0]).toMatchObject({
    msg: 'request',
    requestId: 'r-1',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    tenantId: 'acme',
    actorId: 'a',
    operation: 'query Hello',
    status: 200,
    outcome: 'ok',
  });
  expect(access[1]).toMatchObject({ operation: 'query Broken', outcome: 'INTERNAL_SERVER_ERROR' });
  const bug = lines.find((line) => line['msg'] === 'unexpected error in an operation');
  expect(bug).toMatchObject({ traceId: access[1]?.['traceId'], tenantId: 'acme' });
  expect(currentScope()).toBeUndefined();
});

async function open({ port }: RunningServer): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  stack.defer(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Sends the head of a request alone, and reads what comes until the answer is complete. */
async function head(server: RunningServer, headers: string): Promise<string> {
  const socket = await open(server);
  socket.write(`POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${headers}\r\n`);
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  return until('an answer', () => text.includes('"errors"') && text);
}

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}
