import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { composeSupergraph, readSubgraphs } from './compose.ts';
import { loadSupergraph } from './gateway/supergraph.ts';

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@policy", "@requiresScopes"])';

test('the SDL of a subgraph is its schema file followed by its modules', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'compose-'));
  const files = {
    'b/src/modules/x/x.graphql': 'type X { id: ID! }',
    'b/src/modules/a/a.graphql': 'type A { id: ID! }',
    'b/src/schema.graphql': LINK,
    'a/src/modules/q/q.graphql': 'type Query { q: Int }',
    'none/src/main.ts': '',
  };
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content);
  }

  expect(readSubgraphs(folder)).toEqual([
    { name: 'a', sdl: 'type Query { q: Int }' },
    { name: 'b', sdl: `${LINK}\ntype A { id: ID! }\ntype X { id: ID! }` },
  ]);
  await rm(folder, { recursive: true });
});

test('a composition says what is wrong and in which subgraph', () => {
  const invalid = composeSupergraph([{ name: 'agents', sdl: 'type Query { a: Missing }' }]);
  const malformed = composeSupergraph([{ name: 'agents', sdl: 'type Query {' }]);

  expect(invalid).toMatchObject({ status: 'failed', errors: [expect.stringContaining('[agents]')] });
  expect(malformed).toMatchObject({
    status: 'failed',
    errors: [expect.stringContaining('[agents] Syntax Error')],
  });
});

test('the addresses in a supergraph give way to those of the environment', () => {
  const composition = composeSupergraph([{ name: 'agents', sdl: `${LINK} type Query { a: Int }` }]);
  if (composition.status === 'failed') throw new Error(composition.errors.join());

  const asComposed = loadSupergraph(composition.sdl);
  const elsewhere = loadSupergraph(composition.sdl, () => ['http://10.0.0.1:3001', 'http://10.0.0.2:3001']);

  expect(asComposed.subgraphs).toEqual([
    { name: 'agents', baseUrls: ['http://agents.internal'], graphqlPath: '/graphql' },
  ]);
  expect(elsewhere.subgraphs).toEqual([
    {
      name: 'agents',
      baseUrls: ['http://10.0.0.1:3001', 'http://10.0.0.2:3001'],
      graphqlPath: '/graphql',
    },
  ]);
});

// A directive that nothing enforces would be a promise that the router does not keep.
test('a supergraph with @policy is refused', () => {
  const composition = composeSupergraph([
    { name: 'agents', sdl: `${LINK} type Query { a: Int @policy(policies: [["p"]]) }` },
  ]);
  if (composition.status === 'failed') throw new Error(composition.errors.join());

  expect(() => loadSupergraph(composition.sdl)).toThrow('policy');
});
