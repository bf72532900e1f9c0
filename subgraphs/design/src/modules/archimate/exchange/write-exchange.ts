/** Writes a model in the exchange format 3.1, which is also that of ArchiMate 3.2. The same model makes the same bytes. */
import type {
  ArchimateElement,
  ArchimateModel,
  ArchimateRelationship,
  LanguageText,
  OrganizationItem,
  Property,
} from '../language/archimate-model.ts';
import { writeXml } from '../xml/write-xml.ts';
import type { XmlAttribute, XmlElement } from '../xml/xml-element.ts';
import { EXCHANGE_NAMESPACE, EXCHANGE_SCHEMA, XML_NAMESPACE, XSI_NAMESPACE } from './exchange-names.ts';
import { viewsTree } from './write-views.ts';

/** The parts stand in the order that the schema demands; empty lists are left out, as it demands too. */
export function writeExchange(model: ArchimateModel): string {
  const root = tag(
    'model',
    [
      { uri: XSI_NAMESPACE, name: 'schemaLocation', value: `${EXCHANGE_NAMESPACE} ${EXCHANGE_SCHEMA}` },
      ...given({ identifier: model.id, version: model.version }),
    ],
    [
      ...documentedParts(model),
      ...(model.metadata === null ? [] : [model.metadata]),
      ...list('elements', model.elements.map(elementTree)),
      ...list('relationships', model.relationships.map(relationshipTree)),
      ...model.organizations.flatMap((items) => list('organizations', items.map(itemTree))),
      ...list(
        'propertyDefinitions',
        model.propertyDefinitions.map((definition) =>
          tag(
            'propertyDefinition',
            given({ identifier: definition.id, type: definition.type }),
            documentedParts(definition),
          ),
        ),
      ),
      ...viewsTree(model),
    ],
  );
  return writeXml(root, { [EXCHANGE_NAMESPACE]: '', [XSI_NAMESPACE]: 'xsi' });
}

export function tag(
  name: string,
  attributes: readonly XmlAttribute[],
  children: readonly (XmlElement | string)[] = [],
): XmlElement {
  return { uri: EXCHANGE_NAMESPACE, name, attributes, children };
}

/** Attributes that have a value. */
export function given(values: Readonly<Record<string, string | null>>): readonly XmlAttribute[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === null ? [] : [{ uri: '', name, value }],
  );
}

export function typed(type: string): XmlAttribute {
  return { uri: XSI_NAMESPACE, name: 'type', value: type };
}

/** The list with its entries; nothing where there are none. */
export function list(name: string, entries: readonly XmlElement[]): readonly XmlElement[] {
  return entries.length === 0 ? [] : [tag(name, [], entries)];
}

export function textTrees(name: string, texts: readonly LanguageText[]): readonly XmlElement[] {
  return texts.map(({ language, text }) =>
    tag(
      name,
      language === null ? [] : [{ uri: XML_NAMESPACE, name: 'lang', value: language }],
      text === '' ? [] : [text],
    ),
  );
}

type Documented = Pick<ArchimateElement, 'names' | 'documentation' | 'extensions' | 'properties'>;

/** Names, documentation, what other namespaces add, and properties: what every concept begins with. */
export function documentedParts(documented: Documented): readonly XmlElement[] {
  return [
    ...textTrees('name', documented.names),
    ...textTrees('documentation', documented.documentation),
    ...documented.extensions,
    ...list('properties', documented.properties.map(propertyTree)),
  ];
}

function propertyTree({ definitionId, values }: Property): XmlElement {
  return tag('property', given({ propertyDefinitionRef: definitionId }), textTrees('value', values));
}

function elementTree(element: ArchimateElement): XmlElement {
  return tag(
    'element',
    [...given({ identifier: element.id }), typed(element.type)],
    documentedParts(element),
  );
}

function relationshipTree(relationship: ArchimateRelationship): XmlElement {
  const { id, sourceId, targetId, type, accessType, modifier, isDirected } = relationship;
  return tag(
    'relationship',
    [
      ...given({ identifier: id, source: sourceId, target: targetId, accessType, modifier }),
      ...given({ isDirected: isDirected ? 'true' : null }),
      typed(type),
    ],
    documentedParts(relationship),
  );
}

function itemTree({ id, refersTo, labels, documentation, items }: OrganizationItem): XmlElement {
  return tag('item', given({ identifier: id, identifierRef: refersTo }), [
    ...textTrees('label', labels),
    ...textTrees('documentation', documentation),
    ...items.map(itemTree),
  ]);
}
