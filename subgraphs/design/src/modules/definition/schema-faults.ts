/** Checks that a tool's JSON Schema is an object schema that can be turned into types. */
import type { JsonObject, JsonValue } from './agent-definition.ts';
import { isJsonObject } from './definition-schema.ts';
import type { Finding } from './finding.ts';

const MAX_DEPTH = 16;
const MAX_LENGTH = 50_000;
const TYPES = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']);
/** Keywords that are accepted and kept, but that generated code does not check. */
const UNCHECKED = ['$ref', 'allOf', 'not', 'if', 'pattern', 'patternProperties', 'dependentSchemas'];

export function findSchemaFaults(schema: JsonObject, path: readonly string[]): readonly Finding[] {
  if (JSON.stringify(schema).length > MAX_LENGTH)
    return [error(path, `is longer than ${MAX_LENGTH} characters`)];
  if (schema['type'] !== 'object') return [error([...path, 'type'], 'must be "object"')];
  return check(schema, path, 0);
}

function check(schema: JsonValue, path: readonly string[], depth: number): readonly Finding[] {
  if (typeof schema === 'boolean') return [];
  if (!isJsonObject(schema)) return [error(path, 'must be a schema: an object or a boolean')];
  if (depth > MAX_DEPTH) return [error(path, `is nested more than ${MAX_DEPTH} deep`)];
  return [
    ...checkType(schema, path),
    ...checkProperties(schema, path, depth),
    ...(schema['items'] === undefined ? [] : check(schema['items'], [...path, 'items'], depth + 1)),
    ...UNCHECKED.filter((keyword) => Object.hasOwn(schema, keyword)).map((keyword) =>
      warning([...path, keyword], `${keyword} is kept, but generated code does not check it`),
    ),
  ];
}

function checkType(schema: JsonObject, path: readonly string[]): readonly Finding[] {
  const type = schema['type'];
  if (type === undefined) return [];
  const names = Array.isArray(type) ? type : [type];
  const isKnown = names.every((name) => typeof name === 'string' && TYPES.has(name));
  return isKnown ? [] : [error([...path, 'type'], 'names no type of JSON Schema')];
}

function checkProperties(schema: JsonObject, path: readonly string[], depth: number): readonly Finding[] {
  const properties = schema['properties'] ?? {};
  if (!isJsonObject(properties)) return [error([...path, 'properties'], 'must be an object of schemas')];
  const required = schema['required'] ?? [];
  if (!Array.isArray(required)) return [error([...path, 'required'], 'must be a list of property names')];
  const findings = Object.entries(properties).flatMap(([name, property]) =>
    name === '__proto__'
      ? [error([...path, 'properties', name], 'is no usable property name')]
      : check(property, [...path, 'properties', name], depth + 1),
  );
  const unknown = required.filter((name) => typeof name !== 'string' || !Object.hasOwn(properties, name));
  return [
    ...findings,
    ...unknown.map((name) =>
      error([...path, 'required'], `names ${JSON.stringify(name)}, which is no property`),
    ),
  ];
}

function error(path: readonly string[], message: string): Finding {
  return { severity: 'ERROR', path, message };
}

function warning(path: readonly string[], message: string): Finding {
  return { severity: 'WARNING', path, message };
}
