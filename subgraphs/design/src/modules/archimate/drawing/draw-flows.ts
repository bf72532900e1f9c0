/** What follows what: events, activities and junctions. */
import type { ProcessModel } from '../../process-model/process-model.ts';
import type { ArchimateElement } from '../language/archimate-model.ts';
import type { Drawn } from './draw-process.ts';
import type { GraphBuilder } from './graph.ts';

export interface FlowDrawing {
  readonly process: ArchimateElement;
  readonly activities: Drawn;
}

export function drawFlows(
  graph: GraphBuilder,
  model: ProcessModel,
  { process, activities }: FlowDrawing,
): void {
  const nodes = new Map([...activities, ...drawJunctions(graph, model, activities)]);
  const trigger = (sourceId: string, target: ArchimateElement, name: string | null): void => {
    const source = nodes.get(sourceId);
    if (source !== undefined) graph.relate(source, 'Triggering', target, { name });
  };
  for (const { description, id, activityId } of model.triggers) {
    const event = graph.add(id, { type: 'BusinessEvent', name: description, kind: 'Start' });
    const started = activityId === null ? undefined : activities.get(activityId);
    graph.relate(event, 'Triggering', started ?? process);
  }
  for (const { sourceId, targetId, condition } of model.flows) {
    const target = nodes.get(targetId);
    if (target !== undefined) trigger(sourceId, target, condition);
  }
  for (const { id, description, sourceId, condition } of model.ends) {
    if (sourceId === null || !nodes.has(sourceId)) continue;
    trigger(sourceId, graph.add(id, { type: 'BusinessEvent', name: description, kind: 'End' }), condition);
  }
  for (const { sourceActivityId, targetActivityId, fromActorId, toActorId } of model.handoffs) {
    const source = activities.get(sourceActivityId);
    const target = activities.get(targetActivityId);
    if (source === undefined || target === undefined) continue;
    const nameOf = (id: string): string => model.actors.find((actor) => actor.id === id)?.name ?? '';
    graph.relate(source, 'Flow', target, { name: `${nameOf(fromActorId)} → ${nameOf(toActorId)}` });
  }
}

/** A gateway is a junction when something leads to it and something follows; else it joins nothing, nor do its neighbours. */
function drawJunctions(graph: GraphBuilder, model: ProcessModel, activities: Drawn): Drawn {
  let gateways = model.gateways;
  for (;;) {
    const ids = new Set([...activities.keys(), ...gateways.map(({ id }) => id)]);
    const flows = model.flows.filter(({ sourceId, targetId }) => ids.has(sourceId) && ids.has(targetId));
    const left = new Set([...flows, ...model.ends].map(({ sourceId }) => sourceId));
    const reached = new Set(flows.map(({ targetId }) => targetId));
    const joining = gateways.filter(({ id }) => left.has(id) && reached.has(id));
    if (joining.length === gateways.length) break;
    gateways = joining;
  }
  return new Map(
    gateways.map(({ id, kind, conditions }) => {
      const type = kind === 'AND' ? 'AndJunction' : 'OrJunction';
      return [id, graph.add(id, { type, name: conditions.join(' / ') })];
    }),
  );
}
