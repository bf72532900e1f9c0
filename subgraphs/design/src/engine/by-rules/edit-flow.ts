/** Steps put into a process and taken out of it, so that the flows stay whole. */
import type { ProcessFlow, ProcessModel } from '../../modules/process-model/process-model.ts';

export interface Place {
  readonly relation: 'AFTER' | 'BEFORE' | 'END';
  /** The activity; null for the end. */
  readonly activityId: string | null;
}

type Flow = Omit<ProcessFlow, 'id'>;

const NOWHERE = { start: 0, end: 0 };

/** Ids of the model's kind that are not taken. */
export function createIds(model: ProcessModel): (prefix: string) => string {
  const { revision: _, ...lists } = model;
  const taken = new Set(Object.values(lists).flatMap((list) => list.map(({ id }) => id)));
  return (prefix) => {
    let number = 1;
    while (taken.has(`${prefix}-${number}`)) number += 1;
    taken.add(`${prefix}-${number}`);
    return `${prefix}-${number}`;
  };
}

/** Everything of `part` but actors and systems gets new ids; those are the same when they are called the same. */
export function mergePart(model: ProcessModel, part: ProcessModel, place: Place): ProcessModel {
  const nextId = createIds(model);
  const ids = new Map<string, string>();
  const sameName = <Named extends { readonly id: string; readonly name: string }>(
    prefix: string,
    known: readonly Named[],
    added: readonly Named[],
  ): readonly Named[] =>
    added.flatMap((element) => {
      const same = known.find(({ name }) => name.toLowerCase() === element.name.toLowerCase());
      const id = same?.id ?? nextId(prefix);
      ids.set(element.id, id);
      return same === undefined
        ? [{ ...element, id, span: NOWHERE, ...('mentions' in element && { mentions: [] }) }]
        : [];
    });
  const actors = sameName('actor', model.actors, part.actors);
  const systems = sameName('system', model.systems, part.systems);
  const dataObjects = sameName('data', model.dataObjects, part.dataObjects);
  const mapped = (id: string | null): string | null => (id === null ? null : (ids.get(id) ?? null));
  const all = (list: readonly string[]): readonly string[] => list.flatMap((id) => ids.get(id) ?? []);
  for (const { id } of part.activities) ids.set(id, nextId('activity'));
  for (const { id } of part.gateways) ids.set(id, nextId('gateway'));
  const activities = part.activities.map((activity) => ({
    ...activity,
    id: ids.get(activity.id) ?? activity.id,
    span: NOWHERE,
    actorId: mapped(activity.actorId),
    recipientId: mapped(activity.recipientId),
    systemIds: all(activity.systemIds),
    inputIds: all(activity.inputIds),
    outputIds: all(activity.outputIds),
  }));
  const gateways = part.gateways.map((gateway) => ({
    ...gateway,
    id: ids.get(gateway.id) ?? gateway.id,
    span: NOWHERE,
    defaultFlowId: null,
  }));
  const flows = part.flows.map((flow) => ({
    ...flow,
    id: nextId('flow'),
    span: NOWHERE,
    sourceId: ids.get(flow.sourceId) ?? '',
    targetId: ids.get(flow.targetId) ?? '',
  }));
  const nodes = [...activities, ...gateways].map(({ id }) => id);
  const chain = {
    first: nodes.find((id) => !flows.some(({ targetId }) => targetId === id)) ?? nodes[0] ?? '',
    last: nodes.filter((id) => !flows.some(({ sourceId }) => sourceId === id)),
  };
  const connected = connect(model, chain, place);
  const rules = part.rules.map((rule) => ({
    ...rule,
    id: nextId('rule'),
    span: NOWHERE,
    activityId: mapped(rule.activityId),
  }));
  return {
    ...model,
    actors: [...model.actors, ...actors],
    systems: [...model.systems, ...systems],
    dataObjects: [...model.dataObjects, ...dataObjects],
    activities: [...model.activities, ...activities],
    gateways: [...model.gateways, ...gateways],
    flows: [...connected.kept, ...flows, ...connected.added.map((flow) => ({ ...flow, id: nextId('flow') }))],
    rules: [...model.rules, ...rules],
  };
}

interface Chain {
  readonly first: string;
  readonly last: readonly string[];
}

interface Connected {
  readonly kept: readonly ProcessFlow[];
  readonly added: readonly Flow[];
}

function connect({ flows, activities, gateways }: ProcessModel, chain: Chain, place: Place): Connected {
  const link = (sourceId: string, targetId: string, condition: string | null): Flow => ({
    span: NOWHERE,
    sourceId,
    targetId,
    condition,
    isBack: false,
  });
  const { relation, activityId } = place;
  switch (relation) {
    case 'AFTER': {
      const moved = flows.filter(({ sourceId }) => sourceId === activityId);
      return {
        kept: flows.filter((flow) => !moved.includes(flow)),
        added: [
          link(activityId ?? '', chain.first, null),
          ...chain.last.flatMap((last) => moved.map((flow) => link(last, flow.targetId, flow.condition))),
        ],
      };
    }
    case 'BEFORE': {
      const moved = flows.filter(({ targetId, isBack }) => targetId === activityId && !isBack);
      return {
        kept: flows.filter((flow) => !moved.includes(flow)),
        added: [
          ...moved.map((flow) => link(flow.sourceId, chain.first, flow.condition)),
          ...chain.last.map((last) => link(last, activityId ?? '', null)),
        ],
      };
    }
    case 'END': {
      const sources = new Set(flows.filter(({ isBack }) => !isBack).map(({ sourceId }) => sourceId));
      const sinks = [...activities, ...gateways].filter(({ id }) => !sources.has(id));
      return { kept: flows, added: sinks.map(({ id }) => link(id, chain.first, null)) };
    }
    default:
      return relation satisfies never;
  }
}

/** What led to the activity leads to what followed it. */
export function withoutActivity(model: ProcessModel, id: string): ProcessModel {
  const nextId = createIds(model);
  const incoming = model.flows.filter(({ targetId, sourceId }) => targetId === id && sourceId !== id);
  const outgoing = model.flows.filter(({ sourceId, targetId }) => sourceId === id && targetId !== id);
  const kept = model.flows.filter(({ sourceId, targetId }) => sourceId !== id && targetId !== id);
  const known = new Set(kept.map(flowKey));
  const bridges = incoming
    .flatMap((before) =>
      outgoing.map((after) => ({
        ...before,
        targetId: after.targetId,
        condition: before.condition ?? after.condition,
        isBack: before.isBack || after.isBack,
      })),
    )
    .filter((flow) => flow.sourceId !== flow.targetId && !known.has(flowKey(flow)))
    .map((flow) => ({ ...flow, id: nextId('flow') }));
  const free = <Bound extends { readonly activityId: string | null }>(
    list: readonly Bound[],
  ): readonly Bound[] =>
    list.map((element) => (element.activityId === id ? { ...element, activityId: null } : element));
  const flows = [...kept, ...bridges];
  const flowIds = new Set(flows.map((flow) => flow.id));
  return {
    ...model,
    activities: model.activities.filter((activity) => activity.id !== id),
    flows,
    gateways: model.gateways.map((gateway) =>
      gateway.defaultFlowId === null || flowIds.has(gateway.defaultFlowId)
        ? gateway
        : { ...gateway, defaultFlowId: null },
    ),
    triggers: free(model.triggers),
    rules: free(model.rules),
    exceptions: free(model.exceptions),
  };
}

function flowKey({ sourceId, targetId, condition }: Flow): string {
  return JSON.stringify([sourceId, targetId, condition]);
}
