/** Writes a JSON Schema as zod source code. What it cannot express becomes `z.unknown()`, never a wrong type. */
import type { JsonObject, JsonValue } from '../definition/agent-definition.ts';
import { toLiteral, toPropertyKey } from './literals.ts';
import { toCallable } from './callable.ts';
import { UNCHECKED_KEYWORDS } from './sample-data.ts';

const MAX_DEPTH = 16;

/** The type of what a tool is given, one line per property: an object, whatever the schema says. */
export function toInputSource(schema: JsonObject): string {
  const lines = memberSources(toCallable(schema), 0).map((member) => `  ${member},\n`);
  const object = schema['additionalProperties'] === false ? 'z.strictObject' : 'z.object';
  return `${object}(${lines.length === 0 ? '{}' : `{\n${lines.join('')}}`})`;
}

export function toZodSource(schema: JsonValue | undefined, depth = 0): string {
  if (schema === false) return 'z.never()';
  if (!isObject(schema) || depth > MAX_DEPTH) return 'z.unknown()';
  const { description } = schema;
  const source = typeSource(schema, depth);
  return typeof description === 'string' && description !== ''
    ? `${source}.describe(${toLiteral(description)})`
    : source;
}

function typeSource(schema: JsonObject, depth: number): string {
  if (UNCHECKED_KEYWORDS.some((keyword) => Object.hasOwn(schema, keyword))) return 'z.unknown()';
  if (Object.hasOwn(schema, 'const')) return literalSource([schema['const'] ?? null]);
  const choices = schema['enum'];
  if (isList(choices)) return literalSource(choices);
  const variants = schema['anyOf'] ?? schema['oneOf'];
  if (isList(variants)) return unionSource(variants.map((variant) => toZodSource(variant, depth + 1)));
  const { type } = schema;
  if (isList(type)) return unionSource(type.map((name) => namedTypeSource(name, schema, depth)));
  return namedTypeSource(type, schema, depth);
}

function namedTypeSource(type: JsonValue | undefined, schema: JsonObject, depth: number): string {
  switch (type) {
    case 'string':
      return stringSource(schema);
    case 'number':
      return `z.number()${rangeSource(schema, 'minimum', 'maximum')}`;
    case 'integer':
      return `z.int()${rangeSource(schema, 'minimum', 'maximum')}`;
    case 'boolean':
      return 'z.boolean()';
    case 'null':
      return 'z.null()';
    case 'array':
      return `z.array(${toZodSource(schema['items'], depth + 1)})${rangeSource(schema, 'minItems', 'maxItems')}`;
    case 'object':
      return objectSource(schema, depth);
    default:
      return 'z.unknown()';
  }
}

const FORMATS: ReadonlyMap<JsonValue, string> = new Map([
  ['date', 'z.iso.date()'],
  ['date-time', 'z.iso.datetime({ offset: true })'],
  ['email', 'z.email()'],
  ['uri', 'z.url()'],
  ['uuid', 'z.uuid()'],
]);

function stringSource(schema: JsonObject): string {
  const base = FORMATS.get(schema['format'] ?? '') ?? 'z.string()';
  const { pattern } = schema;
  // The model is told of a pattern; checking it could take for ever, whoever wrote it.
  const told = typeof pattern === 'string' ? `.meta({ pattern: ${toLiteral(pattern)} })` : '';
  return `${base}${rangeSource(schema, 'minLength', 'maxLength')}${told}`;
}

function rangeSource(schema: JsonObject, lower: string, upper: string): string {
  const bound = (keyword: string, method: string): string => {
    const limit = schema[keyword];
    return typeof limit === 'number' && Number.isFinite(limit) ? `.${method}(${String(limit)})` : '';
  };
  return `${bound(lower, 'min')}${bound(upper, 'max')}`;
}

function objectSource(schema: JsonObject, depth: number): string {
  const rest = schema['additionalProperties'];
  const members = memberSources(schema, depth);
  if (members.length === 0 && rest !== false) return `z.record(z.string(), ${toZodSource(rest, depth + 1)})`;
  const shape = members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  if (rest === false) return `z.strictObject(${shape})`;
  return isObject(rest)
    ? `z.object(${shape}).catchall(${toZodSource(rest, depth + 1)})`
    : `z.looseObject(${shape})`;
}

/** `__proto__` is left out: zod builds its results by assignment, where that name is no property. */
function memberSources(schema: JsonObject, depth: number): readonly string[] {
  const properties = schema['properties'];
  if (!isObject(properties)) return [];
  const required = isList(schema['required']) ? schema['required'] : [];
  return Object.entries(properties)
    .filter(([name]) => name !== '__proto__')
    .map(([name, property]) => {
      const optional = required.includes(name) ? '' : '.optional()';
      return `${toPropertyKey(name)}: ${toZodSource(property, depth + 1)}${optional}`;
    });
}

function literalSource(values: readonly JsonValue[]): string {
  const literals = values.map((value) => {
    if (typeof value === 'string') return toLiteral(value);
    return typeof value === 'object' && value !== null ? null : String(value);
  });
  const known = literals.filter((literal) => literal !== null);
  return known.length === 0 || known.length < literals.length
    ? 'z.unknown()'
    : `z.literal([${known.join(', ')}])`;
}

function unionSource(variants: readonly string[]): string {
  const [first, ...others] = variants;
  if (first === undefined) return 'z.unknown()';
  return others.length === 0 ? first : `z.union([${variants.join(', ')}])`;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
