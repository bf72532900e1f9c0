/** Views of an exchange file: nodes, which may lie in each other, and connections. */
import type { ArchimateView, ViewConnection, ViewNode } from '../language/archimate-model.ts';
import type { FindingList } from '../validation/finding-list.ts';
import { attributeOf, childOf, childrenOf } from '../xml/xml-element.ts';
import type { XmlElement } from '../xml/xml-element.ts';
import {
  readDocumented,
  readId,
  readNumber,
  readPoint,
  readReference,
  readTexts,
  readType,
} from './read-parts.ts';

export function readViews(root: XmlElement, findings: FindingList): readonly ArchimateView[] {
  return childrenOf(root, 'views')
    .flatMap((views) => childrenOf(views, 'diagrams'))
    .flatMap((diagrams) => childrenOf(diagrams, 'view'))
    .flatMap((view) => {
      const id = readId(view, findings);
      if (id === null) return [];
      return [
        {
          ...readDocumented(view, id),
          viewpoint: attributeOf(view, 'viewpoint'),
          viewpointId: attributeOf(view, 'viewpointRef'),
          nodes: readNodes(view, findings),
          connections: childrenOf(view, 'connection').flatMap((line) => readConnection(line, findings)),
        },
      ];
    });
}

/** Viewpoints that the file defines are kept as they are. */
export function readViewpoints(root: XmlElement): readonly XmlElement[] {
  return childrenOf(root, 'views')
    .flatMap((views) => childrenOf(views, 'viewpoints'))
    .flatMap((viewpoints) => childrenOf(viewpoints, 'viewpoint'));
}

function readNodes(parent: XmlElement, findings: FindingList): readonly ViewNode[] {
  return childrenOf(parent, 'node').flatMap((node) => {
    const id = readId(node, findings);
    if (id === null) return [];
    const type = readNodeType(node);
    return [
      {
        ...readShown(node, id),
        type,
        conceptId: readReference(node, type === 'Element' ? 'elementRef' : 'conceptRef'),
        xpathPart: attributeOf(node, 'xpathPart'),
        ...readPoint(node),
        width: Math.max(1, readNumber(node, 'w', DEFAULT_WIDTH)),
        height: Math.max(1, readNumber(node, 'h', DEFAULT_HEIGHT)),
        nodes: readNodes(node, findings),
      },
    ];
  });
}

const DEFAULT_WIDTH = 120;
const DEFAULT_HEIGHT = 55;

/** What it shows decides where the type is left out, or is one of another tool. */
function readNodeType(node: XmlElement): ViewNode['type'] {
  const type = readType(node);
  if (type === 'Element' || type === 'Container' || type === 'Label') return type;
  return attributeOf(node, 'elementRef') === null ? 'Container' : 'Element';
}

function readShown(element: XmlElement, id: string) {
  return {
    id,
    labels: readTexts(element, 'label'),
    documentation: readTexts(element, 'documentation'),
    style: childOf(element, 'style'),
    viewIds: childrenOf(element, 'viewRef').flatMap((view) => readReference(view, 'ref') ?? []),
  };
}

function readConnection(line: XmlElement, findings: FindingList): readonly ViewConnection[] {
  const id = readId(line, findings);
  if (id === null) return [];
  const relationshipId = readReference(line, 'relationshipRef');
  const source = childOf(line, 'sourceAttachment');
  const target = childOf(line, 'targetAttachment');
  return [
    {
      ...readShown(line, id),
      type: readConnectionType(line, relationshipId),
      relationshipId,
      sourceId: readReference(line, 'source'),
      targetId: readReference(line, 'target'),
      sourceAttachment: source === null ? null : readPoint(source),
      bendpoints: childrenOf(line, 'bendpoint').map(readPoint),
      targetAttachment: target === null ? null : readPoint(target),
    },
  ];
}

function readConnectionType(line: XmlElement, relationshipId: string | null): ViewConnection['type'] {
  if (relationshipId === null) return 'Line';
  return readType(line) === 'NestingRelationship' ? 'NestingRelationship' : 'Relationship';
}
