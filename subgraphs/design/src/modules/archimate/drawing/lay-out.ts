/**
 * Places the elements of a view by ELK's layered layout, from the inside out: what lies in an element or stands in a group
 * is laid out by itself, and is one box in what it lies in. A layout of everything at once takes minutes where roles and
 * information are used throughout a long process. The same view gets the same places.
 */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import elkModule from 'elkjs/lib/elk.bundled.js';
import { nameOf } from '../language/archimate-model.ts';
import type { ArchimateElement, Point } from '../language/archimate-model.ts';
import { isJunction } from '../language/concepts.ts';
import type { Arrangement, ViewContent } from './choose-views.ts';

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  /** By the ids of elements, from the corner of the view. */
  readonly boxes: ReadonlyMap<string, Box>;
  /** By the ids of relationships: from the one end over all bends to the other. Those between boxes of boxes are straight. */
  readonly lines: ReadonlyMap<string, readonly Point[]>;
}

const NODE_WIDTH = 140;
const LINE_HEIGHT = 15;
const LINE_LENGTH = 20;
const MAX_LINES = 6;
const JUNCTION_SIZE = 15;
const MARGIN = 20;

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.randomSeed': '1',
  'elk.layered.thoroughness': '3',
  'elk.aspectRatio': '1.6',
  'elk.spacing.nodeNode': '30',
  'elk.layered.spacing.nodeNodeBetweenLayers': '50',
  'elk.spacing.edgeNode': '15',
  'elk.layered.spacing.edgeNodeBetweenLayers': '15',
} as const;

const ARRANGEMENTS: Readonly<Record<Arrangement, Readonly<Record<string, string>>>> = {
  FLOW: { 'elk.direction': 'RIGHT', 'elk.layered.wrapping.strategy': 'MULTI_EDGE' },
  DOWN: { 'elk.direction': 'DOWN' },
  ROW: { 'elk.direction': 'DOWN', 'elk.aspectRatio': '8' },
};

/** Something that has a place in what it lies in. */
interface Area {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly row: number | null;
  /** From the corner of the area, where they are known. */
  readonly boxes: ReadonlyMap<string, Box>;
  readonly lines: ReadonlyMap<string, readonly Point[]>;
}

export async function layOut(view: ViewContent): Promise<Layout> {
  const { boxes, lines } = await new ViewLayout(view).area(null);
  return { boxes, lines };
}

class ViewLayout {
  readonly #view: ViewContent;
  readonly #elk = new elkModule.default();
  readonly #children: ReadonlyMap<string | null, readonly string[]>;
  readonly #parents: ReadonlyMap<string, string | null>;
  readonly #elements: ReadonlyMap<string, ArchimateElement>;

  constructor(view: ViewContent) {
    this.#view = view;
    this.#elements = new Map(view.elements.map((element) => [element.id, element]));
    this.#parents = new Map([
      ...view.groups.map(({ id, parentId }) => [id, parentId] as const),
      ...view.elements.map(({ id }) => [id, view.parents.get(id) ?? null] as const),
    ]);
    this.#children = Map.groupBy(this.#parents.keys(), (id) => this.#parents.get(id) ?? null);
  }

  /** Lays out what lies in an element or a group; null is the view itself. */
  async area(id: string | null): Promise<Area> {
    const areas = [];
    for (const child of this.#children.get(id) ?? []) {
      const area = await this.#areaOf(child);
      if (area !== null) areas.push(area);
    }
    const arrangement = this.#arrangementOf(id);
    const hasRows = areas.some(({ row }) => row !== null);
    const root = await this.#elk.layout({
      id: 'root',
      layoutOptions: {
        ...OPTIONS,
        ...ARRANGEMENTS[arrangement],
        'elk.padding': this.#paddingOf(id),
        'elk.partitioning.activate': String(hasRows),
      },
      children: areas.map(toNode),
      edges: this.#edgesIn(areas),
    });
    return merge({ id: id ?? 'root', root, areas, row: null });
  }

  async #areaOf(id: string): Promise<Area | null> {
    const element = this.#elements.get(id);
    const hasChildren = this.#children.has(id);
    if (element !== undefined && !hasChildren) {
      return { id, ...sizeOf(element), row: null, boxes: new Map(), lines: new Map() };
    }
    if (!hasChildren) return null;
    const row = this.#view.groups.find((group) => group.id === id)?.row ?? null;
    return { ...(await this.area(id)), row };
  }

  #arrangementOf(id: string | null): Arrangement {
    const group = this.#view.groups.find((one) => one.id === id);
    if (group !== undefined) return group.arrangement;
    const element = id === null ? undefined : this.#elements.get(id);
    return element?.type === 'BusinessProcess' ? 'FLOW' : 'DOWN';
  }

  /** Above what lies in an element there is room for its name. */
  #paddingOf(id: string | null): string {
    if (id !== null && !this.#elements.has(id)) return '[top=0,left=0,bottom=0,right=0]';
    return `[top=${id === null ? MARGIN : 2 * MARGIN},left=${MARGIN},bottom=${MARGIN},right=${MARGIN}]`;
  }

  /** Relationships between what lies here; those of what lies deeper stand for one between their boxes. */
  #edgesIn(areas: readonly Area[]): ElkExtendedEdge[] {
    const here = new Set(areas.map((area) => area.id));
    const boxOf = (elementId: string): string | null => {
      let at: string | null = elementId;
      while (at !== null && !here.has(at)) at = this.#parents.get(at) ?? null;
      return at;
    };
    const edges: ElkExtendedEdge[] = [];
    const lifted = new Set<string>();
    for (const relationship of this.#view.relationships) {
      const source = boxOf(relationship.sourceId);
      const target = boxOf(relationship.targetId);
      if (source === null || target === null || source === target) continue;
      const isDirect = source === relationship.sourceId && target === relationship.targetId;
      const key = `between ${source} ${target}`;
      if (!isDirect && lifted.has(key)) continue;
      if (!isDirect) lifted.add(key);
      edges.push({ id: isDirect ? relationship.id : key, sources: [source], targets: [target] });
    }
    return edges;
  }
}

function toNode({ id, width, height, row }: Area): ElkNode {
  const layoutOptions = row === null ? {} : { 'elk.partitioning.partition': String(row) };
  return { id, width, height, layoutOptions };
}

/** High enough for the name. */
function sizeOf(element: ArchimateElement): { width: number; height: number } {
  if (isJunction(element.type)) return { width: JUNCTION_SIZE, height: JUNCTION_SIZE };
  const lines = Math.min(MAX_LINES, Math.ceil(nameOf(element).length / LINE_LENGTH));
  return { width: NODE_WIDTH, height: Math.max(55, 25 + lines * LINE_HEIGHT) };
}

interface LaidOut {
  readonly id: string;
  readonly root: ElkNode;
  readonly areas: readonly Area[];
  readonly row: number | null;
}

/** Moves what was laid out inside to where its box came to stand. */
function merge({ id, root, areas, row }: LaidOut): Area {
  const places = new Map((root.children ?? []).map((child) => [child.id, child]));
  const boxes = new Map<string, Box>();
  const lines = new Map<string, readonly Point[]>();
  for (const area of areas) {
    const { x = 0, y = 0 } = places.get(area.id) ?? {};
    const corner = { x: Math.round(x), y: Math.round(y) };
    boxes.set(area.id, { ...corner, width: area.width, height: area.height });
    for (const [inner, box] of area.boxes) boxes.set(inner, { ...box, ...moved(box, corner) });
    for (const [line, points] of area.lines) {
      lines.set(
        line,
        points.map((point) => moved(point, corner)),
      );
    }
  }
  for (const { id: line, sections = [] } of root.edges ?? []) {
    const [section] = sections;
    if (section === undefined || line.startsWith('between ')) continue;
    const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
    lines.set(line, points.map(rounded));
  }
  const width = Math.max(1, Math.ceil(root.width ?? 1));
  return { id, row, width, height: Math.max(1, Math.ceil(root.height ?? 1)), boxes, lines };
}

const moved = (point: Point, by: Point): Point => ({ x: point.x + by.x, y: point.y + by.y });

const rounded = ({ x, y }: Point): Point => ({
  x: Math.max(0, Math.round(x)),
  y: Math.max(0, Math.round(y)),
});
