/** Drafts an agent from a process model by rules alone: no AI, the same input gives the same agent. */
import type { ProcessModel } from '../process-model/process-model.ts';
import type {
  AgentDefinition,
  AgentTool,
  Guardrail,
  IntegrationKind,
  JsonObject,
} from './agent-definition.ts';
import { findActor, isDecision, isHumanDecision } from './activities.ts';
import type { AgentShare } from './agent-share.ts';
import { cutAutomation } from './automation-cut.ts';
import type { Automation } from './automation-cut.ts';
import { findHandOffs } from './find-hand-offs.ts';
import type { ExistingAgent, HandOff } from './find-hand-offs.ts';
import { notConnectedFinding } from './finding.ts';
import type { Finding } from './finding.ts';
import { keepBaseTools } from './keep-base-tools.ts';
import { capitalize, listInWords, oneLine, plainName } from './plain-text.ts';
import { toSteps } from './process-steps.ts';
import { proposeGuardrails } from './propose-guardrails.ts';
import { proposeSkills } from './propose-skills.ts';
import { proposeTools } from './propose-tools.ts';
import type { ProposedTools } from './propose-tools.ts';
import { describeOmission, writeInstructions } from './write-instructions.ts';

const DEFAULT_SETTINGS: JsonObject = { maxTurns: 40, toolTimeoutMs: 30_000 };

export interface ProposalInput {
  readonly title: string;
  readonly description: string;
  readonly processModel: ProcessModel;
  /** Agents of the tenant, without the one that is being redesigned. */
  readonly existingAgents: readonly ExistingAgent[];
  /** Kinds of the integrations that the tenant has. */
  readonly integrationKinds: readonly IntegrationKind[];
  readonly model: { readonly provider: string; readonly name: string };
  /** The definition of the agent that is being redesigned. */
  readonly base?: AgentDefinition | undefined;
  /** Who does what; by the rules when it is left out. */
  readonly automation?: Automation;
  /** Why activities wait for a person, beside the decisions of people. */
  readonly approvals?: ReadonlyMap<string, string>;
  /** The agent's share, where there are several agents. */
  readonly share?: AgentShare | null;
  /** The title, when it is left out. */
  readonly name?: string;
  /** What people asked for, for the instructions. */
  readonly wishes?: readonly string[];
}

export interface ProposedDefinition {
  readonly definition: AgentDefinition;
  readonly name: string;
  readonly summary: string;
  readonly findings: readonly Finding[];
  /** Tools by the id of the activity that they serve. */
  readonly toolNames: ReadonlyMap<string, readonly string[]>;
}

/** What every proposed agent has, whoever drew it up. */
export const PROPOSED_MODES: readonly string[] = ['text/plain', 'application/json'];

export function proposeDefinition(input: ProposalInput): ProposedDefinition {
  const { processModel, base, share = null } = input;
  const name = toAgentName(input.name ?? input.title);
  const text = `${input.title}\n${input.description}`;
  const part = {
    processModel,
    integrationKinds: input.integrationKinds,
    automation: input.automation ?? cutAutomation(processModel),
    approvals: input.approvals ?? new Map<string, string>(),
    activityIds: share?.activityIds ?? null,
  };
  const proposed = toolsFor(input, proposeTools(part), text);
  const guardrails = proposeGuardrails(part);
  const handOffs = findHandOffs({ text, processModel, existingAgents: input.existingAgents });
  const summary = summarize(processModel, proposed.tools);

  const definition: AgentDefinition = {
    instructions: writeInstructions({
      ...proposed,
      name,
      description: input.description,
      processModel,
      automation: part.automation,
      guardrails,
      handOffs,
      share,
      wishes: input.wishes ?? [],
      task: null,
    }),
    model: base?.model ?? { ...input.model, temperature: null, maxOutputTokens: null },
    tools: proposed.tools,
    skills: proposeSkills({ ...part, name, description: input.description }),
    guardrails,
    inputModes: [...PROPOSED_MODES],
    outputModes: [...PROPOSED_MODES],
    settings: toSettings(processModel, handOffs, base),
  };
  return {
    definition,
    name,
    summary,
    findings: collectFindings({ processModel, proposed, guardrails, base }),
    toolNames: proposed.toolNames,
  };
}

function toolsFor(input: ProposalInput, proposed: ProposedTools, text: string): ProposedTools {
  if (input.base === undefined) return proposed;
  return keepBaseTools({
    proposed,
    baseTools: input.base.tools,
    integrationKinds: input.integrationKinds,
    text,
  });
}

function toAgentName(title: string): string {
  return capitalize(plainName(title, 100)) || 'Process agent';
}

export function toSettings(
  model: ProcessModel,
  handOffs: readonly HandOff[],
  base: AgentDefinition | undefined,
): JsonObject {
  return {
    ...DEFAULT_SETTINGS,
    ...base?.settings,
    processRevision: model.revision,
    handOffAgentIds: handOffs.map(({ agentId }) => agentId),
  };
}

function summarize(model: ProcessModel, tools: readonly AgentTool[]): string {
  const systems = model.systems.slice(0, 6).map(({ name }) => oneLine(name, 60));
  const decisions = model.activities.filter((activity) => isHumanDecision(model, activity)).length;
  const parts = [
    count(tools.length, 'tool'),
    count(decisions, 'decision by a person', 'decisions by people'),
    count(model.openQuestions.length, 'open question'),
  ];
  const where = systems.length === 0 ? '' : ` with ${listInWords(systems)}`;
  return `${count(toSteps(model).length, 'step')}${where}: ${listInWords(parts)}.`;
}

function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}

interface FindingsInput {
  readonly processModel: ProcessModel;
  readonly proposed: ProposedTools;
  readonly guardrails: readonly Guardrail[];
  readonly base: AgentDefinition | undefined;
}

function collectFindings({ processModel, proposed, guardrails, base }: FindingsInput): readonly Finding[] {
  const warn = (path: readonly string[], message: string): Finding => ({
    severity: 'WARNING',
    path,
    message,
  });
  const omission = describeOmission(processModel);
  const undecided = processModel.activities.filter(
    (activity) => isDecision(activity) && findActor(processModel, activity.actorId) === null,
  );
  const known = new Set(guardrails.map(({ description }) => description));
  const lost = base?.guardrails.filter(({ description }) => !known.has(description)) ?? [];
  return [
    ...(processModel.activities.length === 0
      ? [warn([], 'The description names no activity; the agent has no steps.')]
      : []),
    ...(omission === null ? [] : [warn(['instructions'], omission)]),
    ...undecided.map(({ verb, object }) =>
      warn([], `Nobody is named who decides «${oneLine(`${verb} ${object ?? ''}`, 120)}».`),
    ),
    ...proposed.findings,
    ...proposed.tools.flatMap((tool, index) =>
      tool.integrationKind === null ? [notConnectedFinding(tool, index)] : [],
    ),
    ...lost.map(({ description }) =>
      warn(['guardrails'], `A guardrail of the agent is not in the new description: ${oneLine(description)}`),
    ),
  ];
}
