/** Elements and relationships of a model while it is being drawn up. */
import { invariant } from '@flowgrid/platform';
import { oneLine } from '../../definition/plain-text.ts';
import type {
  ArchimateElement,
  ArchimateRelationship,
  LanguageText,
  Property,
} from '../language/archimate-model.ts';
import type { ElementType } from '../language/concepts.ts';
import { isAllowed } from '../language/relationship-matrix.ts';
import type { AccessType, RelationshipType } from '../language/relationship-types.ts';

const MAX_NAME_LENGTH = 300;
const MAX_DOCUMENTATION_LENGTH = 8_000;

export interface NewElement {
  readonly type: ElementType;
  readonly name: string;
  readonly documentation?: string | null;
  /** Value of the property `Kind`, for what ArchiMate has no element of its own. */
  readonly kind?: string | null;
  /** Value of the property `Agent`: the key of the agent that it belongs to. */
  readonly agentKey?: string | null;
}

export interface RelationshipDetails {
  readonly name?: string | null;
  readonly accessType?: AccessType;
}

export interface Graph {
  /** Begins every id: it keeps models apart that are imported into one file. */
  readonly prefix: string;
  readonly elements: readonly ArchimateElement[];
  readonly relationships: readonly ArchimateRelationship[];
}

export interface GraphBuilder extends Graph {
  /** `key` makes the id, and stays the same in later drawings of the same thing. */
  add(key: string, element: NewElement): ArchimateElement;
  /** Draws nothing when the two are already related so. Throws on what ArchiMate does not allow. */
  relate(
    source: ArchimateElement,
    type: RelationshipType,
    target: ArchimateElement,
    details?: RelationshipDetails,
  ): void;
}

export const KIND_PROPERTY = 'property-kind';
export const AGENT_PROPERTY = 'property-agent';

export function createGraph(prefix: string): GraphBuilder {
  const elements: ArchimateElement[] = [];
  const relationships: ArchimateRelationship[] = [];
  const ids = new Set<string>();
  const drawn = new Set<string>();
  return {
    prefix,
    elements,
    relationships,
    add: (key, element) => {
      const id = freeId(`${prefix}-${key.replaceAll(/[^\w-]/g, '_')}`, ids);
      const added = toElement(id, prefix, element);
      elements.push(added);
      return added;
    },
    relate: (source, type, target, { name, accessType } = {}) => {
      const isValid = isAllowed(source.type, type, target.type);
      invariant(isValid, `ArchiMate does not allow ${source.type} ${type} ${target.type}`);
      const key = `${source.id} ${type} ${target.id}`;
      if (source.id === target.id || drawn.has(key)) return;
      drawn.add(key);
      const text = oneLine(clean(name ?? ''), MAX_NAME_LENGTH);
      relationships.push({
        id: `${prefix}-relation-${relationships.length + 1}`,
        names: text === '' ? [] : [english(text)],
        documentation: [],
        properties: [],
        extensions: [],
        type,
        sourceId: source.id,
        targetId: target.id,
        accessType: accessType ?? null,
        modifier: null,
        isDirected: false,
      });
    },
  };
}

function freeId(wanted: string, ids: Set<string>): string {
  let id = wanted;
  for (let number = 2; ids.has(id); number += 1) id = `${wanted}_${number}`;
  ids.add(id);
  return id;
}

function toElement(id: string, prefix: string, element: NewElement): ArchimateElement {
  const { type, name, documentation, kind, agentKey } = element;
  const text = clean(documentation ?? '')
    .slice(0, MAX_DOCUMENTATION_LENGTH)
    .toWellFormed()
    .trim();
  const property = (definition: string, value: string | null | undefined): readonly Property[] =>
    value == null || value === ''
      ? []
      : [{ definitionId: `${prefix}-${definition}`, values: [english(value)] }];
  return {
    id,
    type,
    names: [english(toName(name, type))],
    documentation: text === '' ? [] : [english(text)],
    properties: [...property(KIND_PROPERTY, kind), ...property(AGENT_PROPERTY, agentKey)],
    extensions: [],
  };
}

/** A name of only forbidden characters is none: what the element is stands in for it. */
export function toName(name: string, otherwise: string): string {
  return oneLine(clean(name), MAX_NAME_LENGTH) || otherwise;
}

export const english = (text: string): LanguageText => ({ language: 'en', text });

/** Without what XML forbids, and with one kind of line end, so that what is written reads the same. */
function clean(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/(?![\t\n])\p{Cc}|[\ufffe\uffff]/gu, '');
}
