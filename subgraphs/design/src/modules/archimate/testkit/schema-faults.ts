/**
 * Where a file departs from the schema of the exchange format, as far as files that this service writes could: the order of
 * parts, ids, references and values. The schema itself is the Open Group's and is not part of this project.
 */
import { isElementType } from '../language/concepts.ts';
import { isAccessType, isRelationshipType } from '../language/relationship-types.ts';
import { isXmlId } from '../xml/identifiers.ts';
import { parseXml } from '../xml/parse-xml.ts';
import { attributeOf, childrenOf, elementsOf } from '../xml/xml-element.ts';
import type { XmlElement } from '../xml/xml-element.ts';
import { EXCHANGE_NAMESPACE } from '../exchange/exchange-names.ts';
import { readType } from '../exchange/read-parts.ts';

/** The parts of each element in their order; `+` marks those that must be there. */
const PARTS: Readonly<Record<string, string>> = {
  model:
    'name+ documentation properties metadata elements relationships organizations propertyDefinitions views',
  element: 'name documentation properties',
  relationship: 'name documentation properties',
  properties: 'property+',
  property: 'value+',
  propertyDefinition: 'name+ documentation',
  elements: 'element+',
  relationships: 'relationship+',
  organizations: 'item+',
  item: 'label documentation item',
  propertyDefinitions: 'propertyDefinition+',
  views: 'viewpoints diagrams',
  diagrams: 'view+',
  view: 'name+ documentation properties node connection',
  node: 'label documentation style viewRef node',
  connection: 'label documentation style viewRef sourceAttachment bendpoint targetAttachment',
};

/** Attributes that refer, and to the ids of which elements. */
const REFERENCES: Readonly<Record<string, readonly string[]>> = {
  elementRef: ['element'],
  relationshipRef: ['relationship'],
  propertyDefinitionRef: ['propertyDefinition'],
  conceptRef: ['element', 'relationship'],
};

const NATURAL = /^\d+$/;

/** Sentences; none for a file that is as the schema demands. */
export function schemaFaults(xml: string): readonly string[] {
  const root = parseXml(xml);
  const all = [...walk(root)];
  const owners = new Map<string, string>();
  const faults: string[] = [];
  if (root.name !== 'model' || root.uri !== EXCHANGE_NAMESPACE) faults.push('the root is no <model>');
  for (const element of all) {
    const id = attributeOf(element, 'identifier');
    if (id === null) continue;
    if (!isXmlId(id)) faults.push(`"${id}" is no xs:ID`);
    if (owners.has(id)) faults.push(`"${id}" is used twice`);
    owners.set(id, element.name);
  }
  return [...faults, ...all.flatMap((element) => faultsOf(element, owners))];
}

function* walk(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of elementsOf(element)) yield* walk(child);
}

function faultsOf(element: XmlElement, owners: ReadonlyMap<string, string>): readonly string[] {
  return [
    ...orderFaults(element),
    ...Object.entries(REFERENCES).flatMap(([name, targets]) =>
      referenceFaults(element, owners, { name, targets }),
    ),
    ...typeFaults(element, owners),
    ...placeFaults(element),
  ];
}

function orderFaults(element: XmlElement): readonly string[] {
  const parts = PARTS[element.name]?.split(' ');
  if (parts === undefined || element.uri !== EXCHANGE_NAMESPACE) return [];
  const order = parts.map((part) => part.replace('+', ''));
  const places = elementsOf(element)
    .filter(({ uri }) => uri === EXCHANGE_NAMESPACE)
    .map(({ name }) => order.indexOf(name));
  const isOrdered = places.every((place, index) => place >= 0 && place >= (places[index - 1] ?? 0));
  const isRealElement = element.name === 'element' && !readType(element).endsWith('Junction');
  const required = parts.filter((part) => part.endsWith('+')).map((part) => part.replace('+', ''));
  const missing = [...required, ...(isRealElement ? ['name'] : [])].filter(
    (name) => childrenOf(element, name).length === 0,
  );
  return [
    ...(isOrdered ? [] : [`the parts of <${element.name}> are out of order`]),
    ...missing.map((name) => `a <${element.name}> has no <${name}>`),
  ];
}

function referenceFaults(
  element: XmlElement,
  owners: ReadonlyMap<string, string>,
  { name, targets }: { readonly name: string; readonly targets: readonly string[] },
): readonly string[] {
  const id = attributeOf(element, name);
  return id === null || targets.includes(owners.get(id) ?? '') ? [] : [`${name} "${id}" leads nowhere`];
}

/** Sources and targets lead to concepts from relationships, and to what is on the view from connections. */
function typeFaults(element: XmlElement, owners: ReadonlyMap<string, string>): readonly string[] {
  const ends = (names: readonly string[]): readonly string[] =>
    ['source', 'target'].flatMap((end) => {
      const id = attributeOf(element, end);
      return id !== null && names.includes(owners.get(id) ?? '') ? [] : [`${end} "${id}" leads nowhere`];
    });
  const type = readType(element);
  switch (element.name) {
    case 'element':
      return isElementType(type) ? [] : [`"${type}" is no element`];
    case 'relationship': {
      const access = attributeOf(element, 'accessType');
      const isValid =
        isRelationshipType(type) && (access === null || (type === 'Access' && isAccessType(access)));
      return [...(isValid ? [] : [`"${type}" is no relationship`]), ...ends(['element', 'relationship'])];
    }
    case 'connection':
      return type === 'Line' ? [] : ends(['node', 'connection']);
    case 'node':
      return ['Element', 'Container', 'Label'].includes(type) ? [] : [`"${type}" is no node`];
    default:
      return [];
  }
}

function placeFaults(element: XmlElement): readonly string[] {
  const required: Readonly<Record<string, readonly string[]>> = {
    node: ['x', 'y', 'w', 'h'],
    bendpoint: ['x', 'y'],
    sourceAttachment: ['x', 'y'],
    targetAttachment: ['x', 'y'],
  };
  return (required[element.name] ?? []).flatMap((name) => {
    const value = attributeOf(element, name) ?? '';
    const isValid = NATURAL.test(value) && (name === 'x' || name === 'y' || value !== '0');
    return isValid ? [] : [`${name} of a <${element.name}> is "${value}"`];
  });
}
