/** Each service asked directly, past the router, by somebody inside the network: nothing is answered without a token for it. */
import { createClient } from 'graphql-ws';
import { beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { newId } from '@flowgrid/platform';
import { startContextIssuer } from '../testkit/context-issuer.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import { subscribe } from '../testkit/subscription.ts';
import { JSON_TYPE, expectNothingOfTheInside, send } from './answers.ts';
import { startDesign } from './designs.ts';

const platform = sharedPlatform();
const SUBGRAPHS = ['agents', 'auth', 'design', 'integrations'] as const;

let accessToken: string;
let tokens: Readonly<Record<(typeof SUBGRAPHS)[number], string>>;
let forged: string;
let sessionId: string;

beforeAll(async () => {
  const tenant = await platform.createTenant();
  accessToken = tenant.users.EDITOR.accessToken;
  sessionId = await startDesign(tenant);
  const response = await fetch(`${platform.url('auth')}/internal/context`, {
    method: 'POST',
    headers: { ...JSON_TYPE, authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ audiences: SUBGRAPHS }),
  });
  ({ tokens } = (await response.json()) as { tokens: typeof tokens });
  await using issuer = await startContextIssuer();
  forged = await issuer.signFor('OWNER', { tenantId: tenant.id, audience: 'agents' });
});

const query = (text: string): string => JSON.stringify({ query: text });
const BODIES: readonly [string, string][] = [
  ['a query', query('{ __typename }')],
  ['_service', query('{ _service { sdl } }')],
  ['_entities', query('{ _entities(representations: [{ __typename: "Agent", id: "1" }]) { __typename } }')],
  ['introspection', query('{ __schema { types { name } } }')],
  ['a mutation', query('mutation { createAgent(input: { name: "x" }) { agent { id } } }')],
  ['a document that cannot be parsed', query('{{{')],
  ['a body that is no JSON', '{"query": '],
  ['nothing', ''],
];

// Attack: reading past the router, with everything that somebody inside might have or make.
describe.each(SUBGRAPHS)('%s', (name) => {
  const url = `${platform.url(name)}/graphql`;
  const refusal = {
    errors: [{ message: 'A valid context token is required.', extensions: { code: 'UNAUTHENTICATED' } }],
  };
  const other = SUBGRAPHS.find((subgraph) => subgraph !== name) ?? 'auth';
  const badTokens = (): readonly (string | undefined)[] => [
    undefined,
    '',
    'nonsense',
    `Bearer ${accessToken}`,
    `Bearer ${tokens[other]}`,
    `Bearer ${forged}`,
    `Bearer ${tokens[name]}x`,
    `Basic ${tokens[name]}`,
    tokens[name],
  ];

  test.each(BODIES)('refuses %s before it reads it', async (_what, body) => {
    for (const authorization of badTokens()) {
      const headers = { ...JSON_TYPE, ...(authorization !== undefined && { authorization }) };
      const answer = await send(url, { headers, body });

      expect(answer.status).toBe(401);
      expect(JSON.parse(answer.text)).toEqual(refusal);
    }
  });

  test('refuses a body of another type and a very large one in the same way', async () => {
    const plain = await send(url, { headers: { 'content-type': 'text/plain' }, body: 'x' });

    expect(plain.status).toBe(401);
    expect(JSON.parse(plain.text)).toEqual(refusal);
  });

  test('answers with its own token', async () => {
    const headers = { ...JSON_TYPE, authorization: `Bearer ${tokens[name]}` };

    expect(await send(url, { headers, body: query('{ __typename }') })).toMatchObject({
      status: 200,
      text: '{"data":{"__typename":"Query"}}\n',
    });
  });

  test('refuses a socket without a token for it', async () => {
    for (const token of [undefined, 'nonsense', accessToken, tokens[other], forged]) {
      await using socket = subscribe(
        { query: '{ __typename }' },
        { url, ...(token !== undefined && { token }) },
      );

      expect(await socket.ended).toEqual({ code: 4403, reason: 'Forbidden' });
    }
  });

  test('refuses an operation on an open socket that brings no token of its own', async () => {
    for (const authorization of [undefined, `Bearer ${accessToken}`, `Bearer ${tokens[other]}`]) {
      const results = await runOnSocket(url, {
        init: `Bearer ${tokens[name]}`,
        ...(authorization !== undefined && { operation: authorization }),
      });

      expect(results).toMatch(/UNAUTHENTICATED/);
      expectNothingOfTheInside(results);
    }
  });
});

test('progress of a design is told to nobody without a token, on a socket of the service itself', async () => {
  const url = `${platform.url('design')}/graphql`;
  const progress = `subscription { designProgress(sessionId: "${sessionId}") { sequence } }`;
  await using issuer = await startContextIssuer();
  const token = await issuer.signFor('OWNER', { tenantId: newId(), audience: 'design' });

  const results = await runOnSocket(url, {
    init: `Bearer ${tokens.design}`,
    operation: `Bearer ${token}`,
    query: progress,
  });

  expect(results).toMatch(/UNAUTHENTICATED/);
  expect(results).not.toContain('sequence');
});

/** Runs one operation on a socket and gives everything that came back, as text. */
async function runOnSocket(
  url: string,
  { init, operation, query: text = '{ __typename }' }: { init: string; operation?: string; query?: string },
): Promise<string> {
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: init },
    retryAttempts: 0,
  });
  const results: unknown[] = [];
  const request = {
    query: text,
    ...(operation !== undefined && { extensions: { authorization: operation } }),
  };
  await new Promise<void>((resolve) => {
    client.subscribe(request, {
      next: (result) => results.push(result),
      complete: resolve,
      error: (error) => {
        results.push(error);
        resolve();
      },
    });
  });
  await client.dispose();
  return JSON.stringify(results);
}

test('what is inside the platform has no way through the router', async () => {
  const paths = [
    '/internal/context',
    '/internal/context-keys',
    '/internal/job-grants',
    '/metrics/../internal/context',
  ];

  const answers = await Promise.all(
    paths.flatMap((path) =>
      ['GET', 'POST'].map((method) =>
        send(`${platform.routerUrl}${path}`, {
          method,
          headers: { ...JSON_TYPE, authorization: `Bearer ${accessToken}` },
          ...(method === 'POST' && { body: JSON.stringify({ audiences: ['agents'] }) }),
        }),
      ),
    ),
  );

  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
});

test('the public schema has nothing of the federation in it', async () => {
  const { text } = await send(platform.graphqlUrl, {
    body: query('{ __schema { queryType { fields { name } } types { name } directives { name } } }'),
  });

  const { data } = JSON.parse(text) as {
    data: {
      __schema: Record<'types' | 'directives', { name: string }[]> & {
        queryType: { fields: { name: string }[] };
      };
    };
  };
  const { queryType, types, directives } = data.__schema;
  const names = [...queryType.fields, ...types, ...directives].map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['agents', 'DesignSession', 'skip']));
  expect(names.filter((name) => /^_[^_]|^join__|^link__|^core__|requiresScopes/i.test(name))).toEqual([]);
});
