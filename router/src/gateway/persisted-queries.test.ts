import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startFixtureRouter, type FixtureRouter } from '../testkit/router.ts';
import { startSubgraphs, type Fixture } from '../testkit/subgraphs.ts';
import { until } from '../testkit/wait.ts';

const QUERY = '{ agent(id: "1") { name } }';
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const extensionOf = (text: string): object => ({ persistedQuery: { version: 1, sha256Hash: hashOf(text) } });

let fixture: Fixture;
let router: FixtureRouter;

beforeAll(async () => {
  fixture = await startSubgraphs();
});

beforeEach(async () => {
  router = await startFixtureRouter(fixture, { hasIdentity: true });
  router.exchange.grant('ada', { permissions: ['agent:read'] });
  router.exchange.grant('bob', { permissions: ['agent:read'], tenantId: 'tenant-2' });
  return () => router[Symbol.asyncDispose]();
});

afterAll(() => fixture[Symbol.asyncDispose]());

interface Outcome {
  readonly status: number;
  readonly body: unknown;
}

async function post(body: object, bearer: string | null = 'ada'): Promise<Outcome> {
  const response = await fetch(`${router.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

async function get(parameters: Readonly<Record<string, string>>, bearer = 'ada'): Promise<Outcome> {
  const response = await fetch(`${router.url}/graphql?${new URLSearchParams(parameters).toString()}`, {
    headers: { authorization: `Bearer ${bearer}`, 'apollo-require-preflight': '1' },
  });
  return { status: response.status, body: await response.json() };
}

/** Registers, and waits until it is kept: nobody waits for that in production. */
async function register(query: string, bearer: string | null = 'ada'): Promise<Outcome> {
  const answer = await post({ query, extensions: extensionOf(query) }, bearer);
  await until(
    async () => !isNotFound(await post({ extensions: extensionOf(query) }, bearer)),
    'the document is kept',
  );
  return answer;
}

const NOT_FOUND = {
  status: 200,
  body: {
    errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
  },
};

const isNotFound = ({ body }: Outcome): boolean => JSON.stringify(body).includes('PERSISTED_QUERY_NOT_FOUND');

test('a document that was sent once is found by its hash, over POST and GET', async () => {
  const unknown = await post({ extensions: extensionOf(QUERY) });
  const registered = await register(QUERY);

  const posted = await post({ extensions: extensionOf(QUERY) });
  const got = await get({ extensions: JSON.stringify(extensionOf(QUERY)) });

  expect(unknown).toEqual(NOT_FOUND);
  expect(registered).toMatchObject({ status: 200, body: { data: { agent: { name: expect.any(String) } } } });
  expect([posted, got]).toEqual([registered, registered]);
});

test('variables and the name of the operation go with the hash', async () => {
  const query = 'query A($id: ID!) { agent(id: $id) { name } } query B { __typename }';
  await register(query);

  const answer = await post({ extensions: extensionOf(query), operationName: 'A', variables: { id: '1' } });

  expect(answer).toMatchObject({ status: 200, body: { data: { agent: { name: expect.any(String) } } } });
});

// Whether somebody else uses a document is nobody's business.
test('a tenant does not find the documents of another, nor the anonymous ones', async () => {
  await register(QUERY, 'ada');
  await register('{ __typename }', null);

  const other = await post({ extensions: extensionOf(QUERY) }, 'bob');
  const anonymous = await post({ extensions: extensionOf(QUERY) }, null);
  const ofAnonymous = await post({ extensions: extensionOf('{ __typename }') }, 'bob');

  expect([other, anonymous, ofAnonymous]).toEqual([NOT_FOUND, NOT_FOUND, NOT_FOUND]);
});

// A hash that stands for another text would let one client choose what others of its tenant run.
test('a hash of another text is refused and registers nothing', async () => {
  const refused = await post({ query: '{ __typename }', extensions: extensionOf(QUERY) });

  expect(refused).toMatchObject({
    status: 400,
    body: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
  });
  expect(await post({ extensions: extensionOf(QUERY) })).toEqual(NOT_FOUND);
  expect(await post({ extensions: extensionOf('{ __typename }') })).toEqual(NOT_FOUND);
});

test.each([
  ['another version', { version: 2, sha256Hash: hashOf(QUERY) }],
  ['a hash of another kind', { version: 1, sha256Hash: 'abc' }],
  ['no hash', { version: 1 }],
  ['no object', 'x'],
])('%s is refused', async (_name, persistedQuery) => {
  const answer = await post({ query: QUERY, extensions: { persistedQuery } });

  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
});

// Documents are kept after they passed the limits, and read with the limits again when they are named.
test('a document that is refused is not kept', async () => {
  const tooDeep = `${'{ agent '.repeat(20)}${'}'.repeat(20)}`;
  const refused = await post({ query: tooDeep, extensions: extensionOf(tooDeep) });

  expect(refused).toMatchObject({
    status: 400,
    body: { errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] },
  });
  expect(await post({ extensions: extensionOf(tooDeep) })).toEqual(NOT_FOUND);
});

test('a mutation does not run over GET, by its hash either', async () => {
  const mutation = 'mutation { renameAgent(id: "1", name: "x") { name } }';
  await post({ query: mutation, extensions: extensionOf(mutation) });
  await until(
    async () => !isNotFound(await get({ extensions: JSON.stringify(extensionOf(mutation)) })),
    'the mutation is kept',
  );
  fixture.calls.length = 0;

  const byHash = await get({ extensions: JSON.stringify(extensionOf(mutation)) });
  const byText = await get({ query: mutation });

  expect([byHash.status, byText.status]).toEqual([405, 405]);
  expect(fixture.calls).toEqual([]);
});

test('a large document runs, and is not kept', async () => {
  const large = `{ __typename } ${`# ${'x'.repeat(60)}\n`.repeat(300)}`;
  const answer = await post({ query: large, extensions: extensionOf(large) });

  expect(answer).toMatchObject({ status: 200, body: { data: { __typename: 'Query' } } });
  expect(await post({ extensions: extensionOf(large) })).toEqual(NOT_FOUND);
});
