/** One typed tool for each action that the text says happens in a system; none without such ground. */
import type {
  ProcessActivity,
  ProcessDataObject,
  ProcessModel,
  ProcessSystem,
} from '../process-model/process-model.ts';
import type { AgentTool, IntegrationKind } from './agent-definition.ts';
import { toObjectSchema } from './data-schema.ts';
import type { Finding } from './finding.ts';
import {
  listInWords,
  oneLine,
  takeUnique,
  toContentWords,
  toIdentifier,
  toStem,
  toWords,
} from './plain-text.ts';
import { activityTitle, findActor, isDecision, isHumanDecision, startsProcess } from './activities.ts';
import type { Automation } from './automation-cut.ts';
import { nextActivities } from './process-steps.ts';
import { READING_VERBS } from './work-words.ts';

export const MAX_TOOLS = 64;
const MAX_NAME_LENGTH = 60;

export interface ProposedTools {
  readonly tools: readonly AgentTool[];
  /** Tool names by the id of the activity that they serve. */
  readonly toolNames: ReadonlyMap<string, readonly string[]>;
  readonly findings: readonly Finding[];
}

interface SystemAction {
  readonly system: ProcessSystem;
  readonly activities: readonly ProcessActivity[];
}

export interface ToolsInput {
  readonly processModel: ProcessModel;
  readonly integrationKinds: readonly IntegrationKind[];
  readonly automation: Automation;
  /** Activities whose tools wait for a person, beside the decisions of people. */
  readonly approvals: ReadonlyMap<string, string>;
  /** Activities for which there are tools; null for all. */
  readonly activityIds: ReadonlySet<string> | null;
}

export function proposeTools(input: ToolsInput): ProposedTools {
  const actions = collectActions(input);
  const taken = new Set<string>();
  const toolNames = new Map<string, readonly string[]>();
  const tools = actions.slice(0, MAX_TOOLS).map((action) => {
    const tool = toTool(action, input, taken);
    for (const { id } of action.activities) toolNames.set(id, [...(toolNames.get(id) ?? []), tool.name]);
    return tool;
  });
  return { tools, toolNames, findings: tooManyFinding(actions.length) };
}

function tooManyFinding(count: number): readonly Finding[] {
  if (count <= MAX_TOOLS) return [];
  const message = `The text names ${count} system actions; only the first ${MAX_TOOLS} became tools.`;
  return [{ severity: 'WARNING', path: ['tools'], message }];
}

/** The same action in the same system is one tool, however often the text comes back to it. */
function collectActions(input: ToolsInput): readonly SystemAction[] {
  const actions = new Map<string, SystemAction>();
  const model = input.processModel;
  for (const activity of model.activities) {
    if (isDoneElsewhere(input, activity)) continue;
    for (const system of model.systems.filter(({ id }) => activity.systemIds.includes(id))) {
      const key = actionWords(system, activity).map(toStem).join(' ');
      const known = actions.get(key);
      actions.set(key, {
        system: known?.system ?? system,
        activities: [...(known?.activities ?? []), activity],
      });
    }
  }
  return [...actions.values()];
}

/** What others do, and what has happened before the agent begins, is not for the agent to do again. A decision is entered by the agent. */
function isDoneElsewhere(
  { processModel, automation, activityIds }: ToolsInput,
  activity: ProcessActivity,
): boolean {
  if (activityIds !== null && !activityIds.has(activity.id)) return true;
  if (findActor(processModel, activity.actorId)?.kind === 'EXTERNAL') return true;
  if (startsProcess(processModel, activity)) return true;
  return automation.get(activity.id)?.performer !== 'AGENT' && !isDecision(activity);
}

function actionWords(system: ProcessSystem, activity: ProcessActivity): readonly string[] {
  const systemWords = toWords(system.name).slice(0, 3);
  const objectWords = toContentWords(activity.object ?? '').filter((word) => !systemWords.includes(word));
  return [...systemWords, ...toContentWords(activity.verb).slice(0, 2), ...objectWords.slice(0, 4)];
}

function toTool(action: SystemAction, input: ToolsInput, taken: Set<string>): AgentTool {
  const { system, activities } = action;
  const [first] = activities;
  const words = first === undefined ? toWords(system.name) : actionWords(system, first);
  const inputs = dataOf(
    input.processModel,
    activities.flatMap(({ inputIds }) => inputIds),
  );
  const outputs = dataOf(
    input.processModel,
    activities.flatMap(({ outputIds }) => outputIds),
  );
  const integrationKind = connectedKind(system, input.integrationKinds);
  const approvers = approversOf(input.processModel, activities);
  const waits = approvers.length > 0 || activities.some(({ id }) => input.approvals.has(id));
  return {
    name: takeUnique(toIdentifier(words, 'tool', MAX_NAME_LENGTH), taken),
    description: describe(action, integrationKind, waits ? approvers : null),
    inputSchema: toObjectSchema(inputs.length > 0 ? inputs : objectAsData(first)) ?? emptyInput(),
    outputSchema: toObjectSchema(outputs),
    integrationKind,
    requiresApproval: waits,
  };
}

function emptyInput(): AgentTool['inputSchema'] {
  return { type: 'object', properties: {}, additionalProperties: false };
}

function connectedKind(system: ProcessSystem, kinds: readonly IntegrationKind[]): IntegrationKind | null {
  return system.integrationKind !== null && kinds.includes(system.integrationKind)
    ? system.integrationKind
    : null;
}

function dataOf(model: ProcessModel, ids: readonly string[]): readonly ProcessDataObject[] {
  return model.dataObjects.filter(({ id }) => ids.includes(id));
}

/** Where the text names no data, what is acted upon is all that the tool can be given. */
function objectAsData(activity: ProcessActivity | undefined): readonly ProcessDataObject[] {
  if (activity?.object === undefined || activity.object === null) return [];
  return [{ id: activity.id, span: activity.span, name: activity.object }];
}

/** People whose decision the action is, or whose decision comes right before a change that it makes. */
function approversOf(model: ProcessModel, activities: readonly ProcessActivity[]): readonly string[] {
  const ids = new Set(activities.map(({ id }) => id));
  const changes = activities.some(({ verb }) => !READING_VERBS.has(toWords(verb)[0] ?? ''));
  const decisions = model.activities.filter(
    (activity) =>
      isHumanDecision(model, activity) &&
      (ids.has(activity.id) || (changes && nextActivities(model, activity).some(({ id }) => ids.has(id)))),
  );
  return [...new Set(decisions.map(({ actorId }) => oneLine(findActor(model, actorId)?.name ?? '', 80)))];
}

function describe(
  action: SystemAction,
  kind: IntegrationKind | null,
  approvers: readonly string[] | null,
): string {
  const titles = [...new Set(action.activities.map(activityTitle))].slice(0, 3);
  const systemName = oneLine(action.system.name, 80);
  const sentences = [`${listInWords(titles)} in ${systemName}.`];
  if (approvers !== null) {
    sentences.push(`Only after approval by ${approvers.length === 0 ? 'a person' : listInWords(approvers)}.`);
  }
  if (kind === null) sentences.push(notConnectedSentence(action.system, systemName));
  return sentences.join(' ');
}

function notConnectedSentence(system: ProcessSystem, systemName: string): string {
  return system.integrationKind === null
    ? `Not connected: there is no connector for ${systemName} yet.`
    : `Not connected: the tenant has no ${system.integrationKind} integration yet.`;
}
