/** An example of what a JSON Schema asks for, as the generated types check it. */
import type { JsonObject, JsonValue } from '../definition/agent-definition.ts';

const MAX_DEPTH = 16;
const MAX_ITEMS = 20;
const MAX_TEXT = 5_000;
const FORMATS: ReadonlyMap<JsonValue, string> = new Map([
  ['date', '2026-01-15'],
  ['date-time', '2026-01-15T09:00:00Z'],
  ['email', 'person@example.com'],
  ['uri', 'https://example.com/'],
  ['uuid', '01890a5d-ac96-774b-bcce-b302099a8057'],
]);
/** Keywords under which anything goes in the generated types. */
export const UNCHECKED_KEYWORDS = ['$ref', 'allOf', 'not', 'if'];

/** Undefined when there is none, or none that can be found without searching. */
export function toSample(schema: JsonValue | undefined, depth = 0): JsonValue | undefined {
  if (schema === false || depth > MAX_DEPTH) return undefined;
  if (!isObject(schema)) return 'anything';
  if (UNCHECKED_KEYWORDS.some((keyword) => Object.hasOwn(schema, keyword))) return 'anything';
  const choices = Object.hasOwn(schema, 'const') ? [schema['const'] ?? null] : schema['enum'];
  // Where a choice is a list or an object, the generated type takes anything.
  if (isList(choices)) return choices.some(isCompound) ? 'anything' : (choices[0] ?? null);
  const variants = schema['anyOf'] ?? schema['oneOf'];
  if (isList(variants)) {
    return variants.map((variant) => toSample(variant, depth + 1)).find((sample) => sample !== undefined);
  }
  const { type } = schema;
  return ofType(isList(type) ? type[0] : type, schema, depth);
}

function ofType(type: JsonValue | undefined, schema: JsonObject, depth: number): JsonValue | undefined {
  switch (type) {
    case 'string':
      return textSample(schema);
    case 'number':
      return numberSample(schema, false);
    case 'integer':
      return numberSample(schema, true);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return listSample(schema, depth);
    case 'object':
      return objectSample(schema, depth);
    default:
      return 'anything';
  }
}

function textSample(schema: JsonObject): string | undefined {
  const least = numberOf(schema['minLength']) ?? 0;
  const most = numberOf(schema['maxLength']) ?? MAX_TEXT;
  const formatted = FORMATS.get(schema['format'] ?? '');
  const text =
    formatted ?? 'text'.padEnd(Math.min(Math.ceil(least), MAX_TEXT), 'x').slice(0, Math.max(0, most));
  return text.length >= least && text.length <= most ? text : undefined;
}

function numberSample(schema: JsonObject, isWhole: boolean): number | undefined {
  const least = numberOf(schema['minimum']) ?? Math.min(1, numberOf(schema['maximum']) ?? 1);
  const number = isWhole ? Math.ceil(least) : least;
  const isSafe = !isWhole || Number.isSafeInteger(number);
  // Negative zero would not come back from JSON.
  return isSafe && number <= (numberOf(schema['maximum']) ?? number) ? number + 0 : undefined;
}

function listSample(schema: JsonObject, depth: number): JsonValue | undefined {
  const least = Math.ceil(numberOf(schema['minItems']) ?? 0);
  const most = numberOf(schema['maxItems']) ?? MAX_ITEMS;
  if (least > MAX_ITEMS || least > most) return undefined;
  const item = toSample(schema['items'], depth + 1);
  if (item === undefined) return least <= 0 && most >= 0 ? [] : undefined;
  const length = most >= 1 ? Math.max(least, 1) : 0;
  return most < 0 ? undefined : Array.from({ length }, () => item);
}

function objectSample(schema: JsonObject, depth: number): JsonValue | undefined {
  const { properties } = schema;
  const required = isList(schema['required']) ? schema['required'] : [];
  if (!isObject(properties)) return {};
  const entries = Object.entries(properties)
    .filter(([name]) => name !== '__proto__' && required.includes(name))
    .map(([name, property]) => [name, toSample(property, depth + 1)] as const);
  if (entries.some(([, sample]) => sample === undefined)) return undefined;
  return Object.fromEntries<JsonValue>(entries.map(([name, sample]) => [name, sample ?? null]));
}

function numberOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function isCompound(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
