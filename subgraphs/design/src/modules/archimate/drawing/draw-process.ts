/** The process in the business layer: who does what, on which occasion, with which information, under which rules. */
import { activityTitle } from '../../definition/process-steps.ts';
import type { ProcessActivity, ProcessModel } from '../../process-model/process-model.ts';
import type { ArchimateElement } from '../language/archimate-model.ts';
import type { AccessType } from '../language/relationship-types.ts';
import { requirementFor, type DrawnAgents, type Requirements } from './draw-agents.ts';
import { drawFlows } from './draw-flows.ts';
import type { DrawInput } from './draw-input.ts';
import { doerOf, type Doer, type DrawnSystems } from './draw-systems.ts';
import type { GraphBuilder } from './graph.ts';

export interface ProcessDrawing {
  readonly graph: GraphBuilder;
  readonly input: DrawInput;
  readonly processModel: ProcessModel;
  readonly agents: DrawnAgents;
  readonly systems: DrawnSystems;
  readonly requirements: Requirements;
}

/** Elements by their ids in the process model. */
export type Drawn = ReadonlyMap<string, ArchimateElement>;

export function drawProcess(drawing: ProcessDrawing): void {
  const { graph, input, processModel } = drawing;
  const process = graph.add('process', { type: 'BusinessProcess', name: `${input.name}: process` });
  const doers = new Map(
    processModel.activities.map((activity) => [activity.id, doerOf(input, processModel, activity)]),
  );
  const activities = drawActivities(drawing, process, doers);
  drawActors(drawing, activities, doers);
  for (const activity of processModel.activities) assignAgents(drawing, activity, { activities, doers });
  drawData(drawing, activities, doers);
  drawFlows(graph, processModel, { process, activities });
  drawRules(drawing, activities);
}

function drawActivities(
  { graph, processModel }: ProcessDrawing,
  process: ArchimateElement,
  doers: ReadonlyMap<string, Doer>,
): Drawn {
  return new Map(
    processModel.activities.map((activity) => {
      const doer = doers.get(activity.id);
      const element = graph.add(activity.id, {
        type: 'BusinessProcess',
        name: activityTitle(activity),
        documentation: doer?.reason ?? null,
        kind: doer === undefined ? null : DOER_KINDS[doer.performer],
      });
      graph.relate(process, 'Composition', element);
      return [activity.id, element];
    }),
  );
}

const DOER_KINDS = { AGENT: 'Automated', HUMAN: 'Manual', SYSTEM: 'System' } as const;

/** People are assigned what they do themselves; those whose work an agent does are served by it. */
function drawActors(
  { graph, processModel, agents, systems }: ProcessDrawing,
  activities: Drawn,
  doers: ReadonlyMap<string, Doer>,
): void {
  for (const actor of processModel.actors) {
    if (systems.has(actor.id)) continue;
    const type = actor.kind === 'ROLE' ? 'BusinessRole' : 'BusinessActor';
    const person = graph.add(actor.id, { type, name: actor.name });
    for (const { id, actorId, recipientId } of processModel.activities) {
      const element = activities.get(id);
      const doer = doers.get(id);
      if (element === undefined || doer === undefined) continue;
      const agent = doer.agentKey === null ? undefined : agents.get(doer.agentKey);
      if (actorId === actor.id && doer.performer === 'HUMAN') graph.relate(person, 'Assignment', element);
      if (actorId === actor.id && agent !== undefined) graph.relate(agent.service, 'Serving', person);
      if (recipientId === actor.id && actorId !== actor.id) graph.relate(element, 'Serving', person);
    }
  }
}

/** What an agent does alone it realizes; what it only helps with it serves. */
function assignAgents(
  { graph, agents, systems }: ProcessDrawing,
  activity: ProcessActivity,
  { activities, doers }: { readonly activities: Drawn; readonly doers: ReadonlyMap<string, Doer> },
): void {
  const element = activities.get(activity.id);
  const doer = doers.get(activity.id);
  if (element === undefined || doer === undefined) return;
  const agent = doer.agentKey === null ? undefined : agents.get(doer.agentKey);
  if (agent !== undefined && doer.performer === 'AGENT') graph.relate(agent.work, 'Realization', element);
  if (agent !== undefined && doer.performer === 'HUMAN') graph.relate(agent.service, 'Serving', element);
  if (doer.performer === 'AGENT') return;
  const used = [...activity.systemIds, ...(activity.actorId === null ? [] : [activity.actorId])];
  for (const id of used) {
    const service = systems.get(id);
    if (service !== undefined) graph.relate(service, 'Serving', element);
  }
}

/** Information is a business object; what agents work with is data that realizes it. */
function drawData(
  { graph, processModel, agents }: ProcessDrawing,
  activities: Drawn,
  doers: ReadonlyMap<string, Doer>,
): void {
  for (const data of processModel.dataObjects) {
    const object = graph.add(data.id, { type: 'BusinessObject', name: data.name });
    const users = processModel.activities.filter(
      ({ inputIds, outputIds }) => inputIds.includes(data.id) || outputIds.includes(data.id),
    );
    for (const user of users) {
      const activity = activities.get(user.id);
      if (activity !== undefined) {
        graph.relate(activity, 'Access', object, { accessType: accessOf([user], data.id) });
      }
    }
    const byAgent = Map.groupBy(users, ({ id }) => agentOf(doers.get(id)));
    const working = [...agents.values()].filter(({ agent }) => byAgent.has(agent.key));
    if (working.length === 0) continue;
    const record = graph.add(`${data.id}-record`, { type: 'DataObject', name: data.name });
    graph.relate(record, 'Realization', object);
    for (const { agent, work } of working) {
      const accessType = accessOf(byAgent.get(agent.key) ?? [], data.id);
      graph.relate(work, 'Access', record, { accessType });
    }
  }
}

const agentOf = (doer: Doer | undefined): string | null =>
  doer !== undefined && doer.performer === 'AGENT' ? doer.agentKey : null;

function accessOf(activities: readonly ProcessActivity[], dataId: string): AccessType {
  const reads = activities.some(({ inputIds }) => inputIds.includes(dataId));
  const writes = activities.some(({ outputIds }) => outputIds.includes(dataId));
  if (reads && writes) return 'ReadWrite';
  return writes ? 'Write' : 'Read';
}

/** Rules and approvals are requirements, realized by whatever has to keep them. */
function drawRules(
  { graph, input, processModel, agents, requirements }: ProcessDrawing,
  activities: Drawn,
): void {
  for (const { id, description, kind, activityId } of processModel.rules) {
    const requirement = requirementFor(graph, requirements, { key: id, name: description, kind });
    const bound = activityId === null ? undefined : activities.get(activityId);
    if (bound !== undefined) graph.relate(bound, 'Realization', requirement);
  }
  input.approvals.forEach((approval, index) => {
    const activity = approval.activityId === null ? undefined : activities.get(approval.activityId);
    const subject = activity?.names[0]?.text ?? approval.toolNames.join(', ');
    const requirement = graph.add(`approval-${index + 1}`, {
      type: 'Requirement',
      name: `Approval: ${subject}`,
      documentation: approval.reason,
      kind: 'APPROVAL',
    });
    const agent = agents.get(approval.agentKey);
    if (agent !== undefined) graph.relate(agent.component, 'Realization', requirement);
    if (activity !== undefined) graph.relate(activity, 'Association', requirement);
  });
}
