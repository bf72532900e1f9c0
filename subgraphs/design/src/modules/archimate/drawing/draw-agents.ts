/** Agents in the application layer: what they are, do and offer, what they run on, and what they must keep. */
import type { ProposedAgent } from '../../proposal/proposal.ts';
import type { ArchimateElement } from '../language/archimate-model.ts';
import type { DrawInput } from './draw-input.ts';
import type { GraphBuilder } from './graph.ts';

export interface AgentElements {
  readonly agent: ProposedAgent;
  readonly component: ArchimateElement;
  /** What it does for processes. */
  readonly work: ArchimateElement;
  /** What it offers as a whole. */
  readonly service: ArchimateElement;
}

/** By the keys of the agents. */
export type DrawnAgents = ReadonlyMap<string, AgentElements>;

/** Requirements by what they say: a rule of the process and a guardrail that says the same are one. */
export type Requirements = Map<string, ArchimateElement>;

export function drawAgents(graph: GraphBuilder, input: DrawInput, requirements: Requirements): DrawnAgents {
  const drawn = new Map(input.agents.map((agent) => [agent.key, drawAgent(graph, agent, requirements)]));
  for (const { agent, work } of drawn.values()) {
    for (const key of agent.handsOffTo) {
      const next = drawn.get(key);
      if (next !== undefined) graph.relate(work, 'Flow', next.work, { name: 'hand-off' });
    }
  }
  if (drawn.size > 1) {
    const team = graph.add('team', { type: 'ApplicationCollaboration', name: `${input.name}: team` });
    for (const { component } of drawn.values()) graph.relate(team, 'Aggregation', component);
  }
  drawRuntime(graph, input.name, drawn);
  return drawn;
}

function drawAgent(graph: GraphBuilder, agent: ProposedAgent, requirements: Requirements): AgentElements {
  const { key, name, definition } = agent;
  const of = (part: string): string => `agent-${key}-${part}`;
  const component = graph.add(`agent-${key}`, {
    type: 'ApplicationComponent',
    name,
    documentation: describe(agent),
    kind: 'Agent',
    agentKey: key,
  });
  const work = graph.add(of('work'), { type: 'ApplicationProcess', name: `${name}: work`, agentKey: key });
  const access = graph.add(of('interface'), {
    type: 'ApplicationInterface',
    name: `${name}: interface`,
    agentKey: key,
  });
  graph.relate(component, 'Assignment', work);
  graph.relate(component, 'Composition', access);
  const skills =
    definition.skills.length > 0
      ? definition.skills
      : [{ name: `${name}: service`, description: agent.summary }];
  const services = skills.map((skill, index) => {
    const service = graph.add(of(`skill-${index + 1}`), {
      type: 'ApplicationService',
      name: skill.name,
      documentation: skill.description,
      kind: 'Skill',
      agentKey: key,
    });
    graph.relate(work, 'Realization', service);
    graph.relate(access, 'Assignment', service);
    return service;
  });
  definition.guardrails.forEach(({ description, kind }, index) => {
    const requirement = requirementFor(graph, requirements, {
      key: of(`guardrail-${index + 1}`),
      name: description,
      kind,
    });
    graph.relate(component, 'Realization', requirement);
  });
  return { agent, component, work, service: services[0] ?? work };
}

export function requirementFor(
  graph: GraphBuilder,
  requirements: Requirements,
  { key, name, kind }: { readonly key: string; readonly name: string; readonly kind: string },
): ArchimateElement {
  const saying = name
    .toLowerCase()
    .replaceAll(/\P{L}+/gu, ' ')
    .trim();
  const known = requirements.get(saying);
  if (known !== undefined && saying !== '') return known;
  const requirement = graph.add(key, { type: 'Requirement', name, kind });
  requirements.set(saying, requirement);
  return requirement;
}

function describe({ summary, definition }: ProposedAgent): string {
  const { provider, name } = definition.model;
  const tools = definition.tools.map((tool) => `- ${tool.name}: ${tool.description}`);
  return [
    ...(summary === '' ? [] : [summary]),
    `Model: ${provider} ${name}`,
    ...(tools.length === 0 ? [] : ['Tools:', ...tools]),
  ].join('\n');
}

/** The generated code, and what it runs on. */
function drawRuntime(graph: GraphBuilder, name: string, agents: DrawnAgents): void {
  if (agents.size === 0) return;
  const bundle = graph.add('bundle', {
    type: 'Artifact',
    name: `${name}: code bundle`,
    kind: 'Generated code',
  });
  const runtime = graph.add('runtime', { type: 'SystemSoftware', name: 'Node.js', kind: 'Runtime' });
  graph.relate(runtime, 'Assignment', bundle);
  for (const { component } of agents.values()) {
    graph.relate(bundle, 'Realization', component);
    graph.relate(runtime, 'Serving', component);
  }
}
