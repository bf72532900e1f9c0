/** The shape of a demo agent, and short ways to write one down. */

export interface DemoAgent {
  /** Fixed, so that a seed that was cut short can be run again. */
  id: string;
  slug: string;
  name: string;
  description: string;
  tags: readonly string[];
  metadata: Readonly<Record<string, string>>;
  /** Oldest first; each is a whole definition. */
  versions: readonly DemoVersion[];
  /** The number of the version that serves; without it the agent stays a draft. */
  published?: number;
}

export interface DemoVersion {
  note: string;
  definition: DemoDefinition;
}

export interface DemoDefinition {
  instructions: string;
  model: { provider: string; name: string; temperature: number; maxOutputTokens: number };
  tools: readonly DemoTool[];
  skills: readonly DemoSkill[];
  guardrails: readonly DemoGuardrail[];
  inputModes: readonly string[];
  outputModes: readonly string[];
  settings: Readonly<Record<string, string | number | boolean>>;
}

export interface DemoTool {
  name: string;
  description: string;
  inputSchema: object;
  integrationKind?: 'GITHUB' | 'JIRA' | 'SERVICENOW';
  requiresApproval: boolean;
}

export interface DemoSkill {
  id: string;
  name: string;
  description: string;
  tags: readonly string[];
  examples: readonly string[];
}

export interface DemoGuardrail {
  id: string;
  kind: 'DEADLINE' | 'OBLIGATION' | 'PROHIBITION' | 'APPROVAL' | 'THRESHOLD';
  description: string;
}

const DEFAULTS = {
  model: { provider: 'anthropic', name: 'claude-sonnet-5-5', temperature: 0.2, maxOutputTokens: 4096 },
  tools: [],
  skills: [],
  guardrails: [],
  inputModes: ['text/plain'],
  outputModes: ['text/plain', 'application/json'],
  settings: {},
} as const satisfies Omit<DemoDefinition, 'instructions'>;

type FirstDefinition = Pick<DemoDefinition, 'instructions'> & Partial<DemoDefinition>;

/** The versions of an agent: a first definition, then what each later one changes in the one before it. */
export function history(
  first: FirstDefinition,
  ...changes: readonly (readonly [note: string, change: Partial<DemoDefinition>])[]
): readonly DemoVersion[] {
  const versions: DemoVersion[] = [{ note: 'First version', definition: { ...DEFAULTS, ...first } }];
  let definition: DemoDefinition = { ...DEFAULTS, ...first };
  for (const [note, change] of changes) {
    definition = { ...definition, ...change };
    versions.push({ note, definition });
  }
  return versions;
}

type ToolOptions = Pick<DemoTool, 'integrationKind'> & { requiresApproval?: boolean };

/** A tool whose inputs are all required strings: name to meaning. */
export function tool(
  name: string,
  description: string,
  inputs: Readonly<Record<string, string>>,
  { requiresApproval = false, ...rest }: ToolOptions = {},
): DemoTool {
  const properties = Object.fromEntries(
    Object.entries(inputs).map(([input, meaning]) => [input, { type: 'string', description: meaning }]),
  );
  const inputSchema = {
    type: 'object',
    properties,
    required: Object.keys(inputs),
    additionalProperties: false,
  };
  return { name, description, inputSchema, requiresApproval, ...rest };
}

export function rule(kind: DemoGuardrail['kind'], id: string, description: string): DemoGuardrail {
  return { id, kind, description };
}

export function skill(
  id: string,
  name: string,
  description: string,
  ...examples: readonly string[]
): DemoSkill {
  return { id, name, description, tags: id.split('-'), examples };
}
