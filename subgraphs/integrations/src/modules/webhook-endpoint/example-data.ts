/** Examples of what events carry, made from the schemas of the catalogue, so that they are never older than it. */
import { EVENT_CATALOGUE, type EventType } from '@flowgrid/messaging';
import { invariant } from '@flowgrid/platform';
import { z } from 'zod';

const EXAMPLE_TIME = '2026-01-15T09:30:00.000Z';
const EXAMPLE_ID = '01890a5d-ac96-774b-bcce-b302099a8057';

interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
}

const examples = new Map<EventType, unknown>();

/** Example data of a type; the same at every call. */
export function exampleOf(type: EventType): unknown {
  const known = examples.get(type);
  if (known !== undefined) return known;
  const { data } = EVENT_CATALOGUE[type];
  const example = toExample(z.toJSONSchema(data) as JsonSchema, 'data');
  invariant(data.safeParse(example).success, `the example of ${type} is as the catalogue says`);
  examples.set(type, example);
  return example;
}

function toExample(schema: JsonSchema, name: string): unknown {
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (choice) return toExample(choice, name);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([field, inner]) => [field, toExample(inner, field)]),
      );
    case 'array':
      return schema.items ? [toExample(schema.items, name)] : [];
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1, (schema.exclusiveMinimum ?? 0) + 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return toText(schema.format, name);
  }
}

function toText(format: string | undefined, name: string): string {
  switch (format) {
    case 'uuid':
      return EXAMPLE_ID;
    case 'date-time':
      return EXAMPLE_TIME;
    case 'uri':
      return 'https://example.com';
    case 'email':
      return 'someone@example.com';
    default:
      return /url$|origin$/i.test(name) ? 'https://example.com' : `example ${name}`;
  }
}
