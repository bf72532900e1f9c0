/** Maps an agent and its process to ArchiMate elements and relationships. */
import type { AgentDefinition } from '../definition/agent-definition.ts';
import { activityTitle, isHumanDecision, performerOf } from '../definition/process-steps.ts';
import type { ProcessActivity, ProcessActor, ProcessModel } from '../process-model/process-model.ts';
import { createGraph } from './model-graph.ts';
import type { AccessType, ArchimateElement, GraphBuilder, ModelGraph } from './model-graph.ts';

export interface DrawInput {
  readonly name: string;
  readonly processModel: ProcessModel;
  readonly definition: AgentDefinition;
}

/** Elements by the id that they have in the process model. */
type Drawn = ReadonlyMap<string, ArchimateElement>;

interface AgentElements {
  readonly component: ArchimateElement;
  readonly work: ArchimateElement;
  /** What the agent as a whole offers. */
  readonly service: ArchimateElement;
}

export function drawModel({ name, processModel, definition }: DrawInput, prefix: string): ModelGraph {
  const graph = createGraph(prefix);
  const agent = drawAgent(graph, name, definition);
  const process = graph.add('process', { type: 'BusinessProcess', name: `${name}: process` });
  const activities = drawActivities(graph, processModel, process);
  const systems = drawSystems(graph, processModel, agent);
  drawActors(graph, { processModel, agent, activities, systems });
  drawData(graph, processModel, agent, activities);
  drawFlows(graph, processModel, activities);
  processModel.triggers.forEach((trigger, index) => {
    const event = graph.add(`trigger-${index + 1}`, { type: 'BusinessEvent', name: trigger.description });
    graph.relate(event, 'Triggering', process);
  });
  serveActivities(graph, { processModel, agent, activities, systems });
  return { elements: graph.elements, relationships: graph.relationships };
}

function drawAgent(graph: GraphBuilder, name: string, definition: AgentDefinition): AgentElements {
  const tools = definition.tools.map((tool) => `${tool.name}: ${tool.description}`).join('\n');
  const documentation = tools === '' ? null : `Tools\n${tools}`;
  const component = graph.add('agent', { type: 'ApplicationComponent', name, documentation, kind: 'Agent' });
  const work = graph.add('work', { type: 'ApplicationProcess', name: `${name}: work` });
  graph.relate(component, 'Assignment', work);
  const services = definition.skills.map((skill, index) => {
    const { description } = skill;
    const service = graph.add(`skill-${index + 1}`, {
      type: 'ApplicationService',
      name: skill.name,
      documentation: description,
      kind: 'Skill',
    });
    graph.relate(work, 'Realization', service);
    return service;
  });
  definition.guardrails.forEach((guardrail, index) => {
    const { description, kind } = guardrail;
    const requirement = graph.add(`guardrail-${index + 1}`, { type: 'Requirement', name: description, kind });
    graph.relate(component, 'Realization', requirement);
  });
  const bundle = graph.add('bundle', { type: 'Artifact', name: `${name}: code bundle` });
  graph.relate(bundle, 'Realization', component);
  return { component, work, service: services[0] ?? drawDefaultService(graph, name, work) };
}

function drawDefaultService(graph: GraphBuilder, name: string, work: ArchimateElement): ArchimateElement {
  const service = graph.add('service', { type: 'ApplicationService', name: `${name}: service` });
  graph.relate(work, 'Realization', service);
  return service;
}

function drawActivities(graph: GraphBuilder, model: ProcessModel, process: ArchimateElement): Drawn {
  const activities = new Map<string, ArchimateElement>();
  model.activities.forEach((activity, index) => {
    const element = graph.add(`activity-${index + 1}`, {
      type: 'BusinessProcess',
      name: activityTitle(activity),
    });
    graph.relate(process, 'Composition', element);
    activities.set(activity.id, element);
  });
  return activities;
}

/** A system is a component that realizes a service; the agent uses the service, never the component. */
function drawSystems(graph: GraphBuilder, model: ProcessModel, { component }: AgentElements): Drawn {
  const services = new Map<string, ArchimateElement>();
  model.systems.forEach((system, index) => {
    const element = graph.add(`system-${index + 1}`, {
      type: 'ApplicationComponent',
      name: system.name,
      kind: 'System',
    });
    const service = graph.add(`system-service-${index + 1}`, {
      type: 'ApplicationService',
      name: `${system.name} service`,
    });
    graph.relate(element, 'Realization', service);
    graph.relate(service, 'Serving', component);
    services.set(system.id, service);
  });
  return services;
}

interface ProcessElements {
  readonly processModel: ProcessModel;
  readonly agent: AgentElements;
  readonly activities: Drawn;
  readonly systems: Drawn;
}

function drawActors(
  graph: GraphBuilder,
  { processModel, agent, activities, systems }: ProcessElements,
): void {
  processModel.actors.forEach((actor, index) => {
    const own = processModel.activities.filter(({ actorId }) => actorId === actor.id);
    const elements = own.flatMap(({ id }) => activities.get(id) ?? []);
    if (actor.kind === 'SYSTEM') {
      const service = drawSystemActor(graph, { processModel, actor, systems, key: `actor-${index + 1}` });
      for (const element of elements) graph.relate(service, 'Serving', element);
      return;
    }
    const type = actor.kind === 'ROLE' ? 'BusinessRole' : 'BusinessActor';
    const person = graph.add(`actor-${index + 1}`, { type, name: actor.name });
    for (const element of elements) graph.relate(person, 'Assignment', element);
    const isServed = own.some(
      (activity) => isHumanDecision(processModel, activity) || activity.kind === 'USER',
    );
    if (isServed) graph.relate(agent.service, 'Serving', person);
  });
}

interface SystemActorInput {
  readonly processModel: ProcessModel;
  readonly actor: ProcessActor;
  readonly systems: Drawn;
  readonly key: string;
}

/** A system that acts is the system of that name, when the text has both. */
function drawSystemActor(graph: GraphBuilder, input: SystemActorInput): ArchimateElement {
  const name = input.actor.name.toLowerCase();
  const system = input.processModel.systems.find((candidate) => candidate.name.toLowerCase() === name);
  const known = system === undefined ? undefined : input.systems.get(system.id);
  if (known !== undefined) return known;
  const component = graph.add(input.key, {
    type: 'ApplicationComponent',
    name: input.actor.name,
    kind: 'System',
  });
  const service = graph.add(`${input.key}-service`, {
    type: 'ApplicationService',
    name: `${input.actor.name} service`,
  });
  graph.relate(component, 'Realization', service);
  return service;
}

function drawData(graph: GraphBuilder, model: ProcessModel, agent: AgentElements, activities: Drawn): void {
  model.dataObjects.forEach((data, index) => {
    const element = graph.add(`data-${index + 1}`, { type: 'DataObject', name: data.name });
    const users = model.activities.filter(
      ({ inputIds, outputIds }) => inputIds.includes(data.id) || outputIds.includes(data.id),
    );
    for (const user of users) {
      const activity = activities.get(user.id);
      if (activity !== undefined)
        graph.relate(activity, 'Access', element, { accessType: accessOf([user], data.id) });
    }
    const ofAgent = users.filter((user) => performerOf(model, user) === 'AGENT');
    if (ofAgent.length > 0)
      graph.relate(agent.work, 'Access', element, { accessType: accessOf(ofAgent, data.id) });
  });
}

function accessOf(activities: readonly ProcessActivity[], dataId: string): AccessType {
  const reads = activities.some(({ inputIds }) => inputIds.includes(dataId));
  const writes = activities.some(({ outputIds }) => outputIds.includes(dataId));
  if (reads && writes) return 'ReadWrite';
  return writes ? 'Write' : 'Read';
}

/** A gateway is a junction when something leads to it and something follows; else it joins nothing. */
function drawFlows(graph: GraphBuilder, model: ProcessModel, activities: Drawn): void {
  const nodes = new Map(activities);
  const isNode = (id: string): boolean =>
    activities.has(id) || model.gateways.some((gateway) => gateway.id === id);
  const flows = model.flows.filter(({ sourceId, targetId }) => isNode(sourceId) && isNode(targetId));
  model.gateways.forEach((gateway, index) => {
    const leadsOn = flows.some(({ sourceId }) => sourceId === gateway.id);
    const isReached = flows.some(({ targetId }) => targetId === gateway.id);
    if (!leadsOn || !isReached) return;
    const type = gateway.kind === 'AND' ? 'AndJunction' : 'OrJunction';
    nodes.set(gateway.id, graph.add(`gateway-${index + 1}`, { type, name: gateway.conditions.join(' / ') }));
  });
  for (const flow of flows) {
    const source = nodes.get(flow.sourceId);
    const target = nodes.get(flow.targetId);
    if (source !== undefined && target !== undefined)
      graph.relate(source, 'Triggering', target, { name: flow.condition });
  }
}

/** What the agent does alone it realizes; what it does for a person, or a person decides, it only serves. */
function serveActivities(
  graph: GraphBuilder,
  { processModel, agent, activities, systems }: ProcessElements,
): void {
  for (const activity of processModel.activities) {
    const element = activities.get(activity.id);
    if (element === undefined) continue;
    for (const id of activity.systemIds) {
      const service = systems.get(id);
      if (service !== undefined) graph.relate(service, 'Serving', element);
    }
    const performer = performerOf(processModel, activity);
    if (performer === 'AGENT' && activity.actorId === null) graph.relate(agent.work, 'Realization', element);
    else if (performer !== 'SYSTEM') graph.relate(agent.service, 'Serving', element);
  }
}
