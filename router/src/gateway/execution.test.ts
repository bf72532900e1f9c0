import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ask, startFixtureRouter, type FixtureRouter } from '../testkit/router.ts';
import { startSubgraphs, type Fixture } from '../testkit/subgraphs.ts';

let fixture: Fixture;
let router: FixtureRouter;

beforeAll(async () => {
  fixture = await startSubgraphs();
  router = await startFixtureRouter(fixture, { subgraphTimeoutMs: 1_000 });
});

beforeEach(() => {
  fixture.calls.length = 0;
});

afterAll(async () => {
  await router[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

const THREE_SERVICES = '{ session(id: "s1") { title agent { name owner { name } } } }';

test('a query is joined over three subgraphs', async () => {
  const { status, body } = await ask(router, THREE_SERVICES);

  expect({ status, body }).toEqual({
    status: 200,
    body: {
      data: {
        session: { title: 'Session s1', agent: { name: 'Agent 7', owner: { name: 'Name of owner-of-7' } } },
      },
    },
  });
});

test('variables, aliases and fragments reach the subgraphs', async () => {
  const { body } = await ask(
    router,
    'query Q($n: Int!, $with: Boolean!) { few: agents(first: $n) { ...A } } fragment A on Agent { id title: name owner @include(if: $with) { name } }',
    { variables: { n: 1, with: true } },
  );

  expect(body.data).toEqual({ few: [{ id: '1', title: 'Agent 1', owner: { name: 'Name of owner-of-1' } }] });
});

test('a subgraph gets the request id and the address of the client, and nothing else that the client sent', async () => {
  await ask(router, '{ agent(id: "1") { name } }', {
    headers: {
      cookie: 'a=b',
      'x-tenant-id': 'other',
      'x-client-address': '6.6.6.6',
      'x-request-id': 'request-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
  });

  const headers = fixture.calls[0]?.headers ?? {};
  expect(Object.keys(headers).toSorted()).toEqual([
    'accept',
    'connection',
    'content-length',
    'content-type',
    'host',
    'traceparent',
    'x-client-address',
    'x-deadline-ms',
    'x-request-id',
  ]);
  expect(headers['x-client-address']).toBe('127.0.0.1');
  expect(headers['x-request-id']).toBe('request-1');
});

test('a known code of a subgraph passes with message, path and details', async () => {
  const { body } = await ask(router, '{ fail(code: "CONFLICT") agent(id: "1") { name } }');

  expect(body).toEqual({
    data: { fail: null, agent: { name: 'Agent 1' } },
    errors: [
      { message: 'said by the service', path: ['fail'], extensions: { code: 'CONFLICT', field: 'fail' } },
    ],
  });
});

test('an internal error of a subgraph is masked and carries the request id', async () => {
  const { body, headers } = await ask(router, '{ fail }');

  expect(body).toEqual({
    data: { fail: null },
    errors: [
      {
        message: 'Internal server error.',
        path: ['fail'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: headers.get('x-request-id') },
      },
    ],
  });
});

const UNAVAILABLE = 'A service that answers this field is not available. Try again.';

const ONLY_OWNERS_MISSING = {
  data: { session: { title: 'Session s1', agent: { name: 'Agent 7', owner: null } } },
  errors: [
    {
      message: UNAVAILABLE,
      path: ['session', 'agent', 'owner', 'name'],
      extensions: { code: 'SERVICE_UNAVAILABLE' },
    },
  ],
};

test('a dead subgraph empties its own fields only', async () => {
  await fixture.stop('auth');

  const { status, body } = await ask(router, THREE_SERVICES);

  expect(status).toBe(200);
  expect(body).toEqual(ONLY_OWNERS_MISSING);
  await fixture.restart('auth');
});

test('a hanging subgraph empties its own fields after the deadline', async () => {
  await fixture.replace('auth', () => undefined);

  const { body } = await ask(router, THREE_SERVICES);

  expect(body).toEqual(ONLY_OWNERS_MISSING);
  await fixture.restart('auth');
});

test.each([
  ['a status of 500', 500, '{"errors":[{"message":"host db-1 is down"}]}'],
  ['what is not JSON', 200, '<html>'],
  ['JSON that is no answer', 200, '[1]'],
])('a subgraph that answers with %s empties its own fields', async (_name, status, text) => {
  await fixture.replace('auth', (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  });

  const { body } = await ask(router, THREE_SERVICES);

  expect(body).toEqual(ONLY_OWNERS_MISSING);
  await fixture.restart('auth');
});

test('an answer above the cap is not read to its end', async () => {
  await using small = await startFixtureRouter(fixture, { maxAnswerBytes: 1_000 });

  const { body } = await ask(small, '{ agents(first: 100) { name } }');

  expect(body).toEqual({
    data: { agents: null },
    errors: [{ message: UNAVAILABLE, path: ['agents'], extensions: { code: 'SERVICE_UNAVAILABLE' } }],
  });
});

test('a client that leaves ends the calls to the subgraphs', async () => {
  const reached = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  await fixture.replace('auth', (request) => {
    reached.resolve();
    request.socket.once('close', () => ended.resolve());
  });
  await using patient = await startFixtureRouter(fixture, { subgraphTimeoutMs: 60_000 });
  const client = new AbortController();
  const asked = fetch(`${patient.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ viewer { name } }' }),
    signal: client.signal,
  });

  await reached.promise;
  client.abort();

  await expect(asked).rejects.toThrow('aborted');
  await ended.promise;
  await fixture.restart('auth');
});

test('a mutation runs, but not by GET', async () => {
  const mutation = 'mutation { renameAgent(id: "1", name: "New") { name } }';

  const posted = await ask(router, mutation);
  const got = await fetch(`${router.url}/graphql?query=${encodeURIComponent(mutation)}`, {
    headers: { 'apollo-require-preflight': '1' },
  });

  expect(posted.body).toEqual({ data: { renameAgent: { name: 'New' } } });
  expect(got.status).toBe(405);
});

test('a subscription over HTTP is refused with a hint', async () => {
  const { status, body } = await ask(router, 'subscription { ticks { count } }');

  expect(status).toBe(400);
  expect(body.errors?.[0]?.message).toContain('WebSocket');
});
