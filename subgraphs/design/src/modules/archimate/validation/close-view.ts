/** A view whose nodes and connections all show something. */
import { allNodes } from '../language/archimate-model.ts';
import type { ArchimateView, Point, ViewConnection, ViewNode } from '../language/archimate-model.ts';
import type { FindingList } from './finding-list.ts';

export interface KnownIds {
  readonly elementIds: ReadonlySet<string>;
  readonly relationshipIds: ReadonlySet<string>;
  readonly viewIds: ReadonlySet<string>;
  readonly viewpointIds: ReadonlySet<string>;
}

interface Closing {
  readonly view: ArchimateView;
  readonly known: KnownIds;
  readonly findings: FindingList;
}

export function closeView(view: ArchimateView, known: KnownIds, findings: FindingList): ArchimateView {
  const closing = { view, known, findings };
  const nodes = view.nodes.map((node) => closeNode(node, closing));
  const isKnownViewpoint = view.viewpointId === null || known.viewpointIds.has(view.viewpointId);
  if (!isKnownViewpoint)
    tell(closing, `the viewpoint "${short(view.viewpointId)}"`, 'The viewpoint was left out.');
  return inFirstQuadrant({
    ...view,
    viewpointId: isKnownViewpoint ? view.viewpointId : null,
    nodes,
    connections: closeConnections(nodes, closing),
  });
}

function closeNode(node: ViewNode, closing: Closing): ViewNode {
  const { known } = closing;
  const closed = {
    ...node,
    viewIds: node.viewIds.filter((id) => known.viewIds.has(id)),
    nodes: node.nodes.map((inner) => closeNode(inner, closing)),
  };
  if (closed.viewIds.length < node.viewIds.length)
    tell(closing, 'another view', 'The link to it was left out.');
  const isConcept =
    node.conceptId !== null &&
    (known.elementIds.has(node.conceptId) ||
      (node.type !== 'Element' && known.relationshipIds.has(node.conceptId)));
  if (node.type === 'Element' && !isConcept) {
    const name =
      node.conceptId === null ? 'an element that it does not name' : `the element "${short(node.conceptId)}"`;
    tell(closing, name, 'The node is kept as a group of that name.');
    const labels = node.labels.length > 0 ? node.labels : [{ language: null, text: node.conceptId ?? '' }];
    return { ...closed, type: 'Container', conceptId: null, labels };
  }
  if (node.type === 'Container' || (node.conceptId !== null && !isConcept))
    return { ...closed, conceptId: null };
  return closed;
}

/** A connection may begin or end at another one; those whose ends are gone go too, until nothing dangles. */
function closeConnections(nodes: readonly ViewNode[], closing: Closing): readonly ViewConnection[] {
  const ids = new Set(allNodes(nodes).map(({ id }) => id));
  for (const { id } of closing.view.connections) ids.add(id);
  let connections = closing.view.connections.map((connection) => closeConnection(connection, closing));
  for (;;) {
    const dangling = connections.filter((connection) => !hasEnds(connection, ids));
    if (dangling.length === 0) return connections;
    connections = connections.filter((connection) => hasEnds(connection, ids));
    for (const { id } of dangling) {
      ids.delete(id);
      tell(closing, `the ends of the connection "${short(id)}"`, 'The connection was left out.');
    }
  }
}

/** Only a line may end in the open. */
function hasEnds({ type, sourceId, targetId }: ViewConnection, ids: ReadonlySet<string>): boolean {
  const isEnd = (id: string | null): boolean => (id === null ? type === 'Line' : ids.has(id));
  return isEnd(sourceId) && isEnd(targetId);
}

function closeConnection(connection: ViewConnection, closing: Closing): ViewConnection {
  const { relationshipId } = connection;
  const viewIds = connection.viewIds.filter((id) => closing.known.viewIds.has(id));
  if (relationshipId === null || closing.known.relationshipIds.has(relationshipId))
    return { ...connection, viewIds };
  tell(closing, `the relationship "${short(relationshipId)}"`, 'The connection is kept as a line.');
  return { ...connection, viewIds, type: 'Line', relationshipId: null };
}

/** The format knows no negative coordinates: a view that has some is moved as a whole. */
function inFirstQuadrant(view: ArchimateView): ArchimateView {
  const nodes = allNodes(view.nodes);
  const points = view.connections.flatMap(pointsOf);
  const left = [...nodes, ...points].reduce((least, point) => Math.min(least, point.x), 0);
  const top = [...nodes, ...points].reduce((least, point) => Math.min(least, point.y), 0);
  const x = -left;
  const y = -top;
  if (left === 0 && top === 0) return view;
  const move = <Placed extends Point>(placed: Placed): Placed => ({
    ...placed,
    x: placed.x + x,
    y: placed.y + y,
  });
  const moveNode = (node: ViewNode): ViewNode => ({ ...move(node), nodes: node.nodes.map(moveNode) });
  return {
    ...view,
    nodes: view.nodes.map(moveNode),
    connections: view.connections.map((connection) => ({
      ...connection,
      sourceAttachment: connection.sourceAttachment && move(connection.sourceAttachment),
      bendpoints: connection.bendpoints.map(move),
      targetAttachment: connection.targetAttachment && move(connection.targetAttachment),
    })),
  };
}

function pointsOf({ sourceAttachment, bendpoints, targetAttachment }: ViewConnection): readonly Point[] {
  return [sourceAttachment, ...bendpoints, targetAttachment].filter((point) => point !== null);
}

const short = (id: string | null): string => (id ?? '').slice(0, 100);

function tell({ view, findings }: Closing, what: string, mend: string): void {
  findings.add({
    severity: 'WARNING',
    code: 'VIEW_REFERENCE',
    elementId: view.id,
    elementName: view.names[0]?.text ?? null,
    rule: 'What a view shows is in the model.',
    message: `The view shows ${what}, which is not there.`,
    mend,
  });
}
