/** What a bound tool does in its system, where its name and types leave no doubt; nothing is guessed. */
import type { AgentTool, IntegrationKind, JsonObject, JsonValue } from '../definition/agent-definition.ts';
import { toWords } from '../definition/plain-text.ts';

export interface Operation {
  readonly kind: 'CREATE' | 'SEARCH';
  readonly connector: Connector;
  /** The one property of the answer; null when the answer has no schema. */
  readonly answerProperty: string | null;
}

export interface Connector {
  /** Module below `src/connectors`. */
  readonly module: 'github' | 'jira' | 'servicenow';
  readonly name: string;
}

export const CONNECTORS: Readonly<Record<IntegrationKind, Connector>> = {
  GITHUB: { module: 'github', name: 'GitHub' },
  JIRA: { module: 'jira', name: 'Jira' },
  SERVICENOW: { module: 'servicenow', name: 'ServiceNow' },
};

const CREATING_VERBS = new Set(['create', 'open', 'raise', 'file', 'log', 'register']);
const SEARCHING_VERBS = new Set(['search', 'find', 'query', 'list']);
/** What the connectors create and find: an issue or a record. */
const ITEMS = /^(?:issue|ticket|incident|record|task|bug|story|problem)s?$/;

export function deriveOperation(tool: AgentTool): Operation | null {
  if (tool.integrationKind === null) return null;
  const connector = CONNECTORS[tool.integrationKind];
  const [verb, ...object] = toWords(tool.name.replaceAll('_', ' ')).filter(
    (word) => !connector.name.toLowerCase().includes(word) && word !== 'service' && word !== 'now',
  );
  if (verb === undefined || !ITEMS.test(object.at(-1) ?? '')) return null;
  const answerProperty = singleText(tool.outputSchema);
  if (answerProperty === undefined) return null;
  if (CREATING_VERBS.has(verb)) return { kind: 'CREATE', connector, answerProperty };
  return SEARCHING_VERBS.has(verb) ? { kind: 'SEARCH', connector, answerProperty } : null;
}

/** The name of the only property, when it is plain text; undefined when the answer is anything else. */
function singleText(schema: JsonObject | null): string | null | undefined {
  if (schema === null) return null;
  const properties = schema['properties'];
  if (schema['type'] !== 'object' || !isObject(properties)) return undefined;
  const [first, ...others] = Object.entries(properties);
  if (first === undefined || others.length > 0) return undefined;
  const [name, property] = first;
  const isPlain =
    isObject(property) &&
    property['type'] === 'string' &&
    ['format', 'enum', 'const', 'pattern', 'maxLength'].every((keyword) => !Object.hasOwn(property, keyword));
  return isPlain && /^[a-z][a-zA-Z0-9_]*$/.test(name) ? name : undefined;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
