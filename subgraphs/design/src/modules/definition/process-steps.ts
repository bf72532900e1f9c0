/** The process as a numbered list: who does each step, and where it goes from there. */
import type {
  ProcessActivity,
  ProcessFlow,
  ProcessGateway,
  ProcessModel,
  Span,
} from '../process-model/process-model.ts';
import { isInText } from './activities.ts';

export { activityTitle, findActor, isHumanDecision, isPerson, startsProcess } from './activities.ts';
export { performerOf } from './automation-cut.ts';

export type ProcessNode =
  | { readonly type: 'ACTIVITY'; readonly activity: ProcessActivity }
  | { readonly type: 'GATEWAY'; readonly gateway: ProcessGateway };

export interface Branch {
  readonly condition: string | null;
  /** Number of the step it leads to; null when nothing follows. */
  readonly step: number | null;
}

export type ProcessStep = ProcessNode & {
  readonly number: number;
  readonly branches: readonly Branch[];
};

export function nodeId(node: ProcessNode): string {
  return node.type === 'ACTIVITY' ? node.activity.id : node.gateway.id;
}

const stepsOf = new WeakMap<ProcessModel, readonly ProcessStep[]>();

/** Steps in the order of the flows; what the flows leave open (and cycles) in the order of the text. Counted once per model. */
export function toSteps(model: ProcessModel): readonly ProcessStep[] {
  const steps = stepsOf.get(model) ?? countSteps(model);
  stepsOf.set(model, steps);
  return steps;
}

function countSteps(model: ProcessModel): readonly ProcessStep[] {
  const outgoing = Map.groupBy(model.flows, (flow) => flow.sourceId);
  const nodes = orderNodes(model, outgoing).filter((node) => !isPassThrough(node, outgoing));
  const numbers = new Map<string, number | null>(nodes.map((node, index) => [nodeId(node), index + 1]));
  return nodes.map((node, index) => ({
    ...node,
    number: index + 1,
    branches: branchesOf(node, outgoing, numbers),
  }));
}

/** Flows by where they come from: a text of 50,000 characters has thousands, too many to look through for each step. */
type Outgoing = ReadonlyMap<string, readonly ProcessFlow[]>;

function branchesOf(
  node: ProcessNode,
  outgoing: Outgoing,
  numbers: Map<string, number | null>,
): readonly Branch[] {
  const flows = outgoing.get(nodeId(node)) ?? [];
  const spare =
    node.type === 'GATEWAY' && node.gateway.conditions.length === flows.length ? node.gateway.conditions : [];
  return flows.map((flow, index) => ({
    condition: flow.condition ?? spare[index] ?? null,
    step: resolveStep(flow.targetId, outgoing, numbers),
  }));
}

/** Joins have no number of their own: what leads to one leads to what follows it. Each is followed once. */
function resolveStep(
  targetId: string,
  outgoing: Outgoing,
  numbers: Map<string, number | null>,
): number | null {
  const seen = new Set<string>();
  let id: string | undefined = targetId;
  while (id !== undefined && !seen.has(id) && !numbers.has(id)) {
    seen.add(id);
    id = outgoing.get(id)?.[0]?.targetId;
  }
  const number = (id === undefined ? null : numbers.get(id)) ?? null;
  for (const join of seen) numbers.set(join, number);
  return number;
}

function isPassThrough(node: ProcessNode, outgoing: Outgoing): boolean {
  if (node.type === 'ACTIVITY') return false;
  const flows = outgoing.get(node.gateway.id) ?? [];
  return (
    flows.length <= 1 &&
    flows.every((flow) => flow.condition === null) &&
    node.gateway.conditions.length === 0
  );
}

interface PlacedNode {
  readonly node: ProcessNode;
  /** In the order of the text. */
  readonly place: number;
  /** Flows to it whose source is not in order yet. */
  waiting: number;
  isOrdered: boolean;
}

/** Next comes the earliest of the text that nothing leads to any more; in a cycle, the earliest that is left. */
export function orderNodes(
  model: ProcessModel,
  outgoing: Outgoing = Map.groupBy(model.flows, (flow) => flow.sourceId),
): readonly ProcessNode[] {
  const placed = nodesInTextOrder(model).map((node, place): PlacedNode => ({
    node,
    place,
    waiting: 0,
    isOrdered: false,
  }));
  const byId = new Map(placed.map((entry) => [nodeId(entry.node), entry]));
  const targetsOf = ({ node }: PlacedNode): readonly PlacedNode[] =>
    (outgoing.get(nodeId(node)) ?? []).flatMap(({ targetId }) => byId.get(targetId) ?? []);
  for (const target of placed.flatMap(targetsOf)) target.waiting += 1;

  const free = placed.filter(({ waiting }) => waiting === 0);
  const left = placed.values();
  const ordered: ProcessNode[] = [];
  while (ordered.length < placed.length) {
    const next = free.shift() ?? left.find(({ isOrdered }) => !isOrdered);
    if (next === undefined) break;
    next.isOrdered = true;
    ordered.push(next.node);
    for (const target of targetsOf(next)) {
      target.waiting -= 1;
      if (target.waiting > 0 || target.isOrdered) continue;
      free.splice(free.findLastIndex(({ place }) => place < target.place) + 1, 0, target);
    }
  }
  return ordered;
}

function nodesInTextOrder(model: ProcessModel): ProcessNode[] {
  const placed = [
    ...model.activities.map((activity) => ({
      start: placeOf(activity.span),
      node: { type: 'ACTIVITY', activity } as const,
    })),
    ...model.gateways.map((gateway) => ({
      start: placeOf(gateway.span),
      node: { type: 'GATEWAY', gateway } as const,
    })),
  ];
  return placed.toSorted((left, right) => left.start - right.start).map(({ node }) => node);
}

/** What a person added stands nowhere in the text: after everything, but for what the flows say. */
function placeOf(span: Span): number {
  return isInText(span) ? span.start : Number.MAX_SAFE_INTEGER;
}

/** What is looked up for each activity of a model, found once: a model may have thousands, in chains made to take long. */
interface Following {
  readonly outgoing: Outgoing;
  readonly gatewayIds: ReadonlySet<string>;
  readonly places: ReadonlyMap<string, number>;
}

const following = new WeakMap<ProcessModel, Following>();

function followingOf(model: ProcessModel): Following {
  const known = following.get(model) ?? {
    outgoing: Map.groupBy(model.flows, ({ sourceId }) => sourceId),
    gatewayIds: new Set(model.gateways.map(({ id }) => id)),
    places: new Map(model.activities.map(({ id }, index) => [id, index])),
  };
  following.set(model, known);
  return known;
}

/** Activities that come right after `activity`, through gateways but no further activity. */
export function nextActivities(model: ProcessModel, activity: ProcessActivity): readonly ProcessActivity[] {
  const { outgoing, gatewayIds, places } = followingOf(model);
  const seen = new Set<string>([activity.id]);
  // A set is walked in the order in which things were added, also while it grows.
  for (const id of seen) {
    if (id !== activity.id && !gatewayIds.has(id)) continue;
    for (const { targetId } of outgoing.get(id) ?? []) seen.add(targetId);
  }
  seen.delete(activity.id);
  return [...seen]
    .flatMap((id) => (gatewayIds.has(id) ? [] : (places.get(id) ?? [])))
    .toSorted((left, right) => left - right)
    .flatMap((place) => model.activities[place] ?? []);
}
