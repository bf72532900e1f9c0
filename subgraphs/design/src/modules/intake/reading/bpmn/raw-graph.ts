/** All nodes of a diagram and what follows what: sub-processes opened, and only gateways with several ways. */
import type { BoundaryNode, Diagram, DiagramNode, GatewayNode } from './diagram.ts';
import { wordsOf } from './event-words.ts';

export interface RawEdge {
  readonly targetId: string;
  readonly condition: string | null;
  readonly isDefault: boolean;
}

export interface RawGraph {
  readonly nodes: ReadonlyMap<string, DiagramNode>;
  /** By source; a sub-process is left from its own id, and entered at `entryOf` it. */
  readonly edges: ReadonlyMap<string, readonly RawEdge[]>;
  readonly sourcesOf: ReadonlyMap<string, readonly string[]>;
}

export const entryOf = (scopeId: string): string => `${scopeId} entry`;

export function toRawGraph({ nodes: list, flows }: Diagram): RawGraph {
  const nodes = new Map(list.map((node) => [node.id, node]));
  const edges = new Map<string, RawEdge[]>();
  for (const { id, sourceId, targetId, condition } of flows) {
    const source = nodes.get(sourceId);
    const target = nodes.get(targetId);
    if (source === undefined || target === undefined) continue;
    const isDefault = 'defaultFlowId' in source && source.defaultFlowId === id;
    const edge = { targetId: target.type === 'SCOPE' ? entryOf(targetId) : targetId, condition, isDefault };
    addTo(edges, sourceId, edge);
  }
  connectScopes(nodes, edges, new Set(flows.map(({ targetId }) => targetId)));
  splitWays(nodes, edges);
  const sourcesOf = new Map<string, string[]>();
  for (const [sourceId, outgoing] of edges) {
    for (const { targetId } of outgoing) addTo(sourcesOf, targetId, sourceId);
  }
  return { nodes, edges, sourcesOf };
}

function addTo<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

const plainTo = (targetId: string): RawEdge => ({ targetId, condition: null, isDefault: false });

/** A flow into a sub-process goes on at its start; where nothing follows inside, the sub-process is left. */
function connectScopes(
  nodes: ReadonlyMap<string, DiagramNode>,
  edges: Map<string, RawEdge[]>,
  entered: ReadonlySet<string>,
): void {
  for (const node of nodes.values()) {
    const scope = node.parentId === null ? undefined : nodes.get(node.parentId);
    if (scope?.type !== 'SCOPE' || scope.isEventScope) continue;
    if (node.type === 'BOUNDARY' || (node.type === 'SCOPE' && node.isEventScope)) continue;
    const targetId = node.type === 'SCOPE' ? entryOf(node.id) : node.id;
    if (!entered.has(node.id)) addTo(edges, entryOf(scope.id), plainTo(targetId));
    if (!edges.has(node.id)) addTo(edges, node.id, plainTo(scope.id));
  }
}

/** What has several ways out, or events at its border, gets a gateway behind it that says so. */
function splitWays(nodes: Map<string, DiagramNode>, edges: Map<string, RawEdge[]>): void {
  const boundaries = [...nodes.values()].filter((node) => node.type === 'BOUNDARY');
  const handled = Map.groupBy(
    boundaries.filter(({ id }) => edges.has(id)),
    ({ attachedTo }) => attachedTo,
  );
  for (const id of new Set([...edges.keys(), ...handled.keys()])) {
    if (nodes.get(id)?.type === 'GATEWAY') continue;
    const outgoing = edges.get(id) ?? [];
    const split = splitOf(outgoing);
    if (split !== null) putBehind({ nodes, edges }, { id, suffix: 'split', kind: split, outgoing });
    const events = handled.get(id);
    if (events)
      putBehind({ nodes, edges }, { id, suffix: 'events', kind: 'XOR', outgoing: watch(edges, id, events) });
  }
}

function splitOf(outgoing: readonly RawEdge[]): GatewayNode['kind'] | null {
  const isConditional = outgoing.some(({ condition }) => condition !== null);
  if (outgoing.length > 1) return isConditional ? 'OR' : 'AND';
  return isConditional ? 'XOR' : null;
}

function watch(
  edges: ReadonlyMap<string, readonly RawEdge[]>,
  id: string,
  events: readonly BoundaryNode[],
): RawEdge[] {
  const usual = edges.get(id) ?? [plainTo(`${id} over`)];
  return [
    ...usual.map((edge) => ({ ...edge, isDefault: true })),
    ...events.map((event) => ({ targetId: event.id, condition: wordsOf(event), isDefault: false })),
  ];
}

interface Behind {
  readonly id: string;
  readonly suffix: string;
  readonly kind: GatewayNode['kind'];
  readonly outgoing: RawEdge[];
}

function putBehind(
  { nodes, edges }: { nodes: Map<string, DiagramNode>; edges: Map<string, RawEdge[]> },
  { id, suffix, kind, outgoing }: Behind,
): void {
  const gatewayId = `${id} ${suffix}`;
  nodes.set(gatewayId, {
    type: 'GATEWAY',
    id: gatewayId,
    kind,
    name: '',
    documentation: '',
    actor: null,
    parentId: nodes.get(id)?.parentId ?? null,
    isEventBased: false,
    defaultFlowId: null,
  });
  edges.set(gatewayId, outgoing);
  edges.set(id, [plainTo(gatewayId)]);
}
