/** On a redesign: which tools of the existing agent stay. */
import type { AgentTool, IntegrationKind } from './agent-definition.ts';
import type { Finding } from './finding.ts';
import { toStem, toWords } from './plain-text.ts';
import { MAX_TOOLS } from './propose-tools.ts';
import type { ProposedTools } from './propose-tools.ts';

export interface KeepToolsInput {
  readonly proposed: ProposedTools;
  readonly baseTools: readonly AgentTool[];
  readonly integrationKinds: readonly IntegrationKind[];
  /** Title and description, in which a tool must have its ground. */
  readonly text: string;
}

/**
 * A tool stays as somebody made it when the new text still speaks of what its name says. It may lose its connector
 * when the tenant has lost it, and an approval that the new text asks for is added; none is ever taken away.
 */
export function keepBaseTools(input: KeepToolsInput): ProposedTools {
  const { proposed, baseTools, integrationKinds, text } = input;
  const byName = new Map(proposed.tools.map((tool) => [tool.name, tool]));
  const stems = new Set(toWords(text).map(toStem));
  const applies = (tool: AgentTool): boolean =>
    byName.has(tool.name) || wordsOfName(tool.name).every((word) => stems.has(word));

  const kept = baseTools
    .filter(applies)
    .map((tool) => refresh(tool, byName.get(tool.name), integrationKinds));
  const keptNames = new Set(kept.map(({ name }) => name));
  const added = proposed.tools.filter(({ name }) => !keptNames.has(name));
  const dropped = baseTools.filter((tool) => !applies(tool));
  return {
    tools: [...kept, ...added].slice(0, MAX_TOOLS),
    toolNames: proposed.toolNames,
    findings: [...proposed.findings, ...dropped.map(droppedFinding)],
  };
}

function refresh(
  tool: AgentTool,
  proposed: AgentTool | undefined,
  kinds: readonly IntegrationKind[],
): AgentTool {
  const isServed = tool.integrationKind !== null && kinds.includes(tool.integrationKind);
  return {
    ...tool,
    integrationKind: isServed ? tool.integrationKind : (proposed?.integrationKind ?? null),
    requiresApproval: tool.requiresApproval || (proposed?.requiresApproval ?? false),
  };
}

function wordsOfName(name: string): readonly string[] {
  return toWords(name.replace(/([a-z0-9])([A-Z])/g, '$1 $2')).map(toStem);
}

function droppedFinding(tool: AgentTool): Finding {
  return {
    severity: 'WARNING',
    path: ['tools'],
    message: `Tool ${tool.name} of the agent was left out: the new description gives no ground for it.`,
  };
}
