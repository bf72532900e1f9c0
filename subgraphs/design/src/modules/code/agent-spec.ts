/** Agents as Open Agent Spec documents: a portable definition that other frameworks load. */
import type {
  AgentDefinition,
  JsonObject,
  JsonValue,
  ModelSettings,
} from '../definition/agent-definition.ts';
import { oneLine } from '../definition/plain-text.ts';
import type { BundleAgent, NamedHandOff } from './bundle-agent.ts';
import type { NamedTool } from './tool-names.ts';

export const AGENT_SPEC_VERSION = '26.1.2';

/** One agent, complete in itself. What it hands over is a tool. */
export function toAgentSpec(member: BundleAgent): object {
  return { ...agentComponent(member, member.handOffs), agentspec_version: AGENT_SPEC_VERSION };
}

/** The agents and who hands work to whom. */
export function toTeamSpec(title: string, team: readonly BundleAgent[]): object {
  const reference = (folder: string): JsonObject => ({ $component_ref: agentId(folder) });
  return {
    component_type: 'Swarm',
    id: 'team',
    name: oneLine(title, 200) || 'Team',
    description: null,
    metadata: {},
    inputs: [],
    outputs: [],
    first_agent: reference(team[0]?.folder ?? ''),
    relationships: team.flatMap(({ folder, handOffs }) =>
      handOffs.map((handOff) => [reference(folder), reference(handOff.folder)]),
    ),
    // An agent asks another one and waits for its answer, and keeps the conversation.
    handoff: 'never',
    $referenced_components: Object.fromEntries(
      team.map((member) => [agentId(member.folder), agentComponent(member, [])]),
    ),
    agentspec_version: AGENT_SPEC_VERSION,
  };
}

function agentComponent({ agent, folder, tools }: BundleAgent, handOffs: readonly NamedHandOff[]): object {
  const { definition } = agent;
  return {
    component_type: 'Agent',
    id: agentId(folder),
    name: oneLine(agent.name, 200) || 'Agent',
    description: oneLine(agent.summary, 2_000),
    metadata: toMetadata(definition),
    inputs: [],
    outputs: [],
    llm_config: toLlmConfig(folder, definition.model),
    system_prompt: withoutPlaceholders(definition.instructions),
    tools: [
      ...tools.map((tool) => toServerTool(folder, tool)),
      ...handOffs.map((handOff) => toHandOffTool(folder, handOff)),
    ],
    toolboxes: [],
    human_in_the_loop: tools.some(({ tool }) => tool.requiresApproval),
  };
}

function agentId(folder: string): string {
  return `agent-${folder}`;
}

/** Two braces would make a variable of what they enclose; instructions are text. */
function withoutPlaceholders(instructions: string): string {
  return instructions.toWellFormed().replace(/\{(?=\{)/g, '{ ');
}

/** What the specification has no field for. */
function toMetadata({ skills, guardrails, inputModes, outputModes, settings }: AgentDefinition): object {
  return { skills, guardrails, input_modes: inputModes, output_modes: outputModes, settings };
}

function toLlmConfig(folder: string, model: ModelSettings): object {
  const { provider, name, temperature, maxOutputTokens } = model;
  const generation = {
    ...(temperature === null ? {} : { temperature }),
    ...(maxOutputTokens === null ? {} : { max_tokens: maxOutputTokens }),
  };
  const shared = {
    id: `model-${folder}`,
    name: oneLine(name, 200) || 'model',
    model_id: name,
    default_generation_parameters: Object.keys(generation).length === 0 ? null : generation,
  };
  return provider === 'openai'
    ? { component_type: 'OpenAiConfig', ...shared, api_type: 'responses' }
    : { component_type: 'LlmConfig', ...shared, provider };
}

function toServerTool(folder: string, { tool, name }: NamedTool): object {
  return {
    component_type: 'ServerTool',
    id: `tool-${folder}-${name}`,
    name,
    description: tool.description,
    // The specification lists properties one by one: which are required is in the whole schema only.
    metadata: {
      input_schema: tool.inputSchema,
      output_schema: tool.outputSchema,
      integration_kind: tool.integrationKind,
    },
    inputs: toProperties(tool.inputSchema),
    outputs: tool.outputSchema === null ? [] : toProperties(tool.outputSchema),
    requires_confirmation: tool.requiresApproval,
  };
}

function toHandOffTool(folder: string, { name, agent }: NamedHandOff): object {
  return {
    component_type: 'ServerTool',
    id: `tool-${folder}-${name}`,
    name,
    description: oneLine(`Hands work to ${agent.name}. ${agent.summary}`, 2_000),
    metadata: {},
    inputs: [{ title: 'task', type: 'string' }],
    outputs: [{ title: 'answer', type: 'string' }],
    requires_confirmation: false,
  };
}

function toProperties(schema: JsonObject): readonly object[] {
  const { properties } = schema;
  if (!isObject(properties)) return [];
  return Object.entries(properties).map(([title, property]) => ({
    ...(isObject(property) ? property : {}),
    title,
  }));
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
