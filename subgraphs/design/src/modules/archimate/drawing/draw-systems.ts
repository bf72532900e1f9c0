/** Systems around the agents: each is a component that realizes a service; whoever uses it uses the service. */
import { performerOf } from '../../definition/process-steps.ts';
import type { ProcessActivity, ProcessModel } from '../../process-model/process-model.ts';
import type { ArchimateElement } from '../language/archimate-model.ts';
import type { DrawnAgents } from './draw-agents.ts';
import type { DrawInput } from './draw-input.ts';
import type { GraphBuilder } from './graph.ts';

/** Services by the ids of their systems, and of the actors that are systems. */
export type DrawnSystems = ReadonlyMap<string, ArchimateElement>;

const INTEGRATION_NAMES = { GITHUB: 'GitHub', JIRA: 'Jira', SERVICENOW: 'ServiceNow' } as const;

export function drawSystems(graph: GraphBuilder, input: DrawInput, agents: DrawnAgents): DrawnSystems {
  const { processModel } = input;
  const byName = new Map<string, ArchimateElement>();
  const services = new Map<string, ArchimateElement>();
  const serviceOf = (key: string, name: string): ArchimateElement => {
    const known = byName.get(name.toLowerCase());
    if (known !== undefined) return known;
    const component = graph.add(key, { type: 'ApplicationComponent', name, kind: 'System' });
    const service = graph.add(`${key}-service`, { type: 'ApplicationService', name: `${name} service` });
    graph.relate(component, 'Realization', service);
    byName.set(name.toLowerCase(), service);
    return service;
  };
  for (const { id, name } of processModel?.systems ?? []) services.set(id, serviceOf(id, name));
  for (const { id, name, kind } of processModel?.actors ?? []) {
    if (kind === 'SYSTEM') services.set(id, serviceOf(id, name));
  }
  const integrated = new Map(
    (processModel?.systems ?? []).flatMap(({ id, integrationKind }) =>
      integrationKind === null ? [] : [[integrationKind, services.get(id)] as const],
    ),
  );
  for (const { agent, component } of agents.values()) {
    for (const { integrationKind } of agent.definition.tools) {
      if (integrationKind === null) continue;
      const name = INTEGRATION_NAMES[integrationKind];
      const service = integrated.get(integrationKind) ?? serviceOf(`integration-${integrationKind}`, name);
      graph.relate(service, 'Serving', component);
    }
  }
  if (processModel !== null) serveAgents(graph, { input, processModel, agents, services });
  return services;
}

interface Serving {
  readonly input: DrawInput;
  readonly processModel: ProcessModel;
  readonly agents: DrawnAgents;
  readonly services: DrawnSystems;
}

/** An agent uses the systems of the activities that it does. */
function serveAgents(graph: GraphBuilder, { input, processModel, agents, services }: Serving): void {
  for (const activity of processModel.activities) {
    const doer = doerOf(input, processModel, activity);
    const agent =
      doer.performer === 'AGENT' && doer.agentKey !== null ? agents.get(doer.agentKey) : undefined;
    if (agent === undefined) continue;
    for (const id of activity.systemIds) {
      const service = services.get(id);
      if (service !== undefined) graph.relate(service, 'Serving', agent.component);
    }
  }
}

export interface Doer {
  readonly performer: 'AGENT' | 'HUMAN' | 'SYSTEM';
  /** The agent that does it or helps. */
  readonly agentKey: string | null;
  readonly reason: string | null;
}

export function doerOf(input: DrawInput, processModel: ProcessModel, activity: ProcessActivity): Doer {
  const decided = input.automation.find(({ activityId }) => activityId === activity.id);
  if (decided !== undefined) return decided;
  const performer = performerOf(processModel, activity);
  return {
    performer,
    agentKey: performer === 'SYSTEM' ? null : (input.agents[0]?.key ?? null),
    reason: null,
  };
}
