/** Reads `.archimate` files of Archi, versions 4 and 5. */
import type {
  ArchimateElement,
  ArchimateModel,
  ArchimateRelationship,
  ArchimateView,
  OrganizationItem,
} from '../language/archimate-model.ts';
import { readType } from '../exchange/read-parts.ts';
import type { FindingList } from '../validation/finding-list.ts';
import { unknownElementType, unknownRelationshipType } from '../validation/unknown-type.ts';
import { attributeOf, childrenOf, elementsOf } from '../xml/xml-element.ts';
import type { XmlElement } from '../xml/xml-element.ts';
import { NativeReader } from './native-reader.ts';
import { isRelationshipName, toAccessType, toElementType, toRelationshipType } from './native-types.ts';
import { readNativeView } from './read-native-views.ts';

interface Contents {
  readonly elements: ArchimateElement[];
  readonly relationships: ArchimateRelationship[];
  readonly views: ArchimateView[];
}

export function readNative(document: XmlElement, findings: FindingList): ArchimateModel {
  // Only the root has a namespace; what lies in it has none.
  const root = { ...document, uri: '' };
  const reader = new NativeReader(findings);
  const contents: Contents = { elements: [], relationships: [], views: [] };
  const folders = childrenOf(root, 'folder').flatMap((folder) =>
    readFolder(folder, { reader, contents, findings }),
  );
  const id = reader.id(root) ?? 'id-model';
  return {
    ...reader.documented(root, id, 'purpose'),
    version: null,
    metadata: null,
    ...contents,
    organizations: folders.length === 0 ? [] : [folders],
    propertyDefinitions: reader.propertyDefinitions,
    viewpoints: [],
  };
}

interface Reading {
  readonly reader: NativeReader;
  readonly contents: Contents;
  readonly findings: FindingList;
}

function readFolder(folder: XmlElement, reading: Reading): readonly OrganizationItem[] {
  const items = elementsOf(folder).flatMap((child): readonly OrganizationItem[] => {
    if (child.name === 'folder') return readFolder(child, reading);
    if (child.name !== 'element') return [];
    const id = readMember(child, reading);
    return id === null ? [] : [itemOf({ refersTo: id })];
  });
  if (items.length === 0) return [];
  const label = { language: null, text: attributeOf(folder, 'name') ?? '' };
  const documentation = reading.reader.texts(folder, 'documentation');
  return [itemOf({ labels: [label], documentation, items })];
}

function itemOf(item: Partial<OrganizationItem>): OrganizationItem {
  return { id: null, refersTo: null, labels: [], documentation: [], items: [], ...item };
}

/** Returns the id of what was read. */
function readMember(element: XmlElement, { reader, contents, findings }: Reading): string | null {
  const id = reader.id(element);
  if (id === null) return null;
  const type = readType(element);
  if (type.endsWith('DiagramModel')) {
    contents.views.push(readNativeView(element, id, reader));
    return id;
  }
  const documented = reader.documented(element, id);
  if (type === 'SketchModel' || type === 'CanvasModel') {
    findings.add({
      severity: 'INFO',
      code: 'NOT_SUPPORTED',
      elementId: id,
      elementName: attributeOf(element, 'name'),
      rule: 'Sketches and canvases of Archi are not part of ArchiMate.',
      message: `The ${type === 'SketchModel' ? 'sketch' : 'canvas'} shows no elements of the model.`,
      mend: 'It was left out.',
    });
    return null;
  }
  if (isRelationshipName(type)) {
    const relationship = readRelationship(element, documented, reader);
    if (relationship === null) findings.add(unknownRelationshipType(documented, type));
    else contents.relationships.push(relationship);
    return relationship?.id ?? null;
  }
  const elementType = toElementType(type, attributeOf(element, 'type'));
  if (elementType === null) {
    findings.add(unknownElementType(documented, type));
    return null;
  }
  contents.elements.push({ ...documented, type: elementType });
  return id;
}

function readRelationship(
  element: XmlElement,
  documented: ReturnType<NativeReader['documented']>,
  reader: NativeReader,
): ArchimateRelationship | null {
  const type = toRelationshipType(readType(element));
  if (type === null) return null;
  const strength = attributeOf(element, 'strength');
  return {
    ...documented,
    type,
    sourceId: reader.reference(element, 'source') ?? '',
    targetId: reader.reference(element, 'target') ?? '',
    accessType: type === 'Access' ? toAccessType(attributeOf(element, 'accessType')) : null,
    modifier: type === 'Influence' && strength !== null && strength !== '' ? strength : null,
    isDirected: type === 'Association' && attributeOf(element, 'directed') === 'true',
  };
}
