/** Replicas that die, come back and are changed while clients ask. */
import { Agent } from 'node:https';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../testkit/wait.ts';
import { ask, openRaw, type Answer } from './client.ts';
import { keepAsking } from './load.ts';
import { findNginx, startEdge, type Edge } from './nginx.ts';
import { startRecorder, type Recorder } from './recorder.ts';

describe.skipIf(findNginx() === null)('replicas', () => {
  let stack: AsyncDisposableStack;
  let first: Recorder;
  let second: Recorder;
  let edge: Edge;

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    first = stack.use(await startRecorder('first'));
    second = stack.use(await startRecorder('second'));
    edge = stack.use(await startEdge({ upstreams: { router: [first.url, second.url] } }));
  });
  afterEach(() => stack.disposeAsync());

  const get = () => ask(edge, '/graphql');
  const post = (body = '{}') => ask(edge, '/graphql', { method: 'POST', body });
  const fromOf = ({ body }: Answer): unknown => (JSON.parse(body) as { from?: unknown }).from;

  /** Answers after a while, so that there is always something under way. */
  function answerSlowly(recorder: Recorder, from: string): void {
    recorder.answer = (_request, response) => {
      setTimeout(() => response.end(JSON.stringify({ from })), 20);
    };
  }

  test('both answer, over few connections that stay open', async () => {
    const answers: Answer[] = [];
    for (let index = 0; index < 60; index += 1) answers.push(await get());

    expect(new Set(answers.map(fromOf))).toEqual(new Set(['first', 'second']));
    // One for each worker process and replica at most.
    expect(first.connections + second.connections).toBeLessThan(30);
  });

  test('a replica that is gone is noticed by no client, whatever is asked', async () => {
    first.kill();

    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? get() : post())),
    );

    expect(answers.map(fromOf)).toEqual(answers.map(() => 'second'));
  });

  test('a replica killed under load fails no request that can be repeated, and repeats none that cannot', async () => {
    answerSlowly(first, 'first');
    answerSlowly(second, 'second');
    const gets = keepAsking(get);
    const posts = keepAsking((index) => post(`{"number":${index}}`));
    await until('load on both', () => Math.min(first.seen.length, second.seen.length) > 20);

    const inFlight = 8;
    first.kill();
    await until('load on the other', () => second.seen.length > 100);
    const [ofGets, ofPosts] = await Promise.all([gets.stop(), posts.stop()]);

    expect(ofGets.filter(({ status }) => status !== 200)).toEqual([]);
    const failed = ofPosts.filter(({ status }) => status !== 200);
    expect(failed.every(({ status }) => status === 503)).toBe(true);
    expect(failed.length).toBeLessThanOrEqual(inFlight);
    const bodies = [...first.seen, ...second.seen].filter(({ method }) => method === 'POST');
    expect(new Set(bodies.map(({ body }) => body)).size).toBe(bodies.length);
  });

  test('a POST whose answer is lost is not sent again; a GET is', async () => {
    first.answer = (_request, response) => response.destroy();
    second.answer = (_request, response) => response.destroy();

    const posted = await post('{"once":true}');

    expect(posted.status).toBe(503);
    expect(JSON.parse(posted.body)).toMatchObject({
      errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    });
    expect([...first.seen, ...second.seen]).toHaveLength(1);
    second.answer = (_request, response) => response.end('{"from":"second"}');
    expect(fromOf(await get())).toBe('second');
  });

  // Attack: provoking errors of a service until the edge takes it for dead, and everybody is shut out.
  test('a replica that answers with errors stays in use', async () => {
    for (const recorder of [first, second]) {
      recorder.answer = (_request, response) => response.writeHead(503).end('{"from":"busy"}');
    }
    const busy = await Promise.all(Array.from({ length: 40 }, () => get()));
    for (const recorder of [first, second]) {
      recorder.answer = (_request, response) => response.end('{"from":"calm"}');
    }

    const calm = await get();

    expect(busy.map(({ status, body }) => [status, body])).toEqual(busy.map(() => [503, '{"from":"busy"}']));
    expect(first.seen.length + second.seen.length).toBe(41);
    expect(calm.status).toBe(200);
  });

  test('without any replica the answer is an error with a hint, and a replica that comes back is used again', async () => {
    first.kill();
    second.kill();
    const none = await get();
    const ready = await fetch(`http://127.0.0.1:${edge.httpPort}/readyz`);
    const live = await fetch(`http://127.0.0.1:${edge.httpPort}/livez`);
    await first.revive();

    expect({ status: none.status, retryAfter: none.headers['retry-after'] }).toEqual({
      status: 503,
      retryAfter: '2',
    });
    expect(none.headers['x-frame-options']).toBe('DENY');
    expect([ready.status, live.status]).toEqual([503, 200]);
    expect(await ready.json()).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] });
    await until('it answers again', async () => (await get()).status === 200);
  });

  test('a reload under load loses no request, and what is under way is finished', async () => {
    const finish = Promise.withResolvers<void>();
    first.answer = (request, response) => {
      if (request.url === '/graphql?long') void finish.promise.then(() => response.end('{"from":"long"}'));
      else response.end('{"from":"first"}');
    };
    second.answer = first.answer;
    const long = ask(edge, '/graphql?long');
    const load = keepAsking(get);
    await until('load', () => load.answers.length > 20);

    const third = stack.use(await startRecorder('third'));
    await edge.reload({ router: [third.url] });
    await until('the new replica has the load', () => third.seen.length > 50);
    finish.resolve();

    expect((await load.stop()).filter(({ status }) => status !== 200)).toEqual([]);
    expect(fromOf(await long)).toBe('long');
  });

  test('many requests go over one connection of a client', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    stack.defer(() => agent.destroy());
    const connections = new Set<unknown>();
    agent.on('keylog', (_line, socket) => connections.add(socket));

    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(edge, '/graphql', { agent })));

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(connections.size).toBe(1);
  });

  test('a client that goes away takes its request with it', async () => {
    const left = Promise.withResolvers<boolean>();
    first.answer = (_request, response) => {
      response.once('close', () => left.resolve(response.writableFinished));
    };
    second.answer = first.answer;
    const connection = await openRaw(edge);
    connection.socket.write('GET /graphql HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until('the service has it', () => first.seen.length + second.seen.length === 1);

    await connection[Symbol.asyncDispose]();

    expect(await left.promise).toBe(false);
  });
});
