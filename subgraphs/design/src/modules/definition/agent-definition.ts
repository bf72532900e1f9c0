/** The agent definition that a design proposes; the same shape that the agents subgraph versions. */

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

export interface ModelSettings {
  /** `anthropic`, `openai`... */
  readonly provider: string;
  readonly name: string;
  readonly temperature: number | null;
  readonly maxOutputTokens: number | null;
}

export interface AgentTool {
  /** Identifier that the model calls: `[a-zA-Z][a-zA-Z0-9_]{0,63}`. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the input, an object schema. */
  readonly inputSchema: JsonObject;
  readonly outputSchema: JsonObject | null;
  /** Which connector serves the tool; null when none exists in the tenant yet. */
  readonly integrationKind: 'GITHUB' | 'JIRA' | 'SERVICENOW' | null;
  readonly requiresApproval: boolean;
}

export interface AgentSkill {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly examples: readonly string[];
}

export interface Guardrail {
  readonly id: string;
  readonly kind: 'DEADLINE' | 'OBLIGATION' | 'PROHIBITION' | 'APPROVAL' | 'THRESHOLD';
  readonly description: string;
}

export interface AgentDefinition {
  readonly instructions: string;
  readonly model: ModelSettings;
  readonly tools: readonly AgentTool[];
  readonly skills: readonly AgentSkill[];
  readonly guardrails: readonly Guardrail[];
  readonly inputModes: readonly string[];
  readonly outputModes: readonly string[];
  readonly settings: JsonObject;
}

export type IntegrationKind = NonNullable<AgentTool['integrationKind']>;
