import { once } from 'node:events';
import type { FormattedExecutionResult } from 'graphql-ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openSocket, startFixtureRouter, type FixtureRouter } from '../testkit/router.ts';
import { startSubgraphs, type Fixture } from '../testkit/subgraphs.ts';
import { until } from '../testkit/wait.ts';

let fixture: Fixture;
let router: FixtureRouter;

beforeAll(async () => {
  fixture = await startSubgraphs();
  router = await startFixtureRouter(fixture);
});

afterAll(async () => {
  await router[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

const MESSAGES =
  'subscription P($id: ID!, $after: Int) { progress(sessionId: $id, after: $after) { message } }';

async function take(
  events: AsyncIterable<FormattedExecutionResult<Record<string, unknown>>>,
  count: number,
): Promise<FormattedExecutionResult<Record<string, unknown>>[]> {
  const taken: FormattedExecutionResult<Record<string, unknown>>[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

test('an event is joined over three subgraphs', async () => {
  await using socket = openSocket(router);
  fixture.addProgress('joined', 'first');

  const events = await take(
    socket.client.iterate({
      query:
        'subscription { at: progress(sessionId: "joined") { text: message session { title agent { name owner { name } } } } }',
    }),
    1,
  );

  expect(events).toEqual([
    {
      data: {
        at: {
          text: 'first',
          session: {
            title: 'Session joined',
            agent: { name: 'Agent 7', owner: { name: 'Name of owner-of-7' } },
          },
        },
      },
    },
  ]);
});

test('a stream ends when the subgraph completes it, after a replay from `after` on', async () => {
  await using socket = openSocket(router);
  for (const message of ['a', 'b', 'c', 'end']) fixture.addProgress('ending', message);

  const events = await take(
    socket.client.iterate({ query: MESSAGES, variables: { id: 'ending', after: 2 } }),
    10,
  );

  expect(events).toEqual([
    { data: { progress: { message: 'c' } } },
    { data: { progress: { message: 'end' } } },
  ]);
});

test('a stream goes on after its subgraph restarted: nothing is lost, nothing comes twice', async () => {
  await using socket = openSocket(router);
  const stream = socket.client.iterate<Record<string, unknown>>({
    query: MESSAGES,
    variables: { id: 'resumed', after: 0 },
  });
  const seen: unknown[] = [];
  const done = (async () => {
    for await (const event of stream) seen.push(event.data?.['progress']);
  })();
  fixture.addProgress('resumed', '1');
  fixture.addProgress('resumed', '2');
  await until(() => seen.length === 2, 'two events came');

  await fixture.stop('design');
  fixture.addProgress('resumed', '3');
  await fixture.restart('design');
  fixture.addProgress('resumed', '4');
  fixture.addProgress('resumed', 'end');
  await done;

  expect(seen).toEqual(['1', '2', '3', '4', 'end'].map((message) => ({ message })));
});

test('every stream of a shared upstream socket goes on after a restart', async () => {
  await using socket = openSocket(router);
  const streams = Array.from({ length: 20 }, (_, index) =>
    take(socket.client.iterate({ query: MESSAGES, variables: { id: `shared-${index}` } }), 10),
  );
  await until(() => fixture.openStreams() === 20, 'all streams are open');

  await fixture.restart('design');
  for (let index = 0; index < 20; index += 1) {
    fixture.addProgress(`shared-${index}`, `only ${index}`);
    fixture.addProgress(`shared-${index}`, 'end');
  }

  const all = await Promise.all(streams);
  expect(all.map((events) => events.map((event) => event.data))).toEqual(
    all.map((_, index) => [{ progress: { message: `only ${index}` } }, { progress: { message: 'end' } }]),
  );
});

test('more events than the queue holds come in order and without a gap', async () => {
  await using socket = openSocket(router);
  const expected = [...Array.from({ length: 2_000 }, (_, index) => String(index)), 'end'];
  for (const message of expected) fixture.addProgress('flood', message);

  const events = await take(
    socket.client.iterate({
      query: MESSAGES,
      variables: { id: 'flood' },
    }),
    10_000,
  );

  expect(events.map((event) => event.data?.['progress'])).toEqual(expected.map((message) => ({ message })));
});

test('a stream that cannot be continued ends with SERVICE_UNAVAILABLE when its subgraph goes away', async () => {
  await using socket = openSocket(router);
  const stream = socket.client.iterate({ query: 'subscription { ticks { count } }' });
  await stream.next();

  await fixture.stop('design');
  const rest = (async () => {
    for await (const _ of stream);
  })();

  await expect(rest).rejects.toEqual([
    {
      message: 'The service that sends these events is not available. Subscribe again.',
      extensions: { code: 'SERVICE_UNAVAILABLE' },
    },
  ]);
  await fixture.restart('design');
});

test('a subscription at a dead subgraph is refused at once', async () => {
  await using socket = openSocket(router);
  await fixture.stop('design');

  const started = socket.client.iterate({ query: MESSAGES, variables: { id: 'x' } }).next();

  await expect(started).rejects.toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
  await fixture.restart('design');
});

test('a refusal of the subgraph reaches the client with its code', async () => {
  await using socket = openSocket(router);

  const events = await take(socket.client.iterate({ query: MESSAGES, variables: { id: 'foreign' } }), 1);

  expect(events).toEqual([
    {
      data: { progress: null },
      errors: [{ message: 'Session not found.', path: ['progress'], extensions: { code: 'NOT_FOUND' } }],
    },
  ]);
});

test('a client that unsubscribes ends the stream at the subgraph', async () => {
  await using socket = openSocket(router);
  fixture.addProgress('left', 'one');
  const stream = socket.client.iterate({ query: MESSAGES, variables: { id: 'left' } });
  await stream.next();
  expect(fixture.openStreams()).toBe(1);

  await stream.return?.();

  await until(() => fixture.openStreams() === 0, 'the subgraph has no open stream');
});

test('a dead subgraph empties its fields of an event, and the stream goes on', async () => {
  await using socket = openSocket(router);
  fixture.addProgress('partial', 'one');
  await fixture.stop('agents');

  const events = await take(
    socket.client.iterate({
      query: 'subscription { progress(sessionId: "partial") { message session { agent { name } } } }',
    }),
    1,
  );

  expect(events).toEqual([
    {
      data: { progress: { message: 'one', session: { agent: null } } },
      errors: [
        {
          message: 'A service that answers this field is not available. Try again.',
          path: ['progress', 'session', 'agent', 'name'],
          extensions: { code: 'SERVICE_UNAVAILABLE' },
        },
      ],
    },
  ]);
  await fixture.restart('agents');
});

test('queries and mutations run over a socket', async () => {
  await using socket = openSocket(router);

  const query = await take(socket.client.iterate({ query: '{ agent(id: "1") { name } }' }), 2);
  const mutation = await take(
    socket.client.iterate({ query: 'mutation { renameAgent(id: "1", name: "N") { name } }' }),
    2,
  );

  expect(query).toEqual([{ data: { agent: { name: 'Agent 1' } } }]);
  expect(mutation).toEqual([{ data: { renameAgent: { name: 'N' } } }]);
});

test.each([
  ['malformed', '{ agent(', 'GRAPHQL_PARSE_FAILED'],
  ['invalid', '{ nameless }', 'GRAPHQL_VALIDATION_FAILED'],
  [
    'too wide',
    `{ ${Array.from({ length: 60 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
    'QUERY_TOO_COMPLEX',
  ],
  ['without its variable', 'query ($id: ID!) { agent(id: $id) { name } }', 'BAD_USER_INPUT'],
])('a document that is %s is refused on a socket', async (_name, query, code) => {
  await using socket = openSocket(router);

  const refused = socket.client.iterate({ query }).next();

  await expect(refused).rejects.toMatchObject([{ extensions: { code } }]);
});

test('a message above the limit closes the socket', async () => {
  await using socket = openSocket(router);

  const refused = socket.client.iterate({ query: `{ __typename } # ${'x'.repeat(1_100_000)}` }).next();

  await expect(refused).rejects.toMatchObject({ code: 1009 });
});

test('a socket carries a bounded number of operations', async () => {
  await using socket = openSocket(router);
  const open = Array.from({ length: 100 }, (_, index) =>
    socket.client.iterate({ query: MESSAGES, variables: { id: `many-${index}` } }),
  );
  for (const stream of open) void stream.next().catch(() => undefined);
  await until(() => fixture.openStreams() === 100, 'all streams are open');

  const refused = socket.client.iterate({ query: MESSAGES, variables: { id: 'one-more' } }).next();

  await expect(refused).rejects.toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
});

// Refusing costs work as well: a flood of operations on one socket slowed the requests of everybody.
test('a socket that goes on after a hundred refused operations is closed', async () => {
  await using socket = openSocket(router);
  const streams = Array.from({ length: 202 }, (_, index) =>
    socket.client.iterate({ query: MESSAGES, variables: { id: `flood-${index}` } }),
  );

  for (const stream of streams) void stream.next().catch(() => undefined);

  expect((await socket.closed).code).toBe(4429);
});

test('a router that stops closes its sockets with 1001', async () => {
  const stopping = await startFixtureRouter(fixture);
  await using socket = openSocket(stopping, { lazy: false, onNonLazyError: () => undefined });
  await socket.client.iterate({ query: '{ __typename }' }).next();

  await stopping[Symbol.asyncDispose]();

  expect((await socket.closed).code).toBe(1001);
});

test('a stream goes on at another replica when its own goes away', async () => {
  const second = await fixture.startReplica('design');
  await using replicated = await startFixtureRouter(fixture, {
    baseUrls: { design: [fixture.baseUrlOf('design'), second.url] },
  });
  await using socket = openSocket(replicated);
  const before = fixture.openStreams();
  const streams = ['a', 'b', 'c', 'd'].map((id) =>
    take(socket.client.iterate({ query: MESSAGES, variables: { id: `moved-${id}` } }), 10),
  );
  await until(() => fixture.openStreams() === before + 4, 'all streams are open');

  await second[Symbol.asyncDispose]();
  for (const id of ['a', 'b', 'c', 'd']) {
    fixture.addProgress(`moved-${id}`, id);
    fixture.addProgress(`moved-${id}`, 'end');
  }

  expect((await Promise.all(streams)).map((events) => events.map(({ data }) => data))).toEqual(
    ['a', 'b', 'c', 'd'].map((id) => [{ progress: { message: id } }, { progress: { message: 'end' } }]),
  );
});

test('a subscription begins at the replica that is there', async () => {
  const gone = await fixture.startReplica('design');
  await gone[Symbol.asyncDispose]();
  await using replicated = await startFixtureRouter(fixture, {
    baseUrls: { design: [gone.url, fixture.baseUrlOf('design')] },
  });
  await using socket = openSocket(replicated);
  fixture.addProgress('found', 'one');

  const first = await Promise.all(
    [1, 2, 3].map(() => take(socket.client.iterate({ query: MESSAGES, variables: { id: 'found' } }), 1)),
  );

  expect(first).toEqual([1, 2, 3].map(() => [{ data: { progress: { message: 'one' } } }]));
});

test('a router that is asked to end serves what is open, and sends new operations elsewhere', async () => {
  const stopping = new AbortController();
  await using ending = await startFixtureRouter(fixture, { stopping: stopping.signal });
  await using following = openSocket(ending);
  await using asking = openSocket(ending, { lazy: false, onNonLazyError: () => undefined });
  const stream = following.client.iterate({ query: MESSAGES, variables: { id: 'drained' } });
  await asking.client.iterate({ query: '{ __typename }' }).next();
  fixture.addProgress('drained', 'before');
  const before = await stream.next();

  stopping.abort();
  const refused = asking.client.iterate({ query: '{ __typename }' }).next();
  refused.catch(() => undefined);
  fixture.addProgress('drained', 'meanwhile');
  const meanwhile = await stream.next();
  const opened = new WebSocket(`${ending.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const [error] = await once(opened, 'error');

  await expect(refused).rejects.toMatchObject({ code: 1001 });
  expect([before.value, meanwhile.value]).toEqual([
    { data: { progress: { message: 'before' } } },
    { data: { progress: { message: 'meanwhile' } } },
  ]);
  expect(String(error)).toContain('503');
});

test('a router that is asked to end answers what was begun on a socket before it closes it', async () => {
  const reached = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await fixture.replace('agents', (_request, response) => {
    reached.resolve();
    void release.promise.then(() => response.end('{"data":{"renameAgent":{"name":"N"}}}'));
  });
  const stopping = new AbortController();
  await using ending = await startFixtureRouter(fixture, { stopping: stopping.signal });
  await using socket = openSocket(ending);
  const begun = take(
    socket.client.iterate({ query: 'mutation { renameAgent(id: "1", name: "N") { name } }' }),
    2,
  );
  await reached.promise;

  stopping.abort();
  const next = socket.client.iterate({ query: '{ __typename }' }).next();
  next.catch(() => undefined);
  release.resolve();

  expect(await begun).toEqual([{ data: { renameAgent: { name: 'N' } } }]);
  await expect(next).rejects.toMatchObject({ code: 1001 });
  await fixture.restart('agents');
});

test('a socket at another path is not opened', async () => {
  const socket = new WebSocket(`${router.url.replace('http', 'ws')}/other`, 'graphql-transport-ws');
  const failed = once(socket, 'error');

  expect(String(await failed)).toContain('404');
});

test('a socket of another protocol is closed', async () => {
  const socket = new WebSocket(`${router.url.replace('http', 'ws')}/graphql`);

  const [code] = await once(socket, 'close');

  expect(code).toBe(4406);
});
