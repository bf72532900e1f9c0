/** A definition, or a part of one, as it comes from outside. */
import { z } from 'zod';
import { line, text } from '@flowgrid/platform';
import { jsonObject } from '../input/json-object.ts';
import { formatted } from '../input/formatted.ts';
import { GUARDRAIL_KINDS, INTEGRATION_KINDS } from './agent-definition.ts';
import type { JsonObject } from './canonical-json.ts';

const MAX_INSTRUCTIONS = 100_000;
const MAX_PARAGRAPH = 4_000;
const MAX_LINE = 200;
const MAX_TOOLS = 64;
const MAX_SKILLS = 64;
const MAX_GUARDRAILS = 200;
const MAX_MODES = 20;
const MAX_WORDS = 50;
const SCHEMA_LIMITS = { maxBytes: 64 * 1024, maxDepth: 64 };
const SETTINGS_LIMITS = { maxBytes: 64 * 1024, maxDepth: 20 };

const paragraph = text(MAX_PARAGRAPH);

const objectSchema = jsonObject(SCHEMA_LIMITS).superRefine((schema, context) => {
  for (const { path, message } of schemaFaults(schema)) context.addIssue({ code: 'custom', path, message });
});

function schemaFaults(schema: JsonObject): readonly { path: string[]; message: string }[] {
  const faults: { path: string[]; message: string }[] = [];
  if (schema['type'] !== 'object') faults.push({ path: ['type'], message: 'must be "object"' });
  const { properties = {}, required = [] } = schema;
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) {
    faults.push({ path: ['properties'], message: 'must be an object of schemas' });
  }
  if (!Array.isArray(required) || !required.every((name) => typeof name === 'string')) {
    faults.push({ path: ['required'], message: 'must be a list of names' });
  }
  return faults;
}

const tool = z.object({
  name: formatted({
    pattern: /^[a-zA-Z][a-zA-Z0-9_]*$/,
    maxLength: 64,
    message: 'must be a letter, then letters, digits and underscores',
  }),
  description: paragraph.min(1, 'must not be empty'),
  inputSchema: objectSchema,
  outputSchema: jsonObject(SCHEMA_LIMITS)
    .nullish()
    .transform((schema) => schema ?? null),
  integrationKind: z
    .enum(INTEGRATION_KINDS)
    .nullish()
    .transform((kind) => kind ?? null),
  requiresApproval: z
    .boolean()
    .nullish()
    .transform((isRequired) => isRequired ?? false),
});

const skill = z.object({
  id: line(MAX_LINE),
  name: line(MAX_LINE),
  description: paragraph,
  tags: z.array(line(MAX_LINE)).max(MAX_WORDS, `must be at most ${MAX_WORDS}`).default([]),
  examples: z.array(paragraph).max(MAX_WORDS, `must be at most ${MAX_WORDS}`).default([]),
});

const guardrail = z.object({
  id: line(MAX_LINE),
  kind: z.enum(GUARDRAIL_KINDS),
  description: paragraph.min(1, 'must not be empty'),
});

const modes = z
  .array(line(MAX_LINE))
  .min(1, 'must name at least one media type')
  .max(MAX_MODES, `must be at most ${MAX_MODES}`);

const model = z.object({
  provider: line(MAX_LINE).optional(),
  name: line(MAX_LINE).optional(),
  temperature: z.number().min(0, 'must be 0 to 2').max(2, 'must be 0 to 2').nullish(),
  maxOutputTokens: z.int().min(1, 'must be at least 1').nullish(),
});

/** What is absent stays; null is no value for anything but the two numbers of the model. */
export const definitionPatchSchema = z.object({
  instructions: text(MAX_INSTRUCTIONS).optional(),
  model: model.optional(),
  tools: listOf(tool, MAX_TOOLS, 'name').optional(),
  skills: listOf(skill, MAX_SKILLS, 'id').optional(),
  guardrails: listOf(guardrail, MAX_GUARDRAILS, 'id').optional(),
  inputModes: modes.optional(),
  outputModes: modes.optional(),
  settings: jsonObject(SETTINGS_LIMITS).optional(),
});

export type DefinitionPatch = z.output<typeof definitionPatchSchema>;

/** A bounded list whose elements differ in `key`; without regard to case, because the keys become file names. */
function listOf<Key extends 'id' | 'name', Element extends z.ZodType<Record<Key, string>>>(
  element: Element,
  maxLength: number,
  key: Key,
) {
  return z
    .array(element)
    .max(maxLength, `must be at most ${maxLength}`)
    .superRefine((list, context) => {
      const seen = new Set<string>();
      for (const [index, { [key]: value }] of list.entries()) {
        if (seen.has(value.toLowerCase())) {
          context.addIssue({
            code: 'custom',
            path: [index, key],
            message: `${value} is used more than once`,
          });
        }
        seen.add(value.toLowerCase());
      }
    });
}
