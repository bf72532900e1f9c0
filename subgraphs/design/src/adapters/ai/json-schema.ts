/** JSON Schemas of answers, as far as providers' strict modes have to know them. */
import { z } from 'zod';
import type { JsonObject } from '../../modules/definition/agent-definition.ts';

const node = z.looseObject({
  $ref: z.string().optional(),
  $defs: z.record(z.string(), z.unknown()).optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  format: z.string().optional(),
  pattern: z.string().optional(),
  description: z.string().optional(),
});

/** A schema, one level of it read. */
export type SchemaNode = z.output<typeof node>;

/** Keywords that no strict mode knows and that cannot be said in a description. */
const BEYOND_STRICT = ['allOf', 'not', 'if', 'patternProperties', 'propertyNames', 'prefixItems', 'contains'];

/** @throws a zod error when it is not a schema: `true`, a list. */
export const readNode = (schema: unknown): SchemaNode => node.parse(schema);

export const variantsOf = (schema: SchemaNode): readonly unknown[] => schema.anyOf ?? schema.oneOf ?? [];

export const optionalProperties = (schema: SchemaNode): readonly string[] =>
  Object.keys(schema.properties ?? {}).filter((name) => schema.required?.includes(name) !== true);

/** Whether it lets through what it does not name: any value, properties of any name. No strict mode can say that. */
export function isFree(schema: SchemaNode): boolean {
  if (BEYOND_STRICT.some((keyword) => keyword in schema)) return true;
  if (isObject(schema)) {
    const { additionalProperties: others, properties } = schema;
    return properties === undefined ? others !== false : others !== undefined && others !== false;
  }
  const says = ['$ref', 'type', 'anyOf', 'oneOf', 'enum', 'const'].some((keyword) => keyword in schema);
  return !says || (isList(schema) && schema.items === undefined);
}

export const isObject = ({ type, properties }: SchemaNode): boolean =>
  type === 'object' || (Array.isArray(type) && type.includes('object')) || properties !== undefined;

const isList = ({ type }: SchemaNode): boolean =>
  type === 'array' || (Array.isArray(type) && type.includes('array'));

export function allowsNull(schema: SchemaNode): boolean {
  const { type } = schema;
  if (type === 'null' || (Array.isArray(type) && type.includes('null'))) return true;
  if (schema.enum?.includes(null) === true || ('const' in schema && schema.const === null)) return true;
  return variantsOf(schema).some((variant) => allowsNull(readNode(variant)));
}

/** The schema and all below it; what `$ref` names is walked once, where it is defined. */
export function* walkSchema(schema: unknown): Generator<SchemaNode> {
  const here = readNode(schema);
  yield here;
  const below = [
    ...Object.values(here.properties ?? {}),
    ...(here.items === undefined ? [] : [here.items]),
    ...variantsOf(here),
    ...Object.values(here.$defs ?? {}),
  ];
  for (const child of below) yield* walkSchema(child);
}

/** What `#/$defs/name` stands for; the schema itself where there is no reference. */
export function resolveNode(schema: unknown, root: JsonObject): SchemaNode {
  let here = readNode(schema);
  // A reference to a reference to itself would never end.
  for (let step = 0; here.$ref !== undefined && step < 32; step += 1) {
    const name = /^#\/\$defs\/(.+)$/u.exec(here.$ref)?.[1];
    here = name === undefined ? readNode(root) : readNode(readNode(root).$defs?.[name] ?? {});
  }
  return here;
}
