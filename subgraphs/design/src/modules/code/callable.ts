/** What a model can be given of a tool's input: the APIs refuse a tool when one of its properties has another name. */
import type { JsonObject, JsonValue } from '../definition/agent-definition.ts';

const CALLABLE_NAME = /^[a-zA-Z0-9_.-]{1,64}$/;

/** The schema without the properties that cannot be named to a model. */
export function toCallable(schema: JsonObject): JsonObject {
  const properties = propertiesOf(schema);
  const unnamed = findUnnamed(schema);
  if (unnamed.length === 0) return schema;
  const required = schema['required'];
  return {
    ...schema,
    properties: Object.fromEntries<JsonValue>(properties.filter(([name]) => !unnamed.includes(name))),
    ...(Array.isArray(required) ? { required: required.filter((name) => !unnamed.includes(name)) } : {}),
  };
}

/** Names of properties that are left out. */
export function findUnnamed(schema: JsonObject): readonly string[] {
  return propertiesOf(schema)
    .map(([name]) => name)
    .filter((name) => !CALLABLE_NAME.test(name));
}

function propertiesOf({ properties }: JsonObject): readonly (readonly [string, JsonValue])[] {
  const isObject = typeof properties === 'object' && properties !== null && !Array.isArray(properties);
  return isObject ? Object.entries(properties) : [];
}
