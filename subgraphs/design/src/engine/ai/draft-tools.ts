/** Tools of an AI model's proposal: each serves activities of the process, and is bound to nothing but what the process and the tenant have. */
import type {
  AgentTool,
  IntegrationKind,
  JsonObject,
  JsonValue,
} from '../../modules/definition/agent-definition.ts';
import type { Automation } from '../../modules/definition/automation-cut.ts';
import {
  asSentence,
  plainName,
  takeUnique,
  toIdentifier,
  toWords,
} from '../../modules/definition/plain-text.ts';
import { isDecision } from '../../modules/definition/activities.ts';
import type { ProcessActivity, ProcessModel } from '../../modules/process-model/process-model.ts';
import type { DraftTool } from './design-answer.ts';

const MAX_TOOLS_PER_AGENT = 32;
const MAX_INPUTS = 24;

export interface ToolsInput {
  readonly processModel: ProcessModel;
  readonly automation: Automation;
  readonly integrationKinds: readonly IntegrationKind[];
  readonly reject: (subject: string, reason: string) => void;
}

export interface AcceptedTool {
  readonly tool: AgentTool;
  readonly activityIds: readonly string[];
}

export function acceptTools(drafts: readonly DraftTool[], input: ToolsInput): readonly AcceptedTool[] {
  const taken = new Set<string>();
  if (drafts.length > MAX_TOOLS_PER_AGENT) {
    input.reject(
      `${drafts.length - MAX_TOOLS_PER_AGENT} tools`,
      `An agent has at most ${MAX_TOOLS_PER_AGENT} tools.`,
    );
  }
  return drafts.slice(0, MAX_TOOLS_PER_AGENT).flatMap((draft) => acceptTool(draft, taken, input) ?? []);
}

function acceptTool(draft: DraftTool, taken: Set<string>, input: ToolsInput): AcceptedTool | null {
  const subject = `tool ${plainName(draft.name, 80)}`;
  const served = input.processModel.activities.filter(({ id }) => draft.activities.includes(id));
  if (served.length === 0) {
    input.reject(subject, 'It serves no activity of the process.');
    return null;
  }
  const own = served.filter((activity) => isForAgent(activity, input.automation));
  if (own.length === 0) {
    input.reject(subject, 'What it does is not for an agent to do.');
    return null;
  }
  const systems = input.processModel.systems.filter(({ id }) =>
    own.some(({ systemIds }) => systemIds.includes(id)),
  );
  if (systems.length === 0) {
    input.reject(subject, 'The process names no system in which it could work.');
    return null;
  }
  const integrationKind = bindingOf(draft, subject, systems, input);
  const name = takeUnique(toIdentifier(toWords(draft.name), 'tool', 60), taken);
  const first = own[0]?.verb ?? name;
  return {
    activityIds: own.map(({ id }) => id),
    tool: {
      name,
      description: asSentence(plainName(draft.description, 500)) || asSentence(first),
      inputSchema: toInputSchema(draft.inputs),
      outputSchema: null,
      integrationKind,
      requiresApproval: draft.needsApproval,
    },
  };
}

/** An agent also enters what a person has decided; what has happened already is nobody's to do. */
function isForAgent(activity: ProcessActivity, automation: Automation): boolean {
  const judgement = automation.get(activity.id);
  return judgement?.performer === 'AGENT' || (isDecision(activity) && judgement?.performer === 'HUMAN');
}

/** The connector of the very system in which the work is done; everything else is refused, and the tool stays unconnected. */
function bindingOf(
  { integration }: DraftTool,
  subject: string,
  systems: ProcessModel['systems'],
  { integrationKinds, reject }: ToolsInput,
): IntegrationKind | null {
  const grounded = systems.flatMap((system) => system.integrationKind ?? []);
  const connected = grounded.find((kind) => integrationKinds.includes(kind)) ?? null;
  if (integration === 'NONE') return connected;
  if (!grounded.includes(integration)) {
    reject(`${subject}: ${integration}`, `Nothing in the process says that this is done in ${integration}.`);
    return connected;
  }
  if (!integrationKinds.includes(integration)) {
    reject(`${subject}: ${integration}`, `There is no ${integration} integration.`);
    return connected;
  }
  return integration;
}

const TYPES: Readonly<Record<DraftTool['inputs'][number]['type'], JsonObject>> = {
  STRING: { type: 'string', minLength: 1 },
  NUMBER: { type: 'number' },
  INTEGER: { type: 'integer' },
  BOOLEAN: { type: 'boolean' },
  DATE: { type: 'string', format: 'date' },
  STRING_LIST: { type: 'array', items: { type: 'string' } },
};

function toInputSchema(inputs: DraftTool['inputs']): JsonObject {
  const taken = new Set<string>();
  const entries = inputs.slice(0, MAX_INPUTS).map((input) => {
    const name = takeUnique(toIdentifier(toWords(input.name), 'value', 48), taken);
    const description = plainName(input.description, 200);
    const schema: JsonObject = { ...TYPES[input.type], ...(description === '' ? {} : { description }) };
    return { name, schema, isRequired: input.isRequired };
  });
  return {
    type: 'object',
    properties: Object.fromEntries<JsonValue>(entries.map(({ name, schema }) => [name, schema])),
    required: entries.flatMap(({ name, isRequired }) => (isRequired ? [name] : [])),
    additionalProperties: false,
  };
}
