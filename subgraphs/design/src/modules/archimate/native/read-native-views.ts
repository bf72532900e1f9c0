/** Views of a native file. Their places are relative to what they lie in; here they are relative to the view. */
import { readNumber } from '../exchange/read-parts.ts';
import { XSI_NAMESPACE } from '../exchange/exchange-names.ts';
import type { ArchimateView, Point, ViewConnection, ViewNode } from '../language/archimate-model.ts';
import { attributeOf, childOf, childrenOf, textOf } from '../xml/xml-element.ts';
import type { XmlElement } from '../xml/xml-element.ts';
import { toViewpoint } from './native-types.ts';
import { toStyle } from './native-style.ts';
import type { NativeReader } from './native-reader.ts';

const DEFAULT_WIDTH = 120;
const DEFAULT_HEIGHT = 55;

/** A connection before its bends are known, which are relative to the middle of both of its ends. */
interface Drawn {
  readonly element: XmlElement;
  readonly connection: ViewConnection;
}

interface Drawing {
  readonly reader: NativeReader;
  readonly drawn: Drawn[];
  readonly middles: Map<string, Point>;
}

export function readNativeView(element: XmlElement, id: string, reader: NativeReader): ArchimateView {
  const drawing: Drawing = { reader, drawn: [], middles: new Map() };
  const nodes = readChildren(element, { x: 0, y: 0 }, drawing);
  return {
    ...reader.documented(element, id),
    viewpoint: toViewpoint(attributeOf(element, 'viewpoint')),
    viewpointId: null,
    nodes,
    connections: placeConnections(drawing),
  };
}

function readChildren(parent: XmlElement, origin: Point, drawing: Drawing): readonly ViewNode[] {
  return childrenOf(parent, 'child').flatMap((child) => readChild(child, origin, drawing));
}

function readChild(child: XmlElement, origin: Point, drawing: Drawing): readonly ViewNode[] {
  const { reader } = drawing;
  const id = reader.id(child);
  if (id === null) return [];
  const bounds = childrenOf(child, 'bounds')[0];
  const place = {
    x: origin.x + (bounds === undefined ? 0 : readNumber(bounds, 'x')),
    y: origin.y + (bounds === undefined ? 0 : readNumber(bounds, 'y')),
  };
  const size = {
    width: sizeOf(bounds, 'width', DEFAULT_WIDTH),
    height: sizeOf(bounds, 'height', DEFAULT_HEIGHT),
  };
  // Whole pixels, as Archi counts them.
  const half = (length: number): number => Math.floor(length / 2);
  drawing.middles.set(id, { x: place.x + half(size.width), y: place.y + half(size.height) });
  for (const line of childrenOf(child, 'sourceConnection')) readConnection(line, drawing);
  const view = reader.reference(child, 'model');
  return [
    {
      id,
      ...contentOf(child, reader),
      xpathPart: null,
      documentation: reader.texts(child, 'documentation'),
      style: toStyle(child),
      viewIds: view === null ? [] : [view],
      ...place,
      ...size,
      nodes: readChildren(child, place, drawing),
    },
  ];
}

/** -1 stands for the tool's own size. */
function sizeOf(bounds: XmlElement | undefined, name: string, otherwise: number): number {
  const size = bounds === undefined ? otherwise : readNumber(bounds, name, otherwise);
  return size < 1 ? otherwise : size;
}

function contentOf(child: XmlElement, reader: NativeReader): Pick<ViewNode, 'type' | 'conceptId' | 'labels'> {
  const type = typeOf(child);
  const conceptId = reader.reference(child, 'archimateElement');
  if (conceptId !== null) return { type: 'Element', conceptId, labels: [] };
  const content = childOf(child, 'content');
  const text = content === null ? (attributeOf(child, 'name') ?? '') : textOf(content);
  const labels = text === '' ? [] : [{ language: null, text }];
  const isLeaf = childrenOf(child, 'child').length === 0;
  const isNote = isLeaf && (type === 'Note' || type === 'DiagramModelReference');
  return { type: isNote ? 'Label' : 'Container', conceptId: null, labels };
}

function typeOf(element: XmlElement): string {
  const type = attributeOf(element, 'type', XSI_NAMESPACE) ?? '';
  return type.slice(type.indexOf(':') + 1);
}

function readConnection(line: XmlElement, drawing: Drawing): void {
  const { reader, drawn } = drawing;
  const id = reader.id(line);
  // Connections begin at connections too.
  for (const inner of childrenOf(line, 'sourceConnection')) readConnection(inner, drawing);
  if (id === null) return;
  const relationshipId = reader.reference(line, 'archimateRelationship');
  const name = attributeOf(line, 'name') ?? '';
  const connection: ViewConnection = {
    id,
    type: relationshipId === null ? 'Line' : 'Relationship',
    relationshipId,
    labels: relationshipId !== null || name === '' ? [] : [{ language: null, text: name }],
    documentation: reader.texts(line, 'documentation'),
    style: toStyle(line),
    viewIds: [],
    sourceId: reader.reference(line, 'source'),
    targetId: reader.reference(line, 'target'),
    sourceAttachment: null,
    bendpoints: [],
    targetAttachment: null,
  };
  drawn.push({ element: line, connection });
}

function placeConnections({ drawn, middles }: Drawing): readonly ViewConnection[] {
  const middleOf = (id: string | null): Point | undefined => (id === null ? undefined : middles.get(id));
  // The middle of a connection is known once its ends are: one pass for each connection that hangs on another.
  for (let pass = 0; pass < MAX_CHAIN; pass += 1) {
    for (const { connection } of drawn) {
      const from = middleOf(connection.sourceId);
      const to = middleOf(connection.targetId);
      if (from !== undefined && to !== undefined && !middles.has(connection.id)) {
        middles.set(connection.id, { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 });
      }
    }
  }
  return drawn.map(({ element, connection }) => {
    const from = middleOf(connection.sourceId);
    const to = middleOf(connection.targetId);
    if (from === undefined || to === undefined) return connection;
    return { ...connection, bendpoints: readBends(element, from, to) };
  });
}

const MAX_CHAIN = 4;

/** Each bend is told twice, from the one end and from the other; where they disagree, the nearer end counts more. */
function readBends(element: XmlElement, from: Point, to: Point): readonly Point[] {
  const bends = childrenOf(element, 'bendpoint');
  return bends.map((bend, index) => {
    const weight = (index + 1) / (bends.length + 1);
    const between = (start: number, end: number): number => Math.trunc(start * (1 - weight) + end * weight);
    return {
      x: between(from.x + readNumber(bend, 'startX'), to.x + readNumber(bend, 'endX')),
      y: between(from.y + readNumber(bend, 'startY'), to.y + readNumber(bend, 'endY')),
    };
  });
}
