/** JSON Schema for the data objects that an activity reads or writes. */
import type { ProcessDataObject } from '../process-model/process-model.ts';
import type { JsonObject, JsonValue } from './agent-definition.ts';
import { oneLine, takeUnique, toContentWords, toIdentifier } from './plain-text.ts';

/** The last word of a name says what it is: a `claim amount` is an amount. */
const TYPE_OF_HEAD_WORD: Readonly<Record<string, JsonObject>> = {
  amount: { type: 'number' },
  price: { type: 'number' },
  cost: { type: 'number' },
  costs: { type: 'number' },
  total: { type: 'number' },
  sum: { type: 'number' },
  score: { type: 'number' },
  quantity: { type: 'integer' },
  count: { type: 'integer' },
  date: { type: 'string', format: 'date' },
  deadline: { type: 'string', format: 'date' },
  url: { type: 'string', format: 'uri' },
};

/** An object schema with one required property per data object; null without any. */
export function toObjectSchema(dataObjects: readonly ProcessDataObject[]): JsonObject | null {
  if (dataObjects.length === 0) return null;
  const taken = new Set<string>();
  const entries = dataObjects.map(
    (data) => [takeUnique(propertyName(data.name), taken), propertySchema(data.name)] as const,
  );
  return {
    type: 'object',
    properties: Object.fromEntries<JsonValue>(entries),
    required: entries.map(([name]) => name),
    additionalProperties: false,
  };
}

function propertyName(name: string): string {
  return toIdentifier(toContentWords(name).slice(0, 6), 'value', 48);
}

function propertySchema(name: string): JsonObject {
  const head = toContentWords(name).at(-1) ?? '';
  const type = Object.hasOwn(TYPE_OF_HEAD_WORD, head) ? TYPE_OF_HEAD_WORD[head] : undefined;
  return { ...(type ?? { type: 'string', minLength: 1 }), description: oneLine(name, 200) };
}
