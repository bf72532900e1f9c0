/** What clients get wrong, by accident or on purpose: each answer is clear, coded, and tells nothing of the inside. */
import { beforeAll, describe, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import { JSON_TYPE, expectNothingOfTheInside, send, type RawAnswer, type RawRequest } from './answers.ts';
import { DESCRIPTION, START, createAgent } from './designs.ts';

const platform = sharedPlatform();
let tenant: TestTenant;

beforeAll(async () => {
  tenant = await platform.createTenant();
});

/** Holds for every answer of this file. */
function expectHarmless({ status, text }: RawAnswer): void {
  expect(status).toBeLessThan(500);
  expectNothingOfTheInside(text);
}

/** Sends as the editor; every answer is looked through. */
async function ask(request: RawRequest, query = ''): Promise<RawAnswer> {
  const authorization = `Bearer ${tenant.users.EDITOR.accessToken}`;
  const headers = { ...JSON_TYPE, authorization, ...request.headers };
  const answer = await send(`${platform.graphqlUrl}${query}`, { ...request, headers });
  expectHarmless(answer);
  return answer;
}

async function run(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<RawAnswer> {
  return ask({ body: JSON.stringify({ query, variables }) });
}

const errorsOf = ({ text }: RawAnswer, mutation: string): unknown => {
  const { data } = JSON.parse(text) as {
    data: Record<string, { errors: { code: string; path: string[] }[] }>;
  };
  return data[mutation]?.errors.map(({ code, path }) => `${code} ${path.join('.')}`);
};

describe('a description', () => {
  const kilobytes = (count: number): string => 'The clerk checks the claim. '.repeat((count * 1_000) / 28);

  test.each([
    ['that is empty', '', ['REQUIRED description']],
    ['of spaces', ' \n\t ', ['REQUIRED description']],
    ['of 200 kB', kilobytes(200), ['TOO_LONG description']],
    ['that is binary', `\u007FELF\u0000\u0001${'\u0002'.repeat(200)}`, ['INVALID description']],
    ['with a NUL in it', 'The clerk checks\u0000 the claim. Then the clerk pays.', ['INVALID description']],
    ['with half of a character', 'The clerk \uD800 checks the claim.', ['INVALID description']],
    [
      'in German',
      'Der Kunde sendet eine Rechnung. Der Sachbearbeiter prüft sie, und danach wird sie von der Buchhaltung bezahlt.',
      ['LANGUAGE_UNSUPPORTED description'],
    ],
    [
      'in French',
      'Le client envoie une facture. Le gestionnaire vérifie la facture, puis la comptabilité paie le montant.',
      ['LANGUAGE_UNSUPPORTED description'],
    ],
  ])('%s is refused in the payload', async (_name, description, expected) => {
    const answer = await run(START, { input: { title: 'Claims', description } });

    expect(answer.status).toBe(200);
    expect(errorsOf(answer, 'startDesign')).toEqual(expected);
  });

  test('of the greatest length is accepted', async () => {
    const description = kilobytes(50).slice(0, 50_000);

    const answer = await run(START, { input: { title: 'Claims', description } });

    expect(errorsOf(answer, 'startDesign')).toEqual([]);
  });
});

test('a stale revision is refused with the agent as it is now', async () => {
  const agent = await createAgent(tenant, `Agent ${newId()}`);
  const mutation = `mutation($input: UpdateAgentInput!) { updateAgent(input: $input) { agent { name revision } errors { code path } } }`;
  const update = (name: string): Promise<RawAnswer> =>
    run(mutation, { input: { id: agent.id, expectedRevision: agent.revision, name } });

  const first = await update('First');
  const second = await update('Second');

  expect(errorsOf(first, 'updateAgent')).toEqual([]);
  expect(JSON.parse(second.text)).toEqual({
    data: {
      updateAgent: {
        agent: { name: 'First', revision: agent.revision + 1 },
        errors: [{ code: 'STALE_REVISION', path: ['expectedRevision'] }],
      },
    },
  });
});

const LISTS = [
  'agents { edges { cursor } }',
  'users { edges { cursor } }',
  'designSessions { edges { cursor } }',
];

describe.each(LISTS)('the list %s', (field) => {
  const list = (args: string): Promise<RawAnswer> => run(`{ ${field.replace(' ', `${args} `)} }`);

  test.each(['first: 0', 'first: -1', 'first: 100000', 'first: 101'])('refuses %s', async (args) => {
    const { codes, text } = await list(`(${args})`);

    expect(codes).toHaveLength(1);
    expect(['BAD_USER_INPUT', 'QUERY_TOO_COMPLEX']).toContain(codes[0]);
    expect(text).toMatch(/100|limit/);
  });

  test.each(['after: "nonsense"', 'after: "bnVsbA"', `after: "${'x'.repeat(500)}"`])(
    'refuses the cursor %s',
    async (args) => {
      const { codes } = await list(`(${args})`);

      expect(codes).toEqual(['BAD_USER_INPUT']);
    },
  );

  test('refuses a number that is none', async () => {
    const { status, codes } = await list('(first: 99999999999)');

    expect({ status, codes }).toEqual({ status: 400, codes: ['GRAPHQL_VALIDATION_FAILED'] });
  });
});

describe('a document', () => {
  const deep = (levels: number): string =>
    `{ designSessions { edges { node ${'{ agent { designSessions { edges { node '.repeat(levels)}{ id }${'} } } }'.repeat(levels)} } } }`;
  const wide = Array.from({ length: 1_000 }, (_value, index) => `a${index}: __typename`).join(' ');
  const fragments = Array.from(
    { length: 1_000 },
    (_value, index) => `fragment F${index} on Query { __typename }`,
  );
  const doubling = Array.from(
    { length: 30 },
    (_value, index) => `fragment D${index} on Query { ...D${index + 1} ...D${index + 1} }`,
  ).join(' ');

  test.each([
    ['that is empty', '', 'BAD_REQUEST'],
    ['of a word', 'hello', 'GRAPHQL_PARSE_FAILED'],
    ['that breaks off', '{ viewer { user {', 'GRAPHQL_PARSE_FAILED'],
    ['with a NUL', '{ viewer\u0000 }', 'GRAPHQL_PARSE_FAILED'],
    ['with an unknown field', '{ viewr { user { id } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['with an unknown field of a type', '{ viewer { usr { id } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['with an unknown argument', '{ agents(fist: 1) { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['with an unknown type', '{ ... on Agnt { id } }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'with an unknown enum value',
      '{ designSessions(state: RUNING) { edges { cursor } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['of 100 levels', deep(25), 'QUERY_TOO_COMPLEX'],
    ['of 1,000 aliases', `{ ${wide} }`, 'QUERY_TOO_COMPLEX'],
    ['of 1,000 fragments', `{ ...F0 } ${fragments.join(' ')}`, 'GRAPHQL_PARSE_FAILED'],
    [
      'with a circle of fragments',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
      'QUERY_TOO_COMPLEX',
    ],
    [
      'of fragments that double',
      `{ ...D0 } ${doubling} fragment D30 on Query { __typename }`,
      'QUERY_TOO_COMPLEX',
    ],
    ['that asks the inside of the federation', '{ _service { sdl } }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'that asks for entities',
      '{ _entities(representations: []) { __typename } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])('%s is refused with a code', async (_name, query, code) => {
    const answer = await run(query);

    expect({ status: answer.status, codes: new Set(answer.codes) }).toEqual({
      status: 400,
      codes: new Set([code]),
    });
  });

  test('of two operations needs a name, one of the two', async () => {
    const query = 'query One { viewer { permissions } } query Two { __typename }';
    const send = (operationName?: string): Promise<RawAnswer> =>
      ask({ body: JSON.stringify({ query, operationName }) });

    const answered = await Promise.all([send(), send('Three'), send('Two')]);

    expect(answered.map(({ status, codes }) => [status, ...codes])).toEqual([
      [400, 'OPERATION_RESOLUTION_FAILURE'],
      [400, 'OPERATION_RESOLUTION_FAILURE'],
      [200],
    ]);
  });
});

test.each([
  ['of a wrong type', { id: 7.5, slug: [] }],
  ['that miss', {}],
  ['that are no object', 'text'],
])('variables %s are refused', async (_name, variables) => {
  const query = 'query($id: ID!, $slug: String) { agent(id: $id, slug: $slug) { id } }';

  const answer = await ask({ body: JSON.stringify({ query, variables }) });

  expect(answer.status).toBe(400);
  expect(answer.codes.length).toBeGreaterThan(0);
  expect(['BAD_USER_INPUT', 'BAD_REQUEST']).toEqual(expect.arrayContaining([...answer.codes]));
});

const VIEWER = JSON.stringify({ query: '{ viewer { permissions } }' });
const MUTATION = 'mutation{signOut(input:{}){endedSessions}}';

describe('a request', () => {
  test.each<[string, RawRequest, number]>([
    ['without a body', {}, 400],
    ['with an empty object', { body: '{}' }, 400],
    ['with null', { body: 'null' }, 400],
    ['with a text', { body: '"{ viewer { permissions } }"' }, 400],
    ['that is no JSON', { body: '{"query": "{ viewer' }, 400],
    ['with a query that is a number', { body: '{"query": 1}' }, 400],
    ['that is a batch', { body: `[${VIEWER},${VIEWER}]` }, 400],
    [
      'of 2 MB',
      { body: JSON.stringify({ query: `{ viewer { permissions } } #${'x'.repeat(2_000_000)}` }) },
      413,
    ],
    ['of another type', { headers: { 'content-type': 'text/plain' }, body: VIEWER }, 400],
    ['of XML', { headers: { 'content-type': 'application/xml' }, body: '<query/>' }, 415],
    ['of a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'query=x' }, 415],
    ['by PUT', { method: 'PUT', body: VIEWER }, 405],
    ['by DELETE', { method: 'DELETE', body: VIEWER }, 405],
  ])('%s is refused', async (_name, request, status) => {
    const answer = await ask(request);

    expect(answer.status).toBe(status);
    expect(answer.codes.length).toBe(1);
    expect(answer.codes).not.toContain('NO_CODE');
  });

  // Attack: a link or an image that makes a browser change something.
  test('cannot change anything by GET', async () => {
    const headers = { 'apollo-require-preflight': 'yes' };
    const answer = await ask({ method: 'GET', headers }, `?query=${encodeURIComponent(MUTATION)}`);
    const simple = await ask(
      { method: 'GET', headers: { 'content-type': 'text/plain' } },
      `?query=${encodeURIComponent('{viewer{permissions}}')}`,
    );

    expect(answer.status).toBe(405);
    expect(simple.status).toBe(400);
    expect((await run('{ viewer { permissions } }')).status).toBe(200);
  });

  test('by GET with variables that are no JSON is refused', async () => {
    const headers = { 'apollo-require-preflight': 'yes' };
    const answer = await ask({ method: 'GET', headers }, '?query=%7B__typename%7D&variables=%7Bx');

    expect(answer.status).toBe(400);
    expect(answer.codes).toHaveLength(1);
  });
});

test.each([
  '/nothing',
  '/graphql/',
  '/internal/context',
  '/internal/context-keys',
  '/internal/job-grants',
  '/..%2finternal%2fcontext',
  '/artifacts/../internal/context-keys',
  '/artifacts/..%2finternal%2fcontext-keys',
  '/%00',
  '/%',
  '/artifacts/no-id',
  `/artifacts/${'x'.repeat(300)}`,
])('the address %s leads nowhere', async (path) => {
  const response = await send(`${platform.routerUrl}${path}`, { method: 'GET', headers: {} });
  expectHarmless(response);

  expect([400, 404, 414]).toContain(response.status);
  expect(response.codes, response.text).toHaveLength(1);
});

test('an id that is none is an agent, a session, an integration that does not exist', async () => {
  const ids = ['', 'x', newId(), "' OR 1=1 --", '../..', '\u0000', 'x'.repeat(1_000)];

  const seen = await Promise.all(
    ids.map((id) =>
      run(
        'query($id: ID!) { agent(id: $id) { id } designSession(id: $id) { id } integration(id: $id) { id } user(id: $id) { id } }',
        { id },
      ),
    ),
  );

  const nothing = { data: { agent: null, designSession: null, integration: null, user: null } };
  expect(seen.map(({ text }) => JSON.parse(text))).toEqual(seen.map(() => nothing));
});

test('what people write comes back as they wrote it', async () => {
  const title = `Ünïcode 🦊 "quoted" 'single' <b>&amp; \\ / ${'é'.repeat(20)}`;
  const query = `mutation($input: StartDesignInput!) { startDesign(input: $input) { session { title description } errors { code } } }`;

  const answer = await run(query, { input: { title, description: DESCRIPTION } });

  expect(JSON.parse(answer.text)).toEqual({
    data: { startDesign: { session: { title, description: DESCRIPTION }, errors: [] } },
  });
});
