/** What an accepted proposal says of each of its agents, in the form that the agents subgraph takes. */
import type { AgentDefinition, JsonValue } from '../definition/agent-definition.ts';
import type { ProposedAgent, Proposal } from '../proposal/proposal.ts';

/** The definition with the ids of the agents that it hands work to, after those of the tenant's other agents. */
export function definitionToWrite(
  { definition, handsOffTo }: ProposedAgent,
  agentIds: ReadonlyMap<string, string>,
): AgentDefinition {
  if (handsOffTo.length === 0) return definition;
  const known = definition.settings['handOffAgentIds'];
  const others: readonly JsonValue[] = Array.isArray(known) ? known : [];
  const own = handsOffTo.flatMap((key) => agentIds.get(key) ?? []);
  const handOffAgentIds = [...new Set<JsonValue>([...others, ...own])];
  return { ...definition, settings: { ...definition.settings, handOffAgentIds } };
}

export function proposedAgent({ agents }: Proposal, key: string): ProposedAgent | null {
  return agents.find((agent) => agent.key === key) ?? null;
}
