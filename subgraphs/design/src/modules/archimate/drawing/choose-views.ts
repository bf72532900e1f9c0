/** Which elements and relationships each view shows, what lies in what, and what stands together. */
import type { ArchimateElement, ArchimateRelationship } from '../language/archimate-model.ts';
import { isJunction, layerOf } from '../language/concepts.ts';
import type { ElementType, Layer } from '../language/concepts.ts';
import type { RelationshipType } from '../language/relationship-types.ts';
import type { Graph } from './graph.ts';

/** Elements that stand together without lying in another element; groups lie in groups. */
export interface ViewGroup {
  readonly id: string;
  readonly parentId: string | null;
  /** Groups stand below each other in this order. */
  readonly row: number;
  readonly arrangement: Arrangement;
}

/** FLOW runs from left to right and is wrapped like text; DOWN has what depends on something below it; ROW is wide. */
export type Arrangement = 'FLOW' | 'DOWN' | 'ROW';

export interface ViewContent {
  /** Makes the id: `process`. */
  readonly key: string;
  readonly name: string;
  /** One of the viewpoints of the language. */
  readonly viewpoint: string;
  readonly elements: readonly ArchimateElement[];
  readonly relationships: readonly ArchimateRelationship[];
  readonly groups: readonly ViewGroup[];
  /** Id of the element or of the group in which an element lies. */
  readonly parents: ReadonlyMap<string, string>;
}

/** Relationships that are shown as lying in each other. */
const NESTING: ReadonlySet<RelationshipType> = new Set(['Aggregation', 'Assignment', 'Composition']);

/** Only views that show something: an agent by itself has no process. */
export function chooseViews(graph: Graph): readonly ViewContent[] {
  const hasProcess = graph.elements.some(({ type }) => type === 'BusinessProcess');
  const views = [applicationView(graph), rulesView(graph), wholeView(graph)];
  return [...(hasProcess ? [processView(graph)] : []), ...views].filter(
    ({ elements }) => elements.length > 0,
  );
}

const PEOPLE = { id: 'group-people', arrangement: 'ROW', parentId: null, row: 0 } as const;
const FLOW = { id: 'group-flow', parentId: null, row: 1, arrangement: 'FLOW' } as const;
const OBJECTS = { id: 'group-objects', arrangement: 'ROW', parentId: null, row: 2 } as const;
const WORK = { id: 'group-work', arrangement: 'ROW', parentId: null, row: 3 } as const;

const PROCESS_GROUPS: Partial<Readonly<Record<ElementType, ViewGroup>>> = {
  BusinessActor: PEOPLE,
  BusinessRole: PEOPLE,
  BusinessEvent: PEOPLE,
  BusinessProcess: FLOW,
  BusinessObject: OBJECTS,
  ApplicationProcess: WORK,
};

function processView(graph: Graph): ViewContent {
  const realizing = new Set(
    graph.relationships.flatMap(({ type, sourceId }) => (type === 'Realization' ? [sourceId] : [])),
  );
  const elements = graph.elements.filter(
    ({ id, type }) =>
      isJunction(type) || (type in PROCESS_GROUPS && (type !== 'ApplicationProcess' || realizing.has(id))),
  );
  const inner = nest(graph, elements, new Set(['Composition']));
  const parents = new Map(inner.parents);
  for (const { id, type } of elements) {
    const group = PROCESS_GROUPS[type];
    if (group !== undefined && !parents.has(id)) parents.set(id, group.id);
  }
  return {
    key: 'process',
    name: 'Process',
    viewpoint: 'Business Process Cooperation',
    elements,
    relationships: inner.relationships,
    groups: [PEOPLE, FLOW, OBJECTS, WORK],
    parents,
  };
}

function applicationView(graph: Graph): ViewContent {
  const elements = graph.elements.filter(({ type }) => layerOf(type) === 'Application');
  return {
    key: 'application',
    name: 'Application cooperation',
    viewpoint: 'Application Cooperation',
    elements,
    groups: [],
    ...nest(graph, elements, NESTING),
  };
}

/** What agents must keep, and what they run on. */
function rulesView(graph: Graph): ViewContent {
  const framing = new Set(
    graph.elements.flatMap(({ id, type }) =>
      layerOf(type) === 'Motivation' || layerOf(type) === 'Technology' ? [id] : [],
    ),
  );
  const near = new Set(
    graph.relationships.flatMap(({ sourceId, targetId }) =>
      framing.has(sourceId) || framing.has(targetId) ? [sourceId, targetId] : [],
    ),
  );
  const elements = graph.elements.filter(({ id }) => near.has(id));
  return {
    key: 'rules',
    name: 'Requirements and technology',
    viewpoint: 'Requirements Realization',
    elements,
    groups: [],
    ...nest(graph, elements, new Set()),
  };
}

const BANDS: readonly { readonly layer: Layer; readonly id: string }[] = [
  { layer: 'Motivation', id: 'group-motivation' },
  { layer: 'Business', id: 'group-business' },
  { layer: 'Application', id: 'group-application' },
  { layer: 'Technology', id: 'group-technology' },
];

/** Everything, in a band for each layer; nothing lies in anything, so that every relationship shows. */
function wholeView(graph: Graph): ViewContent {
  const bands = BANDS.map(({ id }, row): ViewGroup => ({ id, parentId: null, row, arrangement: 'DOWN' }));
  const inner = [PEOPLE, FLOW, OBJECTS].map((group) => ({ ...group, parentId: 'group-business' }));
  // The process itself is joined to all of its activities: among them it would stretch every one of these lines.
  const composing = new Set(
    graph.relationships.flatMap(({ type, sourceId }) => (type === 'Composition' ? [sourceId] : [])),
  );
  const parents = new Map(
    graph.elements.map(({ id, type }) => {
      const layer = layerOf(type);
      const band = BANDS.find((one) => one.layer === layer)?.id ?? 'group-business';
      if (isJunction(type)) return [id, FLOW.id];
      if (layer !== 'Business') return [id, band];
      return [id, (composing.has(id) ? PEOPLE : PROCESS_GROUPS[type])?.id ?? band];
    }),
  );
  const { elements, relationships } = graph;
  const groups = [...bands, ...inner];
  return { key: 'whole', name: 'Whole', viewpoint: 'Layered', elements, relationships, groups, parents };
}

/** Lets elements lie in each other where a relationship of these types joins them; it is not drawn as a line then. */
function nest(
  graph: Graph,
  elements: readonly ArchimateElement[],
  nesting: ReadonlySet<RelationshipType>,
): Pick<ViewContent, 'relationships' | 'parents'> {
  const types = new Map(elements.map(({ id, type }) => [id, type]));
  const shown = graph.relationships.filter(
    ({ sourceId, targetId }) => types.has(sourceId) && types.has(targetId),
  );
  const parents = new Map<string, string>();
  for (const { type, sourceId, targetId } of shown) {
    // A service lies in no interface: its place is beside what realizes it.
    const isInner = nesting.has(type) && types.get(targetId) !== 'ApplicationService';
    if (!isInner || parents.has(targetId) || isWithin(sourceId, targetId, parents)) continue;
    parents.set(targetId, sourceId);
  }
  placeJunctions(types, shown, parents);
  return {
    relationships: shown.filter(({ sourceId, targetId }) => parents.get(targetId) !== sourceId),
    parents,
  };
}

/** Whether the element lies in the other, at whatever depth. */
function isWithin(id: string, outer: string, parents: ReadonlyMap<string, string>): boolean {
  for (let at: string | undefined = id; at !== undefined; at = parents.get(at)) if (at === outer) return true;
  return false;
}

/** A junction lies where what it joins lies; so does one that is joined to another junction. */
function placeJunctions(
  types: ReadonlyMap<string, ElementType>,
  relationships: readonly ArchimateRelationship[],
  parents: Map<string, string>,
): void {
  const isOpen = (id: string): boolean => {
    const type = types.get(id);
    return type !== undefined && isJunction(type) && !parents.has(id);
  };
  const ends = relationships.flatMap(({ sourceId, targetId }) => [
    { id: sourceId, otherId: targetId },
    { id: targetId, otherId: sourceId },
  ]);
  for (let isChanged = true; isChanged;) {
    const placed = ends.filter(({ id, otherId }) => isOpen(id) && parents.has(otherId));
    for (const { id, otherId } of placed) parents.set(id, parents.get(otherId) ?? id);
    isChanged = placed.length > 0;
  }
}
