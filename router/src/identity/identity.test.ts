import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ask, openSocket, startFixtureRouter, type FixtureRouter } from '../testkit/router.ts';
import { startSubgraphs, type Fixture } from '../testkit/subgraphs.ts';
import { until } from '../testkit/wait.ts';

let fixture: Fixture;
let router: FixtureRouter;

beforeAll(async () => {
  fixture = await startSubgraphs();
});

beforeEach(async () => {
  fixture.calls.length = 0;
  fixture.refusedTokens.clear();
  router = await startFixtureRouter(fixture, { hasIdentity: true });
  router.exchange.grant('editor', {});
  return () => router[Symbol.asyncDispose]();
});

afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

const AGENT = '{ agent(id: "1") { name owner { name } } }';

test('each subgraph gets the context token that is meant for it', async () => {
  await ask(router, AGENT, { bearer: 'editor' });

  expect(fixture.calls.map(({ subgraph, authorization }) => [subgraph, authorization])).toEqual([
    ['agents', 'Bearer context-agents-editor-1'],
    ['auth', 'Bearer context-auth-editor-1'],
  ]);
});

test.each([
  ['of a token that auth refuses', 'Bearer forged'],
  ['of another scheme', 'Basic ZWRpdG9yOng='],
  ['without a token', 'Bearer '],
  ['of two tokens', 'Bearer a b'],
])('an authorization %s is answered with 401', async (_name, authorization) => {
  const { status, body } = await ask(router, AGENT, { headers: { authorization } });

  expect(status).toBe(401);
  expect(body.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
  expect(fixture.calls).toEqual([]);
});

test('auth that is away makes new tokens SERVICE_UNAVAILABLE, while known ones work', async () => {
  await ask(router, AGENT, { bearer: 'editor' });
  router.exchange.isReachable = false;

  const known = await ask(router, AGENT, { bearer: 'editor' });
  const unknown = await ask(router, AGENT, { bearer: 'other' });

  expect(known.status).toBe(200);
  expect(unknown.status).toBe(503);
  expect(unknown.body.errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE' });
});

test('a context token that a subgraph does not accept is not used again', async () => {
  fixture.refusedTokens.add('Bearer context-auth-editor-1');
  await fixture.replace('auth', (request, response) => {
    const isRefused = fixture.refusedTokens.has(request.headers.authorization ?? '');
    response.writeHead(isRefused ? 401 : 200, { 'content-type': 'application/json' });
    response.end(isRefused ? '{"errors":[]}' : '{"data":{"_entities":[{"name":"N"}]}}');
  });

  const first = await ask(router, AGENT, { bearer: 'editor' });
  const second = await ask(router, AGENT, { bearer: 'editor' });

  expect(first.body.errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE' });
  expect(second.body).toEqual({ data: { agent: { name: 'Agent 1', owner: { name: 'N' } } } });
  await fixture.restart('auth');
});

test.each([
  ['with a forged token', { authorization: 'Bearer forged' }],
  ['without a token', undefined],
  ['with what is no text', { authorization: 7 }],
])('a socket %s is closed with 4403', async (_name, connectionParams) => {
  await using socket = openSocket(router, {
    lazy: false,
    onNonLazyError: () => undefined,
    ...(connectionParams && { connectionParams }),
  });

  expect((await socket.closed).code).toBe(4403);
});

// What auth cannot be asked about looked like an outage of auth: one socket with such a token every few seconds put off
// the renewal of everybody's grants, and with it the end of permissions that were taken away.
test.each([
  ['characters that no header carries', 'Bearer \u20ac'],
  ['control characters', 'Bearer a\u0001b'],
  ['more characters than auth reads', `Bearer ${'a'.repeat(8 * 1024 + 1)}`],
])('a socket whose token has %s is refused without asking auth', async (_name, authorization) => {
  await using socket = openSocket(router, {
    lazy: false,
    onNonLazyError: () => undefined,
    connectionParams: { authorization },
  });

  expect((await socket.closed).code).toBe(4403);
  expect(router.exchange.asked).toEqual([]);
});

test('a socket is closed with 4401 when its access token expires', async () => {
  router.exchange.grant('short', { accessTokenExpiresAt: new Date(Date.now() + 300) });
  await using socket = openSocket(router, { bearer: 'short' });

  const stream = socket.client.iterate({ query: 'subscription { ticks { count } }' });
  await stream.next();

  expect((await socket.closed).code).toBe(4401);
});

test('a revocation closes the sockets of its session with 4401, and no others', async () => {
  router.exchange.grant('colleague', { tenantId: 'tenant-2' });
  await using revoked = openSocket(router, { bearer: 'editor' });
  await using kept = openSocket(router, { bearer: 'colleague' });
  const stream = revoked.client.iterate({
    query: 'subscription { progress(sessionId: "quiet") { message } }',
  });
  const ended = stream.next().catch((error: unknown) => error);
  await kept.client.iterate({ query: '{ __typename }' }).next();
  await until(() => fixture.openStreams() === 1, 'the stream is open');
  router.exchange.refuse('editor');
  router.tokens.revoke(() => true);

  router.recheckSockets('session:session-of-editor');

  expect((await revoked.closed).code).toBe(4401);
  expect(await ended).toMatchObject({ code: 4401 });
  expect(await kept.client.iterate({ query: '{ __typename }' }).next()).toMatchObject({ done: false });
});

test('each event is joined with a fresh context token', async () => {
  await using socket = openSocket(router, { bearer: 'editor' });
  const stream = socket.client.iterate({
    query: 'subscription { progress(sessionId: "fresh") { session { agent { name } } } }',
  });
  fixture.addProgress('fresh', '1');
  await stream.next();
  router.tokens.revoke(() => true);

  fixture.addProgress('fresh', '2');
  await stream.next();

  const tokens = fixture.calls
    .filter(({ subgraph }) => subgraph === 'agents')
    .map((call) => call.authorization);
  expect(tokens).toEqual(['Bearer context-agents-editor-1', 'Bearer context-agents-editor-2']);
});

test('a stream whose token no longer holds ends with an error, and its socket with 4401', async () => {
  await using socket = openSocket(router, { bearer: 'editor' });
  const stream = socket.client.iterate({
    query: 'subscription { progress(sessionId: "revoked") { session { agent { name } } } }',
  });
  fixture.addProgress('revoked', '1');
  await stream.next();
  router.exchange.refuse('editor');
  router.tokens.revoke(() => true);

  fixture.addProgress('revoked', '2');

  await expect(stream.next()).rejects.toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  expect((await socket.closed).code).toBe(4401);
});

test('a stream ends when its permission is taken away', async () => {
  router.exchange.grant('watcher', { permissions: ['design:watch'] });
  await using socket = openSocket(router, { bearer: 'watcher' });
  const stream = socket.client.iterate({ query: 'subscription { watched { count } }' });
  await stream.next();
  router.exchange.grant('watcher', {});
  router.tokens.revoke(() => true);

  const rest = (async () => {
    for await (const _ of stream);
  })();

  await expect(rest).rejects.toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
});
