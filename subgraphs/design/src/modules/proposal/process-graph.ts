/** The process as something to walk through: what can follow each activity and gateway. */
import { orderNodes, nodeId } from '../definition/process-steps.ts';
import type { ProcessNode } from '../definition/process-steps.ts';
import type { ProcessEnd, ProcessFlow, ProcessModel } from '../process-model/process-model.ts';

/** One thing that can happen after a node. */
export interface WayOn {
  readonly key: string;
  /** What must hold; empty when nothing is said. */
  readonly given: readonly string[];
  readonly flows: readonly ProcessFlow[];
  /** The process is over on this way. */
  readonly end: string | null;
}

export interface ProcessGraph {
  readonly nodes: ReadonlyMap<string, ProcessNode>;
  /** Where the process can begin. */
  readonly entries: readonly string[];
  /** Ways that exclude each other; one at most where there is no choice. */
  readonly waysOn: (id: string) => readonly WayOn[];
  /** Everything that forward flows lead to, `id` included, the nearest first. */
  readonly reach: (id: string) => ReadonlySet<string>;
}

export function createGraph(model: ProcessModel): ProcessGraph {
  const ordered = orderNodes(model);
  const nodes = new Map(ordered.map((node) => [nodeId(node), node]));
  const places = new Map(ordered.map((node, index) => [nodeId(node), index]));
  const flows = model.flows.filter(({ sourceId, targetId }) => nodes.has(sourceId) && nodes.has(targetId));
  const placeOf = (id: string): number => places.get(id) ?? 0;
  const forward = flows.filter((flow) => !flow.isBack && placeOf(flow.targetId) > placeOf(flow.sourceId));
  const outgoing = Map.groupBy(flows, ({ sourceId }) => sourceId);
  const ahead = Map.groupBy(forward, ({ sourceId }) => sourceId);
  const entered = new Set(forward.map(({ targetId }) => targetId));
  const ends = Map.groupBy(model.ends, ({ sourceId }) => sourceId ?? '');
  const ways = new Map<string, readonly WayOn[]>();
  const reached = new Map<string, ReadonlySet<string>>();
  return {
    nodes,
    entries: [...nodes.keys()].filter((id) => !entered.has(id)),
    waysOn: (id) =>
      remember(ways, id, () => waysOn(nodes.get(id), outgoing.get(id) ?? [], ends.get(id) ?? [])),
    reach: (id) => remember(reached, id, () => reachFrom(id, ahead)),
  };
}

function remember<Value>(known: Map<string, Value>, id: string, find: () => Value): Value {
  const value = known.get(id) ?? find();
  known.set(id, value);
  return value;
}

function reachFrom(id: string, ahead: ReadonlyMap<string, readonly ProcessFlow[]>): ReadonlySet<string> {
  const reached = new Set([id]);
  // A set is walked in the order in which things were added, also while it grows.
  for (const source of reached) for (const { targetId } of ahead.get(source) ?? []) reached.add(targetId);
  return reached;
}

function waysOn(
  node: ProcessNode | undefined,
  flows: readonly ProcessFlow[],
  ends: readonly ProcessEnd[],
): readonly WayOn[] {
  if (node === undefined) return [];
  const id = nodeId(node);
  const together: WayOn = { key: `${id}:all`, given: [], flows, end: null };
  const hasConditions = flows.some(({ condition }) => condition !== null);
  if (node.type === 'ACTIVITY') {
    if (!hasConditions) return flows.length === 0 ? [] : [together];
    return choices(id, flows, ends);
  }
  switch (node.gateway.kind) {
    case 'AND':
      return flows.length === 0 ? [] : [together];
    case 'OR': {
      const single = choices(id, flows, ends);
      const given = single.flatMap((way) => way.given);
      return flows.length < 2 ? single : [...single, { ...together, given }];
    }
    case 'XOR':
      return choices(id, flows, ends);
    default:
      return node.gateway.kind satisfies never;
  }
}

function choices(
  id: string,
  flows: readonly ProcessFlow[],
  endings: readonly ProcessEnd[],
): readonly WayOn[] {
  const ends = endings.filter(({ condition }) => condition !== null);
  const ways = [
    ...flows.map((flow) => ({ key: flow.id, condition: flow.condition, flows: [flow], end: null })),
    ...ends.map((end) => ({ key: end.id, condition: end.condition, flows: [], end: end.description })),
  ];
  const [only] = ways;
  // Nobody says what happens when the only condition does not hold: nothing more, then.
  const isOneSided = ways.length === 1 && only !== undefined && only.condition !== null;
  const told = isOneSided ? [...ways, { key: `${id}:none`, condition: null, flows: [], end: '' }] : ways;
  const conditions = told.flatMap(({ condition }) => (isElse(condition) ? [] : [bare(condition ?? '')]));
  return told.map(({ condition, ...way }) => ({ ...way, given: givenOf(condition, conditions) }));
}

function isElse(condition: string | null): boolean {
  return (
    condition === null ||
    /^(?:or )?(?:otherwise|else|if not|in all other cases)[.,;]?$/i.test(condition.trim())
  );
}

function givenOf(condition: string | null, others: readonly string[]): readonly string[] {
  if (condition !== null && !isElse(condition)) return [bare(condition)];
  return others.map((other) => `it is not so that ${other}`);
}

function bare(condition: string): string {
  return condition
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^(?:if|when|in case|provided that)\s+/i, '')
    .replace(/[.,;:]+$/, '');
}
