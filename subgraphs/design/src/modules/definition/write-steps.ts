/** One step of the process as lines of markdown. */
import type { ProcessActivity, ProcessGateway, ProcessModel } from '../process-model/process-model.ts';
import { capitalize, listInWords, oneLine, plainLine } from './plain-text.ts';
import {
  activityTitle,
  findActor,
  isDecision,
  isHumanDecision,
  isPerson,
  startsProcess,
} from './activities.ts';
import type { Automation } from './automation-cut.ts';
import type { Branch, ProcessStep } from './process-steps.ts';

export interface StepContext {
  readonly processModel: ProcessModel;
  readonly automation: Automation;
  /** Names of tools by the id of the activity that they serve. */
  readonly toolNames: ReadonlyMap<string, readonly string[]>;
  /** Names of other agents by the id of the activity that they do. */
  readonly colleagues: ReadonlyMap<string, string>;
}

export function stepLines(step: ProcessStep, context: StepContext): readonly string[] {
  if (step.type === 'GATEWAY') {
    const { kind } = step.gateway;
    const branches = [...step.branches, ...endsOf(step.gateway, context.processModel)];
    return [`${step.number}. ${GATEWAY_TITLES[kind]}`, ...branchLines(branches, kind === 'XOR')];
  }
  const details = activityDetails(step.activity, context);
  const line = `${step.number}. **${activityTitle(step.activity)}**. ${details.join(' ')}`;
  return [
    line,
    ...branchLines(
      step.branches.filter((branch) => !isJustNext(branch, step.number)),
      false,
    ),
  ];
}

/** Ways that lead out of the process at once, and to no step. */
function endsOf({ id }: ProcessGateway, { ends }: ProcessModel): readonly Branch[] {
  return ends.flatMap(({ sourceId, condition }) => (sourceId === id ? [{ condition, step: null }] : []));
}

function isJustNext(branch: Branch, number: number): boolean {
  return branch.condition === null && (branch.step === null || branch.step === number + 1);
}

const GATEWAY_TITLES: Readonly<Record<ProcessGateway['kind'], string>> = {
  XOR: '**Choose** exactly one way:',
  AND: '**Do all** of these, in any order:',
  OR: '**Do each** that applies:',
};

const OTHERWISE = /^(?:otherwise|else|if not|in all other cases)$/i;

function branchLines(branches: readonly Branch[], isChoice: boolean): readonly string[] {
  const hasCondition = branches.some(({ condition }) => condition !== null);
  return branches.map((branch) => {
    const target = branch.step === null ? 'the process ends' : `go to step ${branch.step}`;
    const condition = bareCondition(branch.condition ?? (isChoice && hasCondition ? 'otherwise' : ''));
    if (condition === '') return `    - ${capitalize(target)}.`;
    return `    - ${OTHERWISE.test(condition) ? 'Otherwise' : `If ${condition}`}: ${target}.`;
  });
}

function bareCondition(condition: string): string {
  return plainLine(condition, 200)
    .replace(/^(?:if|when|in case|provided that)\s+/i, '')
    .replace(/[.,;:]+$/, '');
}

function activityDetails(activity: ProcessActivity, context: StepContext): readonly string[] {
  const colleague = context.colleagues.get(activity.id);
  if (colleague !== undefined) return [`The agent «${oneLine(colleague, 80)}» sees to this.`];
  const model = context.processModel;
  const tools = context.toolNames.get(activity.id) ?? [];
  const recipient = findActor(model, activity.recipientId);
  const needs = dataNames(model, activity, activity.inputIds);
  const gives = dataNames(model, activity, activity.outputIds);
  const details = [performerSentence(activity, context, tools)];
  if (tools.length > 0) details.push(`Use ${listInWords(tools.map((name) => `\`${name}\``))}.`);
  if (recipient !== null) details.push(`To: ${oneLine(recipient.name, 80)}.`);
  if (needs !== '') details.push(`Needs: ${needs}.`);
  if (gives !== '') details.push(`Gives: ${gives}.`);
  return details;
}

/** What the step's own title names already is not said again. */
function dataNames(model: ProcessModel, activity: ProcessActivity, ids: readonly string[]): string {
  const named = model.dataObjects.filter(({ id, name }) => ids.includes(id) && name !== activity.object);
  return listInWords(named.map(({ name }) => oneLine(name, 80)));
}

function performerSentence(
  activity: ProcessActivity,
  { processModel: model, automation }: StepContext,
  tools: readonly string[],
): string {
  const actor = findActor(model, activity.actorId);
  const name = capitalize(oneLine(actor?.name ?? 'A person', 80));
  if (startsProcess(model, activity)) return `${name} has done this: it starts the process.`;
  const performer = automation.get(activity.id)?.performer ?? 'HUMAN';
  if (performer === 'AGENT')
    return agentSentence(activity, isPerson(actor) ? `, on behalf of: ${name}` : '', tools);
  if (performer === 'SYSTEM') return `${name} does this by itself; check that it has happened.`;
  if (isHumanDecision(model, activity)) return `${name} decides: put the facts together, ask, and wait.`;
  if (isDecision(activity))
    return 'Nobody is named who decides: put the facts together, ask a person, and wait.';
  if (actor?.kind === 'EXTERNAL') return `${name} does this; wait for it.`;
  return `${name} does this; help to prepare it and wait until it is done.`;
}

function agentSentence({ kind }: ProcessActivity, behalf: string, tools: readonly string[]): string {
  if (tools.length === 0 && kind === 'SEND')
    return `You write this${behalf}; no tool sends it, so hand the text over.`;
  return kind === 'RECEIVE' && tools.length === 0 ? `You wait for this${behalf}.` : `You do this${behalf}.`;
}
