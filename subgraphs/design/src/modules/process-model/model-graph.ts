/** Activities and gateways as a graph: what follows what, what leads back, who hands over to whom. */
import type {
  ProcessActivity,
  ProcessFlow,
  ProcessGateway,
  ProcessHandoff,
  ProcessModel,
} from './process-model.ts';

type Drawn = Pick<ProcessModel, 'activities' | 'gateways' | 'flows'>;
type Edge = Pick<ProcessFlow, 'sourceId' | 'targetId'>;
type Node = ProcessActivity | ProcessGateway;

// A join of a thousand ways before a fork of a thousand would make a million hand-offs.
const MAX_HANDOFFS = 5_000;
const MAX_GATEWAYS_BETWEEN = 50;

export const targetsBySource = <Flow extends Edge>(
  flows: readonly Flow[],
): ReadonlyMap<string, readonly Flow[]> => Map.groupBy(flows, (flow) => flow.sourceId);

/** Every id that can be reached from `starts`, the starts included. */
export const reachableFrom = (starts: readonly string[], flows: readonly Edge[]): ReadonlySet<string> => {
  const outgoing = targetsBySource(flows);
  const reached = new Set(starts);
  const open = [...starts];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const { targetId } of outgoing.get(id) ?? []) {
      if (reached.has(targetId)) continue;
      reached.add(targetId);
      open.push(targetId);
    }
  }
  return reached;
};

const placeOf = (node: Node): number => (node.span.end === 0 ? Infinity : node.span.start);

/** Activities and gateways in the order of the text; what a person added comes last, in its own order. */
export const nodesInOrder = (model: Pick<Drawn, 'activities' | 'gateways'>): readonly Node[] =>
  [...model.activities, ...model.gateways].toSorted((left, right) => {
    const [first, second] = [placeOf(left), placeOf(right)];
    return first === second ? 0 : first - second;
  });

/** Indexes of flows that lead back to what they came from. */
export const findBackFlows = (nodeIds: readonly string[], flows: readonly Edge[]): ReadonlySet<number> => {
  const numbered = flows.map((flow, index) => ({ ...flow, index }));
  const outgoing = targetsBySource(numbered);
  const entered = new Set(
    flows.filter(({ sourceId, targetId }) => sourceId !== targetId).map(({ targetId }) => targetId),
  );
  const back = new Set<number>();
  const state = new Map<string, 'OPEN' | 'DONE'>();
  const visit = (root: string): void => {
    const path = [{ id: root, next: 0 }];
    state.set(root, 'OPEN');
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const flow = outgoing.get(top.id)?.[top.next];
      top.next += 1;
      if (flow === undefined) {
        state.set(top.id, 'DONE');
        path.pop();
      } else if (state.get(flow.targetId) === 'OPEN') {
        back.add(flow.index);
      } else if (!state.has(flow.targetId)) {
        state.set(flow.targetId, 'OPEN');
        path.push({ id: flow.targetId, next: 0 });
      }
    }
  };
  const roots = [...nodeIds.filter((id) => !entered.has(id)), ...nodeIds];
  for (const root of roots) if (!state.has(root)) visit(root);
  return back;
};

const nextActivities = (
  activity: ProcessActivity,
  byId: ReadonlyMap<string, ProcessActivity>,
  outgoing: ReadonlyMap<string, readonly ProcessFlow[]>,
): readonly ProcessActivity[] => {
  const found = new Set<ProcessActivity>();
  const seen = new Set([activity.id]);
  const open = [activity.id];
  for (let id = open.shift(); id !== undefined && seen.size <= MAX_GATEWAYS_BETWEEN; id = open.shift()) {
    for (const { targetId, isBack } of outgoing.get(id) ?? []) {
      const next = byId.get(targetId);
      if (isBack || seen.has(targetId)) continue;
      seen.add(targetId);
      if (next === undefined) open.push(targetId);
      else found.add(next);
    }
  }
  return [...found];
};

/** One entry for each pair of consecutive activities that different actors do. */
export const deriveHandoffs = (model: Drawn): readonly ProcessHandoff[] => {
  const byId = new Map(model.activities.map((activity) => [activity.id, activity]));
  const outgoing = targetsBySource(model.flows);
  const handoffs: ProcessHandoff[] = [];
  for (const source of model.activities) {
    if (source.actorId === null) continue;
    for (const target of nextActivities(source, byId, outgoing)) {
      if (target.actorId === null || target.actorId === source.actorId) continue;
      if (handoffs.length === MAX_HANDOFFS) return handoffs;
      handoffs.push({
        id: `handoff-${handoffs.length + 1}`,
        span: target.span,
        fromActorId: source.actorId,
        toActorId: target.actorId,
        sourceActivityId: source.id,
        targetActivityId: target.id,
      });
    }
  }
  return handoffs;
};
