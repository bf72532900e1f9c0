/** Reads a model back as plain lines, so that tests can assert on whole values. */
import type { ProcessModel } from '../process-model.ts';

export interface Reading {
  readonly actors: readonly string[];
  readonly activities: readonly string[];
  readonly gateways: readonly string[];
  readonly flows: readonly string[];
}

const short = (id: string): string => id.replace('activity-', '').replace('gateway-', 'G');

export const readModel = (model: ProcessModel): Reading => {
  const names = new Map([...model.actors, ...model.systems].map((element) => [element.id, element.name]));
  const nameOf = (id: string | null): string => (id === null ? '?' : (names.get(id) ?? id));
  return {
    actors: model.actors.map((actor) => `${actor.name}: ${actor.kind}`),
    activities: model.activities.map((activity) => {
      const to = activity.recipientId === null ? '' : ` > ${nameOf(activity.recipientId)}`;
      const systems =
        activity.systemIds.length === 0 ? '' : ` @ ${activity.systemIds.map(nameOf).join(', ')}`;
      return `${nameOf(activity.actorId)} | ${activity.verb} | ${activity.object ?? '-'}${to}${systems} | ${activity.kind}`;
    }),
    gateways: model.gateways.map(
      (gateway) => `${short(gateway.id)} ${gateway.kind}: ${gateway.conditions.join(' / ')}`,
    ),
    flows: model.flows.map(
      (flow) =>
        `${short(flow.sourceId)} > ${short(flow.targetId)}${flow.condition === null ? '' : ` if ${flow.condition}`}`,
    ),
  };
};
