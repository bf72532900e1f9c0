import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import {
  CREATE,
  UPDATE,
  createAgent,
  errorsOf,
  startAgentsService,
  type AgentsService,
} from './agents-service.ts';

let service: AgentsService;
beforeAll(async () => {
  service = await startAgentsService();
});
afterAll(() => service[Symbol.asyncDispose]());

const TOOL = { name: 'tool', description: 'Does it.', inputSchema: { type: 'object' } };

describe('input that can be corrected is told with code and path', () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ['an empty name', { name: '' }, ['REQUIRED name']],
    ['a blank name', { name: ' \t ' }, ['REQUIRED name']],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, ['TOO_LONG name']],
    ['a name with NUL', { name: 'a\0b' }, ['INVALID name']],
    ['a name of two lines', { name: 'a\nb' }, ['INVALID name']],
    ['a lone surrogate', { description: 'a\ud800' }, ['INVALID description']],
    ['a description with NUL', { description: '\0' }, ['INVALID description']],
    ['a description of 10,001 characters', { description: 'x'.repeat(10_001) }, ['TOO_LONG description']],
    ['51 tags', { tags: Array.from({ length: 51 }, (_, index) => `t${index}`) }, ['TOO_LONG tags']],
    [
      'tags of no and of 51 characters',
      { tags: ['ok', '', 'x'.repeat(51)] },
      ['REQUIRED tags.1', 'TOO_LONG tags.2'],
    ],
    ['a slug of other characters', { slug: 'No Slug' }, ['INVALID slug']],
    ['an empty slug', { slug: '' }, ['REQUIRED slug']],
    ['a slug of 81 characters', { slug: 'x'.repeat(81) }, ['TOO_LONG slug']],
    ['an id that is none', { id: 'me' }, ['INVALID id']],
    ['metadata that is a list', { metadata: [] }, ['INVALID metadata']],
    ['metadata that is text', { metadata: '{}' }, ['INVALID metadata']],
    ['metadata of 64 kB', { metadata: { a: 'x'.repeat(65_536) } }, ['TOO_LONG metadata']],
    ['metadata nested 21 deep', { metadata: nested(21) }, ['INVALID metadata']],
    ['metadata nested 2,000 deep', { metadata: nested(2_000) }, ['INVALID metadata']],
    ['NUL in a value of metadata', { metadata: { a: ['\0'] } }, ['INVALID metadata']],
    ['NUL in a name of metadata', { metadata: { 'a\0': 1 } }, ['INVALID metadata']],
    ['a long note', { note: 'x'.repeat(2_001) }, ['TOO_LONG note']],
  ])('%s', async (_what, input, expected) => {
    const editor = await service.client('EDITOR');

    const { createAgent: refused } = await editor.data(CREATE, { input: { name: 'Agent', ...input } });

    expect(refused.agent).toBeNull();
    expect(errorsOf(refused)).toEqual(expected);
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ['instructions of 100,001 characters', { instructions: 'x'.repeat(100_001) }, ['TOO_LONG instructions']],
    [
      '65 tools',
      { tools: Array.from({ length: 65 }, (_, n) => ({ ...TOOL, name: `t${n}` })) },
      ['TOO_LONG tools'],
    ],
    ['a tool name that is no identifier', { tools: [{ ...TOOL, name: '1-tool' }] }, ['INVALID tools.0.name']],
    [
      'a tool name of 65 characters',
      { tools: [{ ...TOOL, name: 'x'.repeat(65) }] },
      ['TOO_LONG tools.0.name'],
    ],
    ['two tools of one name', { tools: [TOOL, { ...TOOL, name: 'Tool' }] }, ['INVALID tools.1.name']],
    [
      'a schema of no object',
      { tools: [{ ...TOOL, inputSchema: { type: 'array' } }] },
      ['INVALID tools.0.inputSchema.type'],
    ],
    ['a schema that is a list', { tools: [{ ...TOOL, inputSchema: [] }] }, ['INVALID tools.0.inputSchema']],
    [
      'a schema with malformed parts',
      { tools: [{ ...TOOL, inputSchema: { type: 'object', properties: [], required: [1] } }] },
      ['INVALID tools.0.inputSchema.properties', 'INVALID tools.0.inputSchema.required'],
    ],
    ['a temperature of 2.1', { model: { temperature: 2.1 } }, ['INVALID model.temperature']],
    ['no output tokens', { model: { maxOutputTokens: 0 } }, ['INVALID model.maxOutputTokens']],
    ['an empty provider', { model: { provider: '' } }, ['REQUIRED model.provider']],
    ['no input modes', { inputModes: [] }, ['INVALID inputModes']],
    [
      'two rules of one id',
      {
        guardrails: [
          { id: 'a', kind: 'DEADLINE', description: 'x' },
          { id: 'a', kind: 'DEADLINE', description: 'y' },
        ],
      },
      ['INVALID guardrails.1.id'],
    ],
  ])('a definition with %s', async (_what, definition, expected) => {
    const editor = await service.client('EDITOR');
    const { id } = await createAgent(editor);
    const paths = expected.map((error) => error.replace(' ', ' definition.'));

    const { createAgent: created } = await editor.data(CREATE, { input: { name: 'Agent', definition } });
    const { updateAgent: updated } = await editor.data(UPDATE, {
      input: { id, expectedRevision: 1, definition },
    });

    expect(errorsOf(created)).toEqual(paths);
    expect(errorsOf(updated)).toEqual(paths);
    expect(updated.agent).toBeNull();
  });

  test('a definition that is too large in all', async () => {
    const editor = await service.client('EDITOR');
    const inputSchema = { type: 'object', description: 'x'.repeat(60_000) };
    const tools = Array.from({ length: 20 }, (_, index) => ({ ...TOOL, name: `tool${index}`, inputSchema }));

    const { createAgent: refused } = await editor.data(CREATE, {
      input: { name: 'Agent', definition: { tools } },
    });

    expect(errorsOf(refused)).toEqual(['TOO_LONG definition']);
  });
});

describe('text is only data', () => {
  test('names of prototypes are names like any other', async () => {
    // Attack: reach Object.prototype through a name, or lose what is kept under it.
    const editor = await service.client('EDITOR');
    const metadata = { constructor: { name: 'x' }, toString: null, hasOwnProperty: [1], valueOf: 'y' };

    const agent = await createAgent(editor, { metadata, definition: { settings: metadata } });

    expect(agent.metadata).toEqual(metadata);
    expect(agent.draft.definition.settings).toEqual(metadata);
    expect((await createAgent(editor)).metadata).toEqual({});
  });

  test('__proto__ in a body is refused before it is read', async () => {
    // Attack: prototype pollution by an own property that a later copy turns into the prototype.
    const editor = await service.client('EDITOR');
    const metadata: unknown = JSON.parse('{"__proto__":{"polluted":true}}');

    const answer = await editor.send(CREATE, { input: { name: 'x', metadata } });

    expect(answer).toMatchObject({ status: 400, data: null });
    expect((await createAgent(editor)).metadata).toEqual({});
  });

  test('names of prototypes written in the document are refused or kept, never obeyed', async () => {
    const editor = await service.client('EDITOR');

    const { createAgent: created } = await editor.data(
      'mutation { createAgent(input: { name: "x", metadata: { constructor: { prototype: 1 } } }) { agent { metadata } } }',
    );

    expect(created.agent.metadata).toEqual({ constructor: { prototype: 1 } });
  });

  test('a name of other letters has a slug, and quotes, emoji and HTML come back as they went', async () => {
    const editor = await service.client('EDITOR');
    const description = `'; DROP TABLE agent; -- <script>"\\ 👩‍👩‍👧 \u202e`;

    const agent = await createAgent(editor, { name: '審査エージェント 🚀', description });

    expect(agent).toMatchObject({ name: '審査エージェント 🚀', slug: 'agent', description });
  });
});

describe('arguments outside of an input', () => {
  test.each([
    ['{ agents(first: 0) { totalCount } }'],
    ['{ agents(first: 100000) { totalCount } }'],
    ['{ agents(after: "%%%") { totalCount } }'],
    ['{ agents(after: "eyJvcmRlciI6IngifQ") { totalCount } }'],
    ['{ agents(filter: { search: "\\u0000" }) { totalCount } }'],
    ['{ agents(filter: { tags: ["\\u0000"] }) { totalCount } }'],
    ['{ agent { id } }'],
    [`{ agent(id: "${newId()}", slug: "a") { id } }`],
  ])('%s is bad input', async (query) => {
    const viewer = await service.client('VIEWER');

    const answer = await viewer.send(query);

    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  });

  test('a cursor with NUL in it is bad input', async () => {
    const viewer = await service.client('VIEWER');
    const after = Buffer.from(
      JSON.stringify({ order: 'agents NAME ASC', value: 'a\0', id: newId() }),
    ).toString('base64url');

    const answer = await viewer.send(
      'query Read($after: String) { agents(after: $after, orderBy: { field: NAME }) { totalCount } }',
      { after },
    );

    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  });
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = { a: value };
  return value;
}
