/** The JSON Schema of an answer as Anthropic's strict tools take it. */
import { transformJSONSchema } from '@anthropic-ai/sdk/lib/transform-json-schema';
import { z } from 'zod';
import type { JsonObject } from '../../modules/definition/agent-definition.ts';
import { isFree, optionalProperties, variantsOf, walkSchema, type SchemaNode } from './json-schema.ts';

/** Limits of the strict mode: https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations */
const MAX_OPTIONAL_PROPERTIES = 24;
const MAX_UNIONS = 16;

const schemaObject = z.record(z.string(), z.unknown());

/**
 * What strict mode does not know, lengths and ranges, becomes part of the descriptions. Null when the schema is beyond what
 * strict mode takes: it is sent as it is then, and the answer is checked all the same.
 */
export function toClaudeSchema(schema: JsonObject): Readonly<Record<string, unknown>> | null {
  let optional = 0;
  let unions = 0;
  for (const node of walkSchema(schema)) {
    // References may be recursive, which strict mode refuses.
    if (isFree(node) || node.$ref !== undefined || isUnionOfShapes(node)) return null;
    optional += optionalProperties(node).length;
    if (variantsOf(node).length > 0 || Array.isArray(node.type)) unions += 1;
  }
  if (optional > MAX_OPTIONAL_PROPERTIES || unions > MAX_UNIONS) return null;
  return schemaObject.parse(transformJSONSchema(schema));
}

/** `type: ["object", "null"]`, whose properties the SDK would turn into words. */
const isUnionOfShapes = ({ type }: SchemaNode): boolean =>
  Array.isArray(type) && (type.includes('object') || type.includes('array'));
