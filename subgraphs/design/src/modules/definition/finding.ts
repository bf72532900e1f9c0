/** What a design step has to say about a definition, without stopping for it. */
import type { AgentTool } from './agent-definition.ts';

export interface Finding {
  /** An ERROR makes the definition unusable; a WARNING is for a person to read. */
  readonly severity: 'ERROR' | 'WARNING';
  /** Place in the definition: `['tools', '0', 'integrationKind']`. Empty for the whole. */
  readonly path: readonly string[];
  readonly message: string;
}

/** One wording wherever it is found, so that two steps which find it do not report it twice. */
export function notConnectedFinding(tool: AgentTool, index: number): Finding {
  return {
    severity: 'WARNING',
    path: ['tools', String(index), 'integrationKind'],
    message: `Tool ${tool.name} is not connected: no integration serves it yet.`,
  };
}
