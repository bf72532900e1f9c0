/** What providers refuse in a JSON Schema that they are to keep to strictly. */
import { z } from 'zod';

const nodeSchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  $defs: z.record(z.string(), z.unknown()).optional(),
});
type Node = z.infer<typeof nodeSchema>;

interface Place {
  readonly path: string;
  readonly node: Node;
}

/** Keywords that neither provider's grammar knows. */
const UNKNOWN_KEYWORDS = ['oneOf', 'allOf', 'not', 'if', 'patternProperties', 'propertyNames', 'prefixItems'];
/** And those that Anthropic's does not know, while OpenAI's does. */
const UNKNOWN_LIMITS = [
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'maxItems',
  'multipleOf',
  'uniqueItems',
];
const MAX_OPTIONAL_PROPERTIES = 24;
const MAX_UNIONS = 16;
const MAX_PROPERTIES = 5000;
const MAX_DEPTH = 10;

/** The faults of a tool's schema with `strict: true` in the Messages API. */
export function strictToolFaults(schema: unknown): string[] {
  const places = [...walk(schema, '')];
  const faults = places.flatMap(({ path, node }) => [
    ...(isObject(node) && node.additionalProperties !== false
      ? [`'additionalProperties' must be explicitly set to false (${path})`]
      : []),
    ...[...UNKNOWN_KEYWORDS, ...UNKNOWN_LIMITS]
      .filter((keyword) => keyword in node)
      .map((keyword) => `property '${keyword}' is not supported (${path})`),
  ]);
  const optional = places.reduce((sum, { node }) => sum + optionalProperties(node).length, 0);
  const unions = places.filter(({ node }) => node.anyOf || Array.isArray(node.type)).length;
  if (optional > MAX_OPTIONAL_PROPERTIES) faults.push(`too many optional parameters (${optional})`);
  if (unions > MAX_UNIONS) faults.push(`too many parameters with union types (${unions})`);
  return faults;
}

/** The faults of a `json_schema` format with `strict: true` in the Responses API. */
export function strictFormatFaults(schema: unknown): string[] {
  const places = [...walk(schema, '')];
  const faults = places.flatMap(({ path, node }) => [
    ...(isObject(node) && node.additionalProperties !== false
      ? [`In context=(${path}), 'additionalProperties' is required to be supplied and to be false.`]
      : []),
    ...(optionalProperties(node).length > 0
      ? [
          `In context=(${path}), 'required' is required to be supplied and to be an array including every key in properties. Missing '${optionalProperties(node)[0]}'.`,
        ]
      : []),
    ...UNKNOWN_KEYWORDS.filter((keyword) => keyword in node).map(
      (keyword) => `In context=(${path}), '${keyword}' is not permitted.`,
    ),
  ]);
  const [root] = places;
  if (root && (root.node.type !== 'object' || root.node.anyOf)) {
    faults.unshift(`schema must be a JSON Schema of 'type: "object"'`);
  }
  const properties = places.reduce((sum, { node }) => sum + Object.keys(node.properties ?? {}).length, 0);
  if (properties > MAX_PROPERTIES) faults.push(`too many properties (${properties})`);
  if (places.some(({ path }) => path.split('/').filter((part) => part === 'p').length > MAX_DEPTH)) {
    faults.push('the schema is nested too deeply');
  }
  return faults;
}

const isObject = (node: Node): boolean =>
  node.type === 'object' || (Array.isArray(node.type) && node.type.includes('object'));

const optionalProperties = (node: Node): string[] =>
  Object.keys(node.properties ?? {}).filter((name) => !node.required?.includes(name));

function* walk(schema: unknown, path: string): Generator<Place> {
  const node = nodeSchema.parse(schema);
  yield { path, node };
  for (const [name, property] of Object.entries(node.properties ?? {})) {
    yield* walk(property, `${path}/p/${name}`);
  }
  if (node.items !== undefined) yield* walk(node.items, `${path}/items`);
  for (const [index, variant] of (node.anyOf ?? []).entries()) yield* walk(variant, `${path}/anyOf/${index}`);
  for (const [name, definition] of Object.entries(node.$defs ?? {}))
    yield* walk(definition, `/$defs/${name}`);
}

/** A value as a model under a strict schema writes it: what the value leaves out is null. */
export function asStrictModelWrites(value: unknown, schema: unknown): unknown {
  const node = nodeSchema.parse(schema);
  if (Array.isArray(value)) {
    return node.items === undefined ? value : value.map((item) => asStrictModelWrites(item, node.items));
  }
  if (typeof value !== 'object' || value === null) return value;
  const target = node.properties
    ? node
    : node.anyOf?.map((variant) => nodeSchema.parse(variant)).find((variant) => variant.properties);
  if (!target?.properties) return value;
  const given: Readonly<Record<string, unknown>> = { ...value };
  return Object.fromEntries(
    Object.entries(target.properties).map(([name, property]) => [
      name,
      given[name] === undefined ? null : asStrictModelWrites(given[name], property),
    ]),
  );
}
