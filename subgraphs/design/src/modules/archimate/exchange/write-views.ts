/** Views in the form of the exchange format. */
import type {
  ArchimateModel,
  ArchimateView,
  Point,
  ViewConnection,
  ViewNode,
} from '../language/archimate-model.ts';
import type { XmlElement } from '../xml/xml-element.ts';
import { documentedParts, given, list, tag, textTrees, typed } from './write-exchange.ts';

export function viewsTree({ viewpoints, views }: ArchimateModel): readonly XmlElement[] {
  return list('views', [...list('viewpoints', viewpoints), ...list('diagrams', views.map(viewTree))]);
}

function viewTree(view: ArchimateView): XmlElement {
  return tag(
    'view',
    [
      ...given({ identifier: view.id, viewpoint: view.viewpoint, viewpointRef: view.viewpointId }),
      typed('Diagram'),
    ],
    [...documentedParts(view), ...view.nodes.map(nodeTree), ...view.connections.map(connectionTree)],
  );
}

function nodeTree(node: ViewNode): XmlElement {
  const { id, type, conceptId, xpathPart, x, y, width, height } = node;
  return tag(
    'node',
    [
      ...given({ identifier: id, [type === 'Element' ? 'elementRef' : 'conceptRef']: conceptId, xpathPart }),
      typed(type),
      ...given({ x: String(x), y: String(y), w: String(width), h: String(height) }),
    ],
    [...shownParts(node), ...node.nodes.map(nodeTree)],
  );
}

function shownParts({
  labels,
  documentation,
  style,
  viewIds,
}: Pick<ViewNode, 'labels' | 'documentation' | 'style' | 'viewIds'>): readonly XmlElement[] {
  return [
    ...textTrees('label', labels),
    ...textTrees('documentation', documentation),
    ...(style === null ? [] : [style]),
    ...viewIds.map((ref) => tag('viewRef', given({ ref }))),
  ];
}

function connectionTree(connection: ViewConnection): XmlElement {
  const { id, type, relationshipId, sourceId, targetId } = connection;
  return tag(
    'connection',
    [
      ...given({ identifier: id, relationshipRef: relationshipId }),
      typed(type),
      ...given({ source: sourceId, target: targetId }),
    ],
    [
      ...shownParts(connection),
      ...pointTrees('sourceAttachment', connection.sourceAttachment),
      ...connection.bendpoints.flatMap((point) => pointTrees('bendpoint', point)),
      ...pointTrees('targetAttachment', connection.targetAttachment),
    ],
  );
}

function pointTrees(name: string, point: Point | null): readonly XmlElement[] {
  return point === null ? [] : [tag(name, given({ x: String(point.x), y: String(point.y) }))];
}
