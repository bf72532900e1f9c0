/** What an agent is: everything that a version keeps. Aliases, not interfaces: a definition is also a JSON object. */
import type { JsonObject } from './canonical-json.ts';

export type ModelSettings = {
  /** `anthropic`, `openai`... */
  readonly provider: string;
  readonly name: string;
  readonly temperature: number | null;
  readonly maxOutputTokens: number | null;
};

export const INTEGRATION_KINDS = ['GITHUB', 'JIRA', 'SERVICENOW'] as const;

export type AgentTool = {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the input, an object schema. */
  readonly inputSchema: JsonObject;
  readonly outputSchema: JsonObject | null;
  /** Which connector serves the tool; null when none does yet. */
  readonly integrationKind: (typeof INTEGRATION_KINDS)[number] | null;
  readonly requiresApproval: boolean;
};

export type AgentSkill = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly examples: readonly string[];
};

export const GUARDRAIL_KINDS = ['DEADLINE', 'OBLIGATION', 'PROHIBITION', 'APPROVAL', 'THRESHOLD'] as const;

export type Guardrail = {
  readonly id: string;
  readonly kind: (typeof GUARDRAIL_KINDS)[number];
  readonly description: string;
};

export type AgentDefinition = {
  readonly instructions: string;
  readonly model: ModelSettings;
  readonly tools: readonly AgentTool[];
  readonly skills: readonly AgentSkill[];
  readonly guardrails: readonly Guardrail[];
  readonly inputModes: readonly string[];
  readonly outputModes: readonly string[];
  readonly settings: JsonObject;
};
