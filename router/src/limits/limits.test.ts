import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { buildSchema, getIntrospectionQuery, getOperationAST, parse } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, startFixtureRouter, type FixtureRouter } from '../testkit/router.ts';
import { startSubgraphs, type Fixture } from '../testkit/subgraphs.ts';
import { checkCost, estimateCost } from './cost.ts';
import { DEFAULT_LIMITS, checkShape } from './operation-limits.ts';

const nested = (depth: number): string => `${'{ a '.repeat(depth)}${'}'.repeat(depth)}`;
const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

const fragmentBomb = `{ ...F0 } ${times(20, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)} fragment F20 on Query { a }`;

// Each of these is cheap to write and dear to answer; they are refused before validation and planning.
test.each([
  ['levels', nested(16), 'more depth than allowed: 16, the limit is 15'],
  ['aliases', `{ a { ${times(51, (i) => `a${i}: b`)} } }`, 'more aliases than allowed: 51, the limit is 50'],
  ['root fields', `{ ${times(21, (i) => `f${i}`)} }`, 'more root fields than allowed: 21, the limit is 20'],
  [
    'repeated fields',
    `{ a { ${times(2001, () => 'b')} } }`,
    'more fields than allowed: 2001, the limit is 2000',
  ],
  ['directives on a field', `{ a ${times(6, () => '@x')} }`, 'directives on one element than allowed: 6'],
  ['directives', `{ a { ${times(51, (i) => `b${i} @x`)} } }`, 'more directives than allowed: 51'],
  ['levels in fragments', `{ ...F } fragment F on Q ${nested(16)}`, 'more depth than allowed'],
  [
    'a cycle of fragments',
    '{ ...A } fragment A on Q { ...B } fragment B on Q { a { ...A } }',
    'contains itself',
  ],
  ['fragments that double', fragmentBomb, 'more root fields than allowed'],
])('an operation with too many %s is refused, and told why', (_name, query, message) => {
  expect(() => checkShape(parse(query), DEFAULT_LIMITS)).toThrow(message);
});

// A chain of fragments that double and end in an unknown one has no fields to count: 2 KB kept the router busy for ever,
// for anybody, as limits come before identity.
test('fragments that double and hold no field are refused at once', () => {
  const doubling = times(60, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);

  expect(() => checkShape(parse(`{ ...F0 } ${doubling}`), DEFAULT_LIMITS)).toThrow(
    'more fragment spreads than allowed: 1001, the limit is 1000',
  );
});

test('the introspection of GraphiQL is within the limits', () => {
  const query = getIntrospectionQuery({ schemaDescription: true, inputValueDeprecation: true, oneOf: true });

  expect(() => checkShape(parse(query), DEFAULT_LIMITS)).not.toThrow();
});

const schema = buildSchema(`
  type Query { agents(first: Int = 20): Agents agent: Agent }
  type Mutation { touch: Agent }
  type Agents { edges: [Edge!]! }
  type Edge { node: Agent! }
  type Agent { id: ID! tools: [Tool!]! versions(first: Int): Agents }
  type Tool { name: String }`);

function cost(query: string, variables: Record<string, unknown> = {}): number {
  const document = parse(query);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('no operation');
  return estimateCost({ document, operation, schema, variables });
}

test.each([
  ['{ agent { id } }', {}, 1],
  ['{ agent { tools { name } } }', {}, 11],
  ['{ agents { edges { node { id } } } }', {}, 41],
  ['{ agents(first: 100) { edges { node { id } } } }', {}, 201],
  ['query ($n: Int) { agents(first: $n) { edges { node { id } } } }', { n: 5 }, 11],
  ['{ agents(first: 2) { edges { node { versions(first: 3) { edges { node { id } } } } } } }', {}, 19],
  ['{ ...F } fragment F on Query { agent { id } }', {}, 1],
  ['mutation { touch { id } }', {}, 11],
  ['{ __schema { types { name } } }', {}, 0],
])('the cost of %s is the number of its objects', (query, variables, expected) => {
  expect(cost(query, variables)).toBe(expected);
});

test('an operation above the cost limit is refused with both numbers', () => {
  const document = parse(
    '{ agents(first: 100) { edges { node { versions(first: 1000) { edges { node { id } } } } } } }',
  );
  const operation = getOperationAST(document);
  if (!operation) throw new Error('no operation');

  const error = checkCost({ document, operation, schema, variables: {} }, DEFAULT_LIMITS);

  expect(error?.message).toBe(
    'The operation asks for about 200301 objects, the limit is 50000. Ask for smaller pages.',
  );
});

let fixture: Fixture;
let router: FixtureRouter;
let production: FixtureRouter;

beforeAll(async () => {
  fixture = await startSubgraphs();
  router = await startFixtureRouter(fixture);
  production = await startFixtureRouter(fixture, { isExplorable: false });
});

afterAll(async () => {
  await production[Symbol.asyncDispose]();
  await router[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

test.each([
  ['malformed', '{ agent(', 'GRAPHQL_PARSE_FAILED'],
  ['invalid', '{ agnet }', 'GRAPHQL_VALIDATION_FAILED'],
  ['too deep', nested(16), 'QUERY_TOO_COMPLEX'],
  ['too costly', '{ agents(first: 60000) { name } }', 'QUERY_TOO_COMPLEX'],
  ['too long', `{ ${times(5001, () => 'a')} }`, 'GRAPHQL_PARSE_FAILED'],
])('a document that is %s is refused over HTTP with its code', async (_name, query, code) => {
  const { status, body } = await ask(router, query);

  expect(status).toBe(400);
  expect(body.errors?.[0]?.extensions['code']).toBe(code);
  expect(JSON.stringify(body)).not.toContain('Did you mean');
});

test('a wrong variable is BAD_USER_INPUT', async () => {
  const { status, body } = await ask(router, 'query ($id: ID!) { agent(id: $id) { name } }', {
    variables: { id: {} },
  });

  expect(status).toBe(400);
  expect(body.errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT' });
});

test('introspection is open for development and closed in production', async () => {
  const query = getIntrospectionQuery();

  const open = await ask(router, query);
  const closed = await ask(production, query);

  expect(open.body.data).toHaveProperty('__schema');
  expect(closed.status).toBe(400);
  expect(closed.body.data).toBeUndefined();
});

test('a list of operations is refused', async () => {
  const response = await fetch(`${router.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ query: '{ __typename }' }, { query: '{ __typename }' }]),
  });

  expect(response.status).toBe(400);
});

test('a body above 1 MB is refused with 413', async () => {
  const { status, body } = await ask(router, `{ __typename } # ${'x'.repeat(1_100_000)}`);

  expect(status).toBe(413);
  expect(body.errors?.[0]?.extensions).toEqual({ code: 'PAYLOAD_TOO_LARGE' });
});

// A page of another origin can send these without asking the browser first.
test.each([
  ['a GET without a preflight', 'GET', undefined],
  ['a form', 'POST', 'application/x-www-form-urlencoded'],
  ['plain text', 'POST', 'text/plain'],
])('%s does not run an operation', async (_name, method, contentType) => {
  const query = '{ __typename }';
  const response = await fetch(`${router.url}/graphql?query=${encodeURIComponent(query)}`, {
    method,
    ...(method === 'POST' && { body: JSON.stringify({ query }) }),
    ...(contentType !== undefined && { headers: { 'content-type': contentType } }),
  });

  expect([400, 415]).toContain(response.status);
  expect(await response.text()).not.toContain('"data"');
});

test('a persisted query that is not known says so', async () => {
  const response = await fetch(`${router.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } }),
  });

  expect(await response.json()).toMatchObject({
    errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
  });
});

/** Sends the parameters byte by byte as they are given: `fetch` would write some of them in another way. */
async function getRaw(
  url: string,
  parameters: string,
): Promise<{ status?: number | undefined; body: unknown }> {
  const { hostname, port } = new URL(url);
  const sent = request({
    hostname,
    port,
    path: `/graphql?${parameters}`,
    headers: { 'apollo-require-preflight': '1' },
  }).end();
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (!response) throw new Error('no answer');
  return { status: response.statusCode, body: await json(response) };
}

// Where one escape is broken, Fastify leaves a parameter as it is and Apollo decodes the rest of it: the document that was
// looked at was a string to the end of the line, and the one that ran had any number of fields and fragments, for anybody.
test('of a GET the document that runs is the one that was looked at', async () => {
  const hidden = encodeURIComponent(`${times(21, (i) => `a${i}: agent(id: "1") { name }`)} } #`);

  const { status, body } = await getRaw(router.url, `query={agent(id:"%22){name}${hidden}%ff"){name}}`);

  expect(status).toBe(400);
  expect(body).toMatchObject({ errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] });
});
