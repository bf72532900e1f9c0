import { expect, test } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../modules/definition/agent-definition.ts';
import { toClaudeSchema } from './claude-schema.ts';
import { toOpenAiSchema, withoutStrictNulls } from './openai-schema.ts';

const leaf = z.strictObject({ name: z.string().min(1).max(80), note: z.string().optional() });
const answer = z.strictObject({
  kind: z.enum(['A', 'B']).optional(),
  size: z.int().min(0).optional(),
  parent: z.string().nullable().optional(),
  leaf: leaf.optional(),
  leaves: z.array(leaf).max(9),
  step: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('ACT'), actor: z.string().optional() }),
    z.strictObject({ type: z.literal('WAIT'), days: z.number().optional() }),
  ]),
  at: z.iso.date().optional(),
});
const SCHEMA: JsonObject = z.record(z.string(), z.json()).parse(z.toJSONSchema(answer));

test('strict mode of OpenAI: every property is required, what was optional may be null', () => {
  const strict = toOpenAiSchema(SCHEMA);

  expect(strict).toEqual({
    type: 'object',
    properties: {
      kind: { anyOf: [{ type: 'string', enum: ['A', 'B'] }, { type: 'null' }] },
      size: { type: ['integer', 'null'], minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      parent: { type: ['string', 'null'] },
      leaf: { anyOf: [LEAF, { type: 'null' }] },
      leaves: { type: 'array', maxItems: 9, items: LEAF },
      step: {
        anyOf: [
          closed({ type: { type: 'string', const: 'ACT' }, actor: { type: ['string', 'null'] } }),
          closed({ type: { type: 'string', const: 'WAIT' }, days: { type: ['number', 'null'] } }),
        ],
      },
      at: { type: ['string', 'null'], format: 'date' },
    },
    required: ['kind', 'size', 'parent', 'leaf', 'leaves', 'step', 'at'],
    additionalProperties: false,
  });
});

const closed = (properties: Readonly<Record<string, unknown>>): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const LEAF = closed({
  name: { type: 'string', description: 'minLength: 1; maxLength: 80' },
  note: { type: ['string', 'null'] },
});

test('the nulls of an answer go where the schema lets properties be absent, and stay where they say something', () => {
  const written = {
    kind: null,
    size: 0,
    parent: null,
    leaf: { name: 'x', note: null },
    leaves: [
      { name: 'a', note: null },
      { name: 'b', note: 'n' },
    ],
    step: { type: 'WAIT', days: null },
    at: null,
  };

  const cleaned = withoutStrictNulls(written, SCHEMA);

  expect(cleaned).toEqual({
    size: 0,
    parent: null,
    leaf: { name: 'x' },
    leaves: [{ name: 'a' }, { name: 'b', note: 'n' }],
    step: { type: 'WAIT' },
  });
  expect(answer.parse(cleaned)).toEqual(cleaned);
});

test('an answer that is not as the schema says is left as it is', () => {
  const odd = { step: { type: 'FLY', days: null }, leaves: 'none', more: null };

  expect(withoutStrictNulls(odd, SCHEMA)).toEqual(odd);
  expect(withoutStrictNulls(null, SCHEMA)).toBeNull();
});

test.each([
  ['properties of any name', { type: 'object', additionalProperties: { type: 'string' } }],
  [
    'a value of any kind',
    { type: 'object', properties: { any: {} }, required: [], additionalProperties: false },
  ],
  ['a list of anything', { type: 'array' }],
  ['parts that add up', { allOf: [{ type: 'object', properties: {}, additionalProperties: false }] }],
])('strict modes do not know %s', (_what, schema) => {
  expect(toOpenAiSchema(schema)).toBeNull();
  expect(toClaudeSchema(schema)).toBeNull();
});

test('strict tools of Claude get limits in words, and schemas beyond their number of choices not at all', () => {
  const many = z.strictObject(
    Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`p${index}`, z.string().optional()])),
  );
  const tooMany: JsonObject = z.record(z.string(), z.json()).parse(z.toJSONSchema(many));

  expect(toClaudeSchema(SCHEMA)).toMatchObject({
    additionalProperties: false,
    required: ['leaves', 'step'],
    properties: { leaves: { description: '{maxItems: 9}' } },
  });
  expect(toClaudeSchema(tooMany)).toBeNull();
});
