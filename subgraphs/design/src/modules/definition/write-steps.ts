/** One step of the process as lines of markdown. */
import type { ProcessActivity, ProcessGateway, ProcessModel } from '../process-model/process-model.ts';
import { capitalize, listInWords, oneLine } from './plain-text.ts';
import { activityTitle, findActor, isPerson, performerOf } from './process-steps.ts';
import type { Branch, ProcessStep } from './process-steps.ts';

export function stepLines(
  step: ProcessStep,
  model: ProcessModel,
  toolNames: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  if (step.type === 'GATEWAY')
    return [`${step.number}. ${GATEWAY_TITLES[step.gateway.kind]}`, ...branchLines(step.branches)];
  const details = activityDetails(step.activity, model, toolNames.get(step.activity.id) ?? []);
  const line = `${step.number}. **${activityTitle(step.activity)}**. ${details.join(' ')}`;
  return [line, ...branchLines(step.branches.filter((branch) => !isJustNext(branch, step.number)))];
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

function branchLines(branches: readonly Branch[]): readonly string[] {
  return branches.map((branch) => {
    const target = branch.step === null ? 'the process ends' : `go to step ${branch.step}`;
    const condition = bareCondition(branch.condition ?? '');
    if (condition === '') return `   - ${capitalize(target)}.`;
    return `   - ${OTHERWISE.test(condition) ? 'Otherwise' : `If ${condition}`}: ${target}.`;
  });
}

function bareCondition(condition: string): string {
  return oneLine(condition, 200)
    .replace(/^(?:if|when|in case|provided that)\s+/i, '')
    .replace(/[.,;:]+$/, '');
}

function activityDetails(
  activity: ProcessActivity,
  model: ProcessModel,
  tools: readonly string[],
): readonly string[] {
  const data = (ids: readonly string[]): string =>
    listInWords(model.dataObjects.filter(({ id }) => ids.includes(id)).map(({ name }) => oneLine(name, 80)));
  const recipient = findActor(model, activity.recipientId);
  const details = [performerSentence(activity, model)];
  if (tools.length > 0) details.push(`Use ${listInWords(tools.map((name) => `\`${name}\``))}.`);
  if (recipient !== null) details.push(`To: ${oneLine(recipient.name, 80)}.`);
  if (activity.inputIds.length > 0) details.push(`Needs: ${data(activity.inputIds)}.`);
  if (activity.outputIds.length > 0) details.push(`Gives: ${data(activity.outputIds)}.`);
  return details;
}

function performerSentence(activity: ProcessActivity, model: ProcessModel): string {
  const actor = findActor(model, activity.actorId);
  const name = capitalize(oneLine(actor?.name ?? 'A person', 80));
  const performer = performerOf(model, activity);
  if (performer === 'AGENT') return isPerson(actor) ? `You do this, on behalf of: ${name}.` : 'You do this.';
  if (performer === 'SYSTEM') return `${name} does this by itself; check that it has happened.`;
  if (activity.kind === 'DECISION') return `${name} decides: put the facts together, ask, and wait.`;
  if (actor?.kind === 'EXTERNAL') return `${name} does this; wait for it.`;
  return `${name} does this; help to prepare it and wait until it is done.`;
}
