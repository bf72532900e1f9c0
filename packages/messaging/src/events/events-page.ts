/** Writes docs/EVENTS.md from the catalogue. */
import { z } from 'zod';
import { SUBSCRIPTIONS } from '../transport/topology.ts';
import { EVENT_CATALOGUE } from './catalogue.ts';
import type { EventDefinition } from './define-event.ts';

const INTRODUCTION = `# Events

Every change of an agent, a design session or an integration is told once, as an event: a [CloudEvents 1.0](https://github.com/cloudevents/spec)
envelope in JSON, written in the transaction of the change and delivered at least once to every subscription that takes it.
This page is written from the catalogue in \`packages/messaging/src/events\` by \`npm run docs:events\`.

## The envelope

| attribute | is |
|---|---|
| \`id\` | of the event, and of the change's row in the audit: what a consumer knows a duplicate by |
| \`source\` | the service that made the change |
| \`type\` | \`<resource>.<past participle>\`, perhaps with a part of the resource between, the same word as the action in the audit |
| \`schemaversion\` | version of the data; a consumer that knows only an earlier one puts the event among its dead letters |
| \`subject\` | id of what changed; events of one tenant and subject are delivered in the order of the changes |
| \`time\` | when the change was made |
| \`tenantid\` | whose change it is |
| \`actorkind\` \`actorid\` \`actorname\` \`actoruserid\` | who made it, with the name at that time; the last is absent where no user stands behind it |
| \`requestid\` \`traceparent\` | in which request and trace, where there was one |
| \`data\` | as below, for each type |

Fields may be added to the data without a new version: consumers pass by what they do not know.

## Who receives what
`;

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** The page as it has to be; a test holds the file to it. */
export function toEventsPage(): string {
  const catalogue: Readonly<Record<string, EventDefinition>> = EVENT_CATALOGUE;
  const byResource = Map.groupBy(Object.entries(catalogue), ([type]) => type.split('.', 1)[0] ?? '');
  const parts = [...byResource].map(([resource, events]) => resourcePart(resource, events));
  return `${INTRODUCTION}\n${subscriptionTable()}\n${parts.join('\n')}`;
}

function subscriptionTable(): string {
  const rows = Object.entries(SUBSCRIPTIONS).map(
    ([name, { service, resources }]) =>
      `| \`${name}\` | ${service} | ${resources.map((resource) => `\`${resource}.*\``).join(' ')} |`,
  );
  return ['| subscription | service | events |', '|---|---|---|', ...rows, ''].join('\n');
}

function resourcePart(resource: string, events: readonly [string, EventDefinition][]): string {
  const [first] = events;
  const lines = [
    `## ${resource}`,
    '',
    `From \`${first?.[1].source}\`.`,
    '',
    '| type | version | when | data |',
    '|---|---|---|---|',
    ...events.map(
      ([type, { version, description, data }]) =>
        `| \`${type}\` | ${version} | ${description} | ${fieldNames(data)} |`,
    ),
    '',
    '| field | is |',
    '|---|---|',
    ...fieldRows(events.map(([, { data }]) => toJsonSchema(data))),
    '',
  ];
  return lines.join('\n');
}

const fieldNames = (data: z.ZodObject): string =>
  Object.keys(data.shape)
    .map((name) => `\`${name}\``)
    .join(' ');

/** Each field once: what events of one resource share, they share with the same meaning. */
function fieldRows(schemas: readonly JsonSchema[]): readonly string[] {
  const rows = new Map<string, string>();
  for (const schema of schemas) {
    for (const [name, field] of Object.entries(schema.properties ?? {})) collectField(rows, name, field);
  }
  return [...rows].map(([name, meaning]) => `| \`${name}\` | ${meaning} |`);
}

function collectField(rows: Map<string, string>, name: string, field: JsonSchema): void {
  if (field.properties === undefined) {
    const meaning = [typeOf(field), field.description].filter((part) => part !== undefined).join(': ');
    if (!rows.has(name)) rows.set(name, meaning);
    return;
  }
  for (const [inner, value] of Object.entries(field.properties)) {
    collectField(rows, `${name}.${inner}`, value);
  }
}

function typeOf(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(' ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  return schema.format ?? [schema.type ?? 'anything'].flat().join(' or ');
}

function toJsonSchema(data: z.ZodObject): JsonSchema {
  return z.toJSONSchema(data) as JsonSchema;
}
