import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLogger } from '../logger.ts';
import { ReplicaClient, type ReplicaRequest } from './replica-client.ts';
import { Replicas } from './replicas.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const CHECK_MS = 20;

interface TestReplica extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** What it was asked, readiness apart. */
  readonly asked: string[];
  status: number;
}

/** A replica that answers with its own name, or as `answer` says. */
async function startReplica(
  name: string,
  answer: RequestListener = (_request, response) => void response.end(name),
  port = 0,
): Promise<TestReplica> {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/readyz') {
      response.writeHead(replica.status).end();
      return;
    }
    replica.asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  const replica: TestReplica = {
    url: `http://127.0.0.1:${actual}`,
    port: actual,
    asked: [],
    status: 200,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return replica;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await delay(5);
  }
}

interface Open extends AsyncDisposable {
  readonly replicas: Replicas;
  readonly client: ReplicaClient;
  ask(request?: Partial<ReplicaRequest>): Promise<string>;
}

function open(...urls: string[]): Open {
  return openWith({ urls, checkEveryMs: CHECK_MS });
}

function openWith(options: { readonly urls: string[]; readonly checkEveryMs: number }): Open {
  const replicas = new Replicas({ service: 'test', logger, ...options });
  const client = new ReplicaClient(replicas, { timeoutMs: 5_000 });
  return {
    replicas,
    client,
    ask: async (request) => {
      const { body } = await client.request({ ...QUESTION, ...request });
      return body.text();
    },
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await replicas[Symbol.asyncDispose]();
    },
  };
}

/** An address where nothing listens any more. */
async function deadUrl(): Promise<string> {
  const gone = await startReplica('gone');
  await gone[Symbol.asyncDispose]();
  return gone.url;
}

const QUESTION: ReplicaRequest = { method: 'POST', path: '/ask', isRepeatable: false };

/** As load shedding does. */
const refuse: RequestListener = (_request, response) =>
  void response.writeHead(503, { 'x-not-begun': 'overloaded' }).end('too much to do');
const breakConnection: RequestListener = (request) => void request.socket.destroy();

test('requests go to the replicas in turn', async () => {
  await using one = await startReplica('one');
  await using two = await startReplica('two');
  await using service = open(one.url, two.url);

  const answers = [];
  for (let index = 0; index < 6; index += 1) answers.push(await service.ask());

  expect(answers.toSorted()).toEqual(['one', 'one', 'one', 'two', 'two', 'two']);
});

test('a replica that is slow gets fewer requests than the others', async () => {
  const held = Promise.withResolvers<void>();
  await using slow = await startReplica('slow', (_request, response) => {
    void held.promise.then(() => response.end('slow'));
  });
  await using quick = await startReplica('quick');
  await using service = open(slow.url, quick.url);
  const first = Promise.all([service.ask(), service.ask()]);
  await until('one request is held', () => slow.asked.length === 1);

  for (let index = 0; index < 5; index += 1) await service.ask();
  held.resolve();
  await first;

  expect(slow.asked).toHaveLength(1);
  expect(quick.asked).toHaveLength(6);
});

test('a refused connection is tried at another replica, also for what is done only once', async () => {
  await using alive = await startReplica('alive');
  await using service = open(await deadUrl(), alive.url);

  const answers = await Promise.all(Array.from({ length: 10 }, () => service.ask({ body: 'mutation' })));

  expect(answers).toEqual(Array.from({ length: 10 }, () => 'alive'));
});

// A mutation that was sent may have been carried out: sent again, it could be carried out twice.
test('a connection that breaks under a request is tried elsewhere only for what may be done twice', async () => {
  await using one = await startReplica('one', breakConnection);
  await using two = await startReplica('two', breakConnection);
  await using once = openWith({ urls: [one.url, two.url], checkEveryMs: 60_000 });

  const failed = once.ask();
  await expect(failed).rejects.toThrow('other side closed');
  const askedOnce = one.asked.length + two.asked.length;
  await using twice = openWith({ urls: [one.url, two.url], checkEveryMs: 60_000 });
  await expect(twice.ask({ isRepeatable: true })).rejects.toThrow('other side closed');

  expect(askedOnce).toBe(1);
  expect(one.asked.length + two.asked.length).toBe(3);
});

test('the only replica gets a repeatable request once more when its connection broke, and no other', async () => {
  let breaks = 1;
  await using only = await startReplica('only', (request, response) => {
    breaks -= 1;
    if (breaks >= 0) request.socket.destroy();
    else response.end('only');
  });
  await using service = open(only.url);

  const repeated = await service.ask({ isRepeatable: true });
  breaks = 1;
  const failed = service.ask();

  expect(repeated).toBe('only');
  await expect(failed).rejects.toThrow('other side closed');
  expect(only.asked).toHaveLength(3);
});

test('what a replica has no time for is done by another one, also what is done only once', async () => {
  await using busy = await startReplica('busy', refuse);
  await using free = await startReplica('free');
  await using service = open(busy.url, free.url);

  const answers = [];
  for (let index = 0; index < 6; index += 1) answers.push(await service.ask());

  expect(answers).toEqual(Array.from({ length: 6 }, () => 'free'));
  expect(busy.asked.length).toBeGreaterThan(0);
  expect(free.asked).toHaveLength(6);
});

test('when nobody has time the refusal is the answer, and each was asked once', async () => {
  await using one = await startReplica('one', refuse);
  await using two = await startReplica('two', refuse);
  await using service = open(one.url, two.url);

  const { statusCode, body } = await service.client.request(QUESTION);

  expect([statusCode, await body.text()]).toEqual([503, 'too much to do']);
  expect([one.asked.length, two.asked.length]).toEqual([1, 1]);
});

test('a refusal goes to nobody else when work was begun, or nobody else is ready', async () => {
  await using begun = await startReplica('begun', (_request, response) => void response.writeHead(503).end());
  await using other = await startReplica('other');
  await using failing = open(begun.url, other.url);
  await using busy = await startReplica('busy', refuse);
  await using resting = await startReplica('resting');
  resting.status = 503;
  await using half = open(busy.url, resting.url);
  await until('one is not ready', () => half.replicas.readyCount === 1);

  const statuses = [];
  for (let index = 0; index < 2; index += 1) {
    const { statusCode, body } = await failing.client.request(QUESTION);
    await body.dump();
    statuses.push(statusCode);
  }
  const refused = await half.client.request(QUESTION);
  await refused.body.dump();

  expect(new Set(statuses)).toEqual(new Set([200, 503]));
  expect(refused.statusCode).toBe(503);
  expect(resting.asked).toEqual([]);
});

test('a replica that is not ready gets nothing until it is ready again', async () => {
  await using one = await startReplica('one');
  await using two = await startReplica('two');
  await using service = open(one.url, two.url);

  one.status = 503;
  await until('one is set aside', () => service.replicas.readyCount === 1);
  const without = await Promise.all([service.ask(), service.ask(), service.ask()]);
  one.status = 200;
  await until('one is back', () => service.replicas.readyCount === 2);
  const together = new Set([await service.ask(), await service.ask()]);

  expect(without).toEqual(['two', 'two', 'two']);
  expect(together).toEqual(new Set(['one', 'two']));
});

test('when none is ready, one of them is asked all the same', async () => {
  await using one = await startReplica('one');
  await using two = await startReplica('two');
  await using service = open(one.url, two.url);
  one.status = 503;
  two.status = 503;
  await until('both are set aside', () => service.replicas.readyCount === 0);

  expect(['one', 'two']).toContain(await service.ask());
});

test('a replica that closes its connections after an answer gets nothing new', async () => {
  await using ending = await startReplica('ending', (_request, response) => {
    response.writeHead(200, { connection: 'close' }).end('ending');
  });
  await using staying = await startReplica('staying');
  await using service = openWith({ urls: [ending.url, staying.url], checkEveryMs: 60_000 });

  const answers = [];
  for (let index = 0; index < 6; index += 1) answers.push(await service.ask());

  expect(ending.asked).toHaveLength(1);
  expect(answers.filter((answer) => answer === 'staying')).toHaveLength(5);
});

test('a replica that is started again takes requests again', async () => {
  await using one = await startReplica('one');
  const two = await startReplica('two');
  await using service = open(one.url, two.url);

  await two[Symbol.asyncDispose]();
  await until('two is set aside', () => service.replicas.readyCount === 1);
  await using again = await startReplica('two', undefined, two.port);
  await until('two is back', () => service.replicas.readyCount === 2);
  const answers = new Set([await service.ask(), await service.ask()]);

  expect(answers).toEqual(new Set(['one', 'two']));
  expect(again.asked).toHaveLength(1);
});

test('a single address is not asked for readiness', async () => {
  await using one = await startReplica('one');
  one.status = 503;
  await using service = open(one.url);

  expect(await service.ask()).toBe('one');
  expect(service.replicas.readyCount).toBe(1);
});

test('a request that is given up goes nowhere else', async () => {
  const hang: RequestListener = () => undefined;
  await using one = await startReplica('one', hang);
  await using two = await startReplica('two', hang);
  await using service = open(one.url, two.url);
  const giveUp = new AbortController();

  const asked = service.ask({ signal: giveUp.signal, isRepeatable: true });
  await until('the request is there', () => one.asked.length + two.asked.length === 1);
  giveUp.abort(new Error('given up'));

  await expect(asked).rejects.toThrow('given up');
  expect(one.asked.length + two.asked.length).toBe(1);
});

test('small answers are fetched as by fetch, below the path of the addresses', async () => {
  await using one = await startReplica('one', (_request, response) => {
    response.writeHead(201, { 'content-type': 'application/json', 'x-two': ['a', 'b'] }).end('{"ok":true}');
  });
  await using service = open(`${one.url}/base`);

  const response = await service.client.fetch('/ask?x=1');

  expect([response.status, response.headers.get('x-two'), await response.json()]).toEqual([
    201,
    'a, b',
    { ok: true },
  ]);
  expect(one.asked).toEqual(['GET /base/ask?x=1']);
});
