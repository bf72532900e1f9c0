/** Says what is wrong with a definition, whoever wrote it; never throws. */
import type { AgentDefinition, AgentTool, IntegrationKind } from './agent-definition.ts';
import { agentDefinitionSchema } from './definition-schema.ts';
import { notConnectedFinding } from './finding.ts';
import type { Finding } from './finding.ts';
import { findSchemaFaults } from './schema-faults.ts';

export interface ValidationContext {
  /** Kinds of the integrations that the tenant has. */
  readonly integrationKinds: readonly IntegrationKind[];
}

export function validateDefinition(
  definition: unknown,
  { integrationKinds }: ValidationContext,
): readonly Finding[] {
  const parsed = agentDefinitionSchema.safeParse(definition);
  if (!parsed.success) {
    return parsed.error.issues.map((issue) => error(issue.path.map(String), issue.message));
  }
  const valid: AgentDefinition = parsed.data;
  return [
    ...duplicates(
      valid.tools.map(({ name }) => name),
      ['tools', 'name'],
    ),
    ...duplicates(
      valid.skills.map(({ id }) => id),
      ['skills', 'id'],
    ),
    ...duplicates(
      valid.guardrails.map(({ id }) => id),
      ['guardrails', 'id'],
    ),
    ...valid.tools.flatMap((tool, index) => toolFindings(tool, index, integrationKinds)),
  ];
}

function toolFindings(tool: AgentTool, index: number, kinds: readonly IntegrationKind[]): readonly Finding[] {
  const path = ['tools', String(index)];
  const schemas = [
    ...findSchemaFaults(tool.inputSchema, [...path, 'inputSchema']),
    ...(tool.outputSchema === null ? [] : findSchemaFaults(tool.outputSchema, [...path, 'outputSchema'])),
  ];
  return [...schemas, ...bindingFindings(tool, index, kinds)];
}

function bindingFindings(
  tool: AgentTool,
  index: number,
  kinds: readonly IntegrationKind[],
): readonly Finding[] {
  if (tool.integrationKind === null) return [notConnectedFinding(tool, index)];
  if (kinds.includes(tool.integrationKind)) return [];
  const path = ['tools', String(index), 'integrationKind'];
  return [
    error(path, `Tool ${tool.name} is bound to ${tool.integrationKind}, but there is no such integration.`),
  ];
}

/** Compared without case: names become file names, and some file systems do not tell them apart. */
function duplicates(names: readonly string[], [list, member]: readonly [string, string]): readonly Finding[] {
  const seen = new Set<string>();
  return names.flatMap((name, index) => {
    const key = name.toLowerCase();
    if (seen.has(key)) return [error([list, String(index), member], `«${name}» is used more than once.`)];
    seen.add(key);
    return [];
  });
}

function error(path: readonly string[], message: string): Finding {
  return { severity: 'ERROR', path, message };
}
