import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ask, openSocket, startFixtureRouter, type FixtureRouter } from '../testkit/router.ts';
import { startSubgraphs, type Fixture } from '../testkit/subgraphs.ts';

let fixture: Fixture;
let router: FixtureRouter;

beforeAll(async () => {
  fixture = await startSubgraphs();
  router = await startFixtureRouter(fixture, { hasIdentity: true });
  router.exchange.grant('nobody', {});
  router.exchange.grant('reader', { permissions: ['plan:read', 'agent:note', 'user:read'] });
  router.exchange.grant('half-writer', { permissions: ['plan:write'] });
  router.exchange.grant('writer', { permissions: ['plan:write', 'plan:admin'] });
});

beforeEach(() => {
  fixture.calls.length = 0;
});

afterAll(async () => {
  await router[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

const forbidden = (...path: (string | number)[]): unknown => ({
  message: 'You do not have the permission for this.',
  path,
  extensions: { code: 'FORBIDDEN' },
});

test.each([
  ['reader', 'the plan'],
  ['writer', 'the plan'],
  ['half-writer', null],
  ['nobody', null],
])('scopes are a choice of sets of which all are needed: %s gets %s', async (bearer, plan) => {
  const { body } = await ask(router, '{ plan }', { bearer });

  expect(body.data).toEqual({ plan });
});

test('what the viewer may not see is null with an error at its path, and the rest is answered', async () => {
  const { status, body } = await ask(router, '{ secret: plan agents { name text: note } }', {
    bearer: 'nobody',
  });

  expect(status).toBe(200);
  expect(body).toEqual({
    data: {
      secret: null,
      agents: [
        { name: 'Agent 1', text: null },
        { name: 'Agent 2', text: null },
      ],
    },
    errors: [forbidden('secret'), forbidden('agents', 0, 'text'), forbidden('agents', 1, 'text')],
  });
});

test('nothing is sent to a subgraph when nothing is left', async () => {
  const { body } = await ask(router, '{ plan }', { bearer: 'nobody' });

  expect(body).toEqual({ data: { plan: null }, errors: [forbidden('plan')] });
  expect(fixture.calls).toEqual([]);
});

test('a mutation without its permission does not run', async () => {
  const { body } = await ask(router, 'mutation { renameAgent(id: "1", name: "x") { name } }', {
    bearer: 'reader',
  });

  expect(body).toEqual({ data: { renameAgent: null }, errors: [forbidden('renameAgent')] });
  expect(fixture.calls).toEqual([]);
});

test('an anonymous viewer is told to sign in', async () => {
  const { body } = await ask(router, '{ viewer { name } plan }');

  expect(body).toEqual({
    data: { viewer: null, plan: null },
    errors: ['viewer', 'plan'].map((field) => ({
      message: 'Sign in to see this.',
      path: [field],
      extensions: { code: 'UNAUTHENTICATED' },
    })),
  });
});

// Hiding a guarded field behind fragments or an interface is the classic way round a check of field names.
test.each([
  ['a fragment', '{ agent(id: "1") { ...F } } fragment F on Agent { note }', 'agent'],
  ['an inline fragment', '{ agent(id: "1") { ... { ... on Agent { note } } } }', 'agent'],
  ['an entity of another subgraph', '{ session(id: "1") { agent { note } } }', 'session'],
])('a guarded field inside %s is found', async (_name, query, root) => {
  const { body } = await ask(router, query, { bearer: 'nobody' });

  expect(JSON.stringify(body.data)).toContain('"note":null');
  expect(body.errors).toHaveLength(1);
  expect(body.errors?.[0]?.path?.[0]).toBe(root);
});

test('a field of an interface demands what its implementations demand', async () => {
  const query = '{ things { id note } }';

  const refused = await ask(router, query, { bearer: 'nobody' });
  const allowed = await ask(router, query, { bearer: 'reader' });

  expect(refused.body.data).toEqual({
    things: [
      { id: '1', note: null },
      { id: 't1', note: null },
    ],
  });
  expect(allowed.body.data).toEqual({
    things: [
      { id: '1', note: 'note of 1' },
      { id: 't1', note: 'open note' },
    ],
  });
});

test('an implementation that is open stays open by its own name', async () => {
  const { body } = await ask(router, '{ things { ... on Tool { note } ... on Agent { note } } }', {
    bearer: 'nobody',
  });

  expect(body).toEqual({
    data: { things: [{ note: null }, { note: 'open note' }] },
    errors: [forbidden('things', 0, 'note')],
  });
});

test('variables that only a removed field used do not break the rest', async () => {
  const { body } = await ask(
    router,
    'mutation ($name: String!, $id: ID!) { renameAgent(id: $id, name: $name) { name } __typename }',
    { bearer: 'nobody', variables: { id: '1', name: 'x' } },
  );

  expect(body).toEqual({
    data: { renameAgent: null, __typename: 'Mutation' },
    errors: [forbidden('renameAgent')],
  });
});

test('one viewer’s reduced plan is not used for another', async () => {
  const query = '{ agents(first: 1) { note name } }';

  const first = await ask(router, query, { bearer: 'nobody' });
  const second = await ask(router, query, { bearer: 'reader' });

  expect(first.body.data).toEqual({ agents: [{ note: null, name: 'Agent 1' }] });
  expect(second.body).toEqual({ data: { agents: [{ note: 'note of 1', name: 'Agent 1' }] } });
});

test('a subscription without its permission is refused', async () => {
  await using socket = openSocket(router, { bearer: 'nobody' });

  const started = socket.client.iterate({ query: 'subscription { watched { count } }' }).next();

  await expect(started).rejects.toEqual([forbidden('watched')]);
});
