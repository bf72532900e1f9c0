/** Reads the Open Group's exchange format, 3.0 and 3.1, of any tool. */
import { isElementType } from '../language/concepts.ts';
import { PROPERTY_TYPES } from '../language/archimate-model.ts';
import type {
  ArchimateElement,
  ArchimateModel,
  ArchimateRelationship,
  OrganizationItem,
  PropertyDefinition,
} from '../language/archimate-model.ts';
import { isAccessType, isRelationshipType } from '../language/relationship-types.ts';
import type { AccessType } from '../language/relationship-types.ts';
import type { FindingList } from '../validation/finding-list.ts';
import { unknownElementType, unknownRelationshipType } from '../validation/unknown-type.ts';
import { ArchimateRefusal } from '../xml/refusal.ts';
import { attributeOf, childOf, childrenOf, elementsOf } from '../xml/xml-element.ts';
import type { XmlElement } from '../xml/xml-element.ts';
import { readDocumented, readId, readReference, readTexts, readType } from './read-parts.ts';
import { readViewpoints, readViews } from './read-views.ts';

/** @throws ArchimateRefusal when the model itself has no identifier. */
export function readExchange(root: XmlElement, findings: FindingList): ArchimateModel {
  const id = readId(root, findings);
  if (id === null) {
    throw new ArchimateRefusal(
      'NOT_ARCHIMATE',
      'The <model> has no identifier; the exchange format demands one.',
    );
  }
  const metadata = childOf(root, 'metadata');
  return {
    ...readDocumented(root, id),
    version: attributeOf(root, 'version'),
    metadata: metadata === null || elementsOf(metadata).length === 0 ? null : metadata,
    elements: within(root, 'elements', 'element').flatMap((element) => readElement(element, findings)),
    relationships: within(root, 'relationships', 'relationship').flatMap((element) =>
      readRelationship(element, findings),
    ),
    organizations: childrenOf(root, 'organizations')
      .map((organization) => childrenOf(organization, 'item').map(readItem))
      .filter((items) => items.length > 0),
    propertyDefinitions: within(root, 'propertyDefinitions', 'propertyDefinition').flatMap((element) =>
      readPropertyDefinition(element, findings),
    ),
    viewpoints: readViewpoints(root),
    views: readViews(root, findings),
  };
}

function within(root: XmlElement, list: string, name: string): readonly XmlElement[] {
  return childrenOf(root, list).flatMap((element) => childrenOf(element, name));
}

function readElement(element: XmlElement, findings: FindingList): readonly ArchimateElement[] {
  const id = readId(element, findings);
  if (id === null) return [];
  const documented = readDocumented(element, id);
  const type = readType(element);
  if (isElementType(type)) return [{ ...documented, type }];
  findings.add(unknownElementType(documented, type));
  return [];
}

function readRelationship(element: XmlElement, findings: FindingList): readonly ArchimateRelationship[] {
  const id = readId(element, findings);
  if (id === null) return [];
  const documented = readDocumented(element, id);
  const type = readType(element);
  if (!isRelationshipType(type)) {
    findings.add(unknownRelationshipType(documented, type));
    return [];
  }
  const access = attributeOf(element, 'accessType');
  const accessType: AccessType | null = access !== null && isAccessType(access) ? access : null;
  if (access !== null && accessType === null) {
    findings.add({
      severity: 'WARNING',
      code: 'INVALID_ATTRIBUTE',
      elementId: id,
      elementName: null,
      rule: 'An Access is of the type Access, Read, Write or ReadWrite.',
      message: `The accessType "${access.slice(0, 100)}" is none of them.`,
      mend: 'It is read as an access without a direction.',
    });
  }
  return [
    {
      ...documented,
      type,
      // An end that is missing is told as one that leads nowhere.
      sourceId: readReference(element, 'source') ?? '',
      targetId: readReference(element, 'target') ?? '',
      accessType: type === 'Access' ? accessType : null,
      modifier: type === 'Influence' ? attributeOf(element, 'modifier') : null,
      isDirected: type === 'Association' && isTrue(attributeOf(element, 'isDirected')),
    },
  ];
}

const isTrue = (value: string | null): boolean => value === 'true' || value === '1';

function readItem(item: XmlElement): OrganizationItem {
  return {
    id: readReference(item, 'identifier'),
    refersTo: readReference(item, 'identifierRef'),
    labels: readTexts(item, 'label'),
    documentation: readTexts(item, 'documentation'),
    items: childrenOf(item, 'item').map(readItem),
  };
}

function readPropertyDefinition(element: XmlElement, findings: FindingList): readonly PropertyDefinition[] {
  const id = readId(element, findings);
  if (id === null) return [];
  const type = PROPERTY_TYPES.find((name) => name === attributeOf(element, 'type')) ?? 'string';
  return [{ ...readDocumented(element, id), properties: [], type }];
}
