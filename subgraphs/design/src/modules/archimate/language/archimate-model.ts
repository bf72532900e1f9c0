/** An ArchiMate model as this service keeps it: everything that exchange files and native files of Archi have in common. */
import type { XmlElement } from '../xml/xml-element.ts';
import type { ElementType } from './concepts.ts';
import type { AccessType, RelationshipType } from './relationship-types.ts';

export interface LanguageText {
  /** `xml:lang`; null where the file says none. */
  readonly language: string | null;
  readonly text: string;
}

export interface Property {
  /** Id of its definition. */
  readonly definitionId: string;
  readonly values: readonly LanguageText[];
}

interface Documented {
  readonly id: string;
  readonly names: readonly LanguageText[];
  readonly documentation: readonly LanguageText[];
  readonly properties: readonly Property[];
  /** What other namespaces add. */
  readonly extensions: readonly XmlElement[];
}

export interface ArchimateElement extends Documented {
  readonly type: ElementType;
}

export interface ArchimateRelationship extends Documented {
  readonly type: RelationshipType;
  /** Id of an element or of another relationship. */
  readonly sourceId: string;
  readonly targetId: string;
  /** Of an Access. */
  readonly accessType: AccessType | null;
  /** Of an Influence: `+`, `--`, a number... */
  readonly modifier: string | null;
  /** Of an Association. */
  readonly isDirected: boolean;
}

export const PROPERTY_TYPES = ['string', 'boolean', 'currency', 'date', 'time', 'number'] as const;
export type PropertyType = (typeof PROPERTY_TYPES)[number];

export interface PropertyDefinition extends Documented {
  readonly type: PropertyType;
}

/** A folder, or a place in one for whatever `refersTo`. */
export interface OrganizationItem {
  readonly id: string | null;
  readonly refersTo: string | null;
  readonly labels: readonly LanguageText[];
  readonly documentation: readonly LanguageText[];
  readonly items: readonly OrganizationItem[];
}

/** Pixels from the upper left corner of the view. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

interface Shown {
  readonly id: string;
  readonly labels: readonly LanguageText[];
  readonly documentation: readonly LanguageText[];
  /** Colours and font, as in the exchange format. */
  readonly style: XmlElement | null;
  /** Views that it leads to. */
  readonly viewIds: readonly string[];
}

export interface ViewNode extends Shown, Point {
  /** A Container groups without being an element; a Label is a note. */
  readonly type: 'Element' | 'Container' | 'Label';
  /** The element of an Element; what a Label speaks of. */
  readonly conceptId: string | null;
  /** Of a Label: which part of the concept it shows. */
  readonly xpathPart: string | null;
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly ViewNode[];
}

export interface ViewConnection extends Shown {
  /** A Line joins without being a relationship. */
  readonly type: 'Relationship' | 'NestingRelationship' | 'Line';
  readonly relationshipId: string | null;
  /** Ids of nodes or connections of the view. */
  readonly sourceId: string | null;
  readonly targetId: string | null;
  readonly sourceAttachment: Point | null;
  readonly bendpoints: readonly Point[];
  readonly targetAttachment: Point | null;
}

export interface ArchimateView extends Documented {
  /** Name of a viewpoint of the language: `Application Cooperation`. */
  readonly viewpoint: string | null;
  /** Id of a viewpoint that the file defines. */
  readonly viewpointId: string | null;
  readonly nodes: readonly ViewNode[];
  readonly connections: readonly ViewConnection[];
}

export interface ArchimateModel extends Documented {
  readonly version: string | null;
  /** As the file has it: Dublin Core, or another schema. */
  readonly metadata: XmlElement | null;
  readonly elements: readonly ArchimateElement[];
  readonly relationships: readonly ArchimateRelationship[];
  /** Several trees over the same concepts may stand beside each other. */
  readonly organizations: readonly (readonly OrganizationItem[])[];
  readonly propertyDefinitions: readonly PropertyDefinition[];
  /** Viewpoints that the file defines, as it has them. */
  readonly viewpoints: readonly XmlElement[];
  readonly views: readonly ArchimateView[];
}

/** The first name, for people. */
export function nameOf({ names }: Pick<Documented, 'names'>): string {
  return (names[0]?.text ?? '').replaceAll(/\s+/g, ' ').trim();
}

/** The nodes of a view with those inside them, outer ones first. */
export function allNodes(nodes: readonly ViewNode[]): readonly ViewNode[] {
  return nodes.flatMap((node) => [node, ...allNodes(node.nodes)]);
}

/** The items of an organization with those inside them. */
export function allItems(items: readonly OrganizationItem[]): readonly OrganizationItem[] {
  return items.flatMap((item) => [item, ...allItems(item.items)]);
}
