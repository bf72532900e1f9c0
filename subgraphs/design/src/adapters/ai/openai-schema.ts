/** The JSON Schema of an answer as OpenAI's strict mode takes it, and what that mode adds to answers taken away again. */
import type { JsonObject } from '../../modules/definition/agent-definition.ts';
import {
  allowsNull,
  isFree,
  isObject,
  optionalProperties,
  readNode,
  resolveNode,
  variantsOf,
  walkSchema,
  type SchemaNode,
} from './json-schema.ts';

type Strict = Record<string, unknown>;

const FORMATS = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
]);
const KEPT = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
];
/** Not known to the strict mode: the model is told in words. */
const TOLD = ['minLength', 'maxLength', 'uniqueItems'];

/**
 * Every property is required, and what was optional may be null. Null when the schema is beyond what strict mode takes: it is
 * sent as it is then, and the answer is checked all the same.
 */
export function toOpenAiSchema(schema: JsonObject): Readonly<Strict> | null {
  for (const node of walkSchema(schema)) if (isFree(node)) return null;
  return toStrict(schema);
}

function toStrict(schema: unknown): Strict {
  const node = readNode(schema);
  const words = [
    node.description ?? [],
    TOLD.filter((key) => key in node).map((key) => `${key}: ${String(node[key])}`),
  ]
    .flat()
    .join('; ');
  const description = words === '' ? {} : { description: words };
  const definitions = node.$defs && { $defs: mapValues(node.$defs, toStrict) };
  if (node.$ref !== undefined) return { $ref: node.$ref, ...definitions };
  const variants = variantsOf(node);
  if (variants.length > 0) return { anyOf: variants.map(toStrict), ...description, ...definitions };
  if (isObject(node)) return { ...toStrictObject(node), ...description, ...definitions };
  return {
    ...('type' in node && { type: node.type }),
    ...('const' in node && { const: node.const }),
    ...(node.enum && { enum: node.enum }),
    ...(node.items !== undefined && { items: toStrict(node.items) }),
    ...(node.format !== undefined && FORMATS.has(node.format) && { format: node.format }),
    // A pattern beside a format says the same; one that looks around is not taken.
    ...(node.pattern !== undefined &&
      node.format === undefined &&
      !node.pattern.includes('(?') && { pattern: node.pattern }),
    ...Object.fromEntries(KEPT.filter((key) => key in node).map((key) => [key, node[key]])),
    ...description,
    ...definitions,
  };
}

function toStrictObject(node: SchemaNode): Strict {
  const optional = new Set(optionalProperties(node));
  const properties = Object.entries(node.properties ?? {}).map(([name, property]) => {
    const strict = toStrict(property);
    return [name, optional.has(name) && !allowsNull(readNode(property)) ? orNull(strict) : strict] as const;
  });
  return {
    type: node.type ?? 'object',
    properties: Object.fromEntries(properties),
    required: properties.map(([name]) => name),
    additionalProperties: false,
  };
}

function orNull(strict: Strict): Strict {
  if (Array.isArray(strict['anyOf'])) return { ...strict, anyOf: [...strict['anyOf'], { type: 'null' }] };
  const { type } = strict;
  if (
    typeof type !== 'string' ||
    type === 'object' ||
    type === 'array' ||
    'enum' in strict ||
    'const' in strict
  ) {
    return { anyOf: [strict, { type: 'null' }] };
  }
  return { ...strict, type: [type, 'null'] };
}

const mapValues = (given: Readonly<Record<string, unknown>>, map: (value: unknown) => unknown): Strict =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, map(value)]));

/** The answer without the nulls that stand for properties that the schema lets be absent. */
export function withoutStrictNulls(value: unknown, schema: JsonObject): unknown {
  return clean(value, schema, schema);
}

function clean(value: unknown, schema: unknown, root: JsonObject): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const node = shapeOf(value, resolveNode(schema, root), root);
  if (node === null) return value;
  if (Array.isArray(value)) {
    return node.items === undefined ? value : value.map((item) => clean(item, node.items, root));
  }
  const optional = new Set(optionalProperties(node));
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const property = node.properties?.[name];
      if (property === undefined) return [[name, member]];
      const isAbsent = member === null && optional.has(name) && !allowsNull(resolveNode(property, root));
      return isAbsent ? [] : [[name, clean(member, property, root)]];
    }),
  );
}

/** The variant that the value is of; null when there is none. */
function shapeOf(value: object, node: SchemaNode, root: JsonObject): SchemaNode | null {
  const variants = variantsOf(node);
  if (variants.length === 0) return node;
  for (const variant of variants) {
    const candidate = shapeOf(value, resolveNode(variant, root), root);
    if (candidate && fits(value, candidate)) return candidate;
  }
  return null;
}

function fits(value: object, { items, properties }: SchemaNode): boolean {
  if (Array.isArray(value)) return items !== undefined;
  if (!properties) return false;
  const members = new Map<string, unknown>(Object.entries(value));
  return Object.entries(properties).every(([name, property]) => {
    const { const: fixed, enum: allowed } = readNode(property);
    if (!members.has(name)) return false;
    return (
      (fixed === undefined || members.get(name) === fixed) &&
      (!allowed || allowed.includes(members.get(name)))
    );
  });
}
