import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { proposeDefinition } from '../definition/propose-definition.ts';
import {
  CLAIM_MODEL,
  CLAIM_TEXT,
  CLAIM_TITLE,
  EMPTY_MODEL,
  HOSTILE_DEFINITION,
  HOSTILE_MODEL,
  HOSTILE_TEXT,
} from '../definition/samples.ts';
import { isAllowed } from './allowed-relationships.ts';
import type { ElementType, RelationshipType } from './allowed-relationships.ts';
import { toArchimateExchange } from './to-archimate-exchange.ts';

const list = <Item extends z.ZodType>(item: Item) => z.array(item).default([]);
const named = z.union([z.string(), z.looseObject({ '#text': z.string().optional() })]).optional();
const element = z.looseObject({ identifier: z.string(), type: z.custom<ElementType>(), name: named });
const relationship = z.looseObject({
  identifier: z.string(),
  source: z.string(),
  target: z.string(),
  type: z.custom<RelationshipType>(),
});
const box = z.looseObject({ identifier: z.string(), elementRef: z.string(), x: z.string(), y: z.string() });
const line = z.looseObject({
  identifier: z.string(),
  relationshipRef: z.string(),
  source: z.string(),
  target: z.string(),
});
const document = z.object({
  model: z.looseObject({
    identifier: z.string(),
    elements: z.object({ element: list(element) }),
    relationships: z.object({ relationship: list(relationship) }),
    views: z.object({
      diagrams: z.object({ view: z.looseObject({ node: list(box), connection: list(line) }) }),
    }),
  }),
});

const LISTS = new Set(['element', 'relationship', 'node', 'connection', 'property']);
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  removeNSPrefix: true,
  parseAttributeValue: false,
  parseTagValue: false,
  isArray: (name) => LISTS.has(name),
});

const CLAIM_DEFINITION = proposeDefinition({
  title: CLAIM_TITLE,
  description: CLAIM_TEXT,
  processModel: CLAIM_MODEL,
  existingAgents: [],
  integrationKinds: ['JIRA'],
  model: { provider: 'anthropic', name: 'some-model' },
}).definition;

const SAMPLES = [
  { sample: 'an ordinary agent', name: 'Claims', processModel: CLAIM_MODEL, definition: CLAIM_DEFINITION },
  {
    sample: 'an empty process',
    name: '',
    processModel: EMPTY_MODEL,
    definition: { ...CLAIM_DEFINITION, skills: [], tools: [] },
  },
  {
    sample: 'hostile names',
    name: HOSTILE_TEXT,
    processModel: HOSTILE_MODEL,
    definition: HOSTILE_DEFINITION,
  },
];

describe.each(SAMPLES)('the exchange file of $sample', (input) => {
  const xml = toArchimateExchange(input);
  const { model } = document.parse(parser.parse(xml));
  const { view } = model.views.diagrams;
  const elements = model.elements.element;
  const relationships = model.relationships.relationship;

  test('is well-formed and holds no character that XML forbids', () => {
    expect(XMLValidator.validate(xml)).toBe(true);
    expect(xml).not.toMatch(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/u);
    expect(xml).toBe(xml.toWellFormed());
  });

  test('has its parts in the order of the format', () => {
    const parts = [...xml.matchAll(/^ {2}<([a-zA-Z]+)/gm)].map(([, name]) => name);

    expect(parts).toEqual([
      'name',
      'documentation',
      'elements',
      'relationships',
      'propertyDefinitions',
      'views',
    ]);
  });

  test('has ids that are unique and may begin an XML name', () => {
    const ids = [...xml.matchAll(/ identifier="([^"]*)"/g)].map(([, id]) => id);

    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^id-[0-9a-z-]+$/.test(id ?? ''))).toEqual([]);
  });

  test('has only relationships that ArchiMate allows, between elements that exist', () => {
    const types = new Map(elements.map(({ identifier, type }) => [identifier, type]));

    const invalid = relationships.filter(({ source, target, type }) => {
      const from = types.get(source);
      const to = types.get(target);
      return from === undefined || to === undefined || !isAllowed(from, type, to);
    });

    expect(invalid).toEqual([]);
  });

  test('shows every element and relationship once on its view, none over another', () => {
    const shown = new Map(view.node.map(({ identifier, elementRef }) => [elementRef, identifier]));
    const ends = new Map(
      relationships.map(({ identifier, source, target }) => [identifier, [source, target]]),
    );

    expect([...shown.keys()].toSorted()).toEqual(elements.map(({ identifier }) => identifier).toSorted());
    expect(view.connection.map((line) => [line.relationshipRef, line.source, line.target])).toEqual(
      [...ends].map(([id, [source = '', target = '']]) => [id, shown.get(source), shown.get(target)]),
    );
    expect(new Set(view.node.map(({ x, y }) => `${x} ${y}`)).size).toBe(view.node.length);
    expect(view.node.filter(({ x, y }) => !/^\d+ \d+$/.test(`${x} ${y}`))).toEqual([]);
  });

  test('names every element', () => {
    const names = elements.map(({ name }) => (typeof name === 'string' ? name : name?.['#text']));

    expect(names.filter((name) => name === undefined || name.trim() === '')).toEqual([]);
  });

  test('is the same every time', () => {
    expect(toArchimateExchange(structuredClone(input))).toBe(xml);
  });
});

test('the table allows no assignment of a component to the business, which is invalid and tempting', () => {
  expect(isAllowed('ApplicationComponent', 'Assignment', 'BusinessProcess')).toBe(false);
  expect(isAllowed('ApplicationComponent', 'Assignment', 'BusinessRole')).toBe(false);
});

test('an ordinary agent is drawn with the elements of its process', () => {
  const xml = toArchimateExchange({
    name: 'Claims',
    processModel: CLAIM_MODEL,
    definition: CLAIM_DEFINITION,
  });
  const { model } = document.parse(parser.parse(xml));
  const counts: Record<string, number> = {};
  for (const { type } of model.elements.element) counts[type] = (counts[type] ?? 0) + 1;

  expect(counts).toEqual({
    ApplicationComponent: 3,
    ApplicationProcess: 1,
    ApplicationService: 5,
    Artifact: 1,
    BusinessActor: 1,
    BusinessEvent: 1,
    BusinessProcess: 7,
    BusinessRole: 2,
    DataObject: 3,
    OrJunction: 2,
    Requirement: 3,
  });
});
