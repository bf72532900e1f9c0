/** Limits of the agent: every rule of the text, and every decision that belongs to a person. */
import type { ProcessActivity, ProcessModel, ProcessRule } from '../process-model/process-model.ts';
import type { Guardrail } from './agent-definition.ts';
import { asSentence, oneLine, takeUnique } from './plain-text.ts';
import { activityTitle, findActor, isHumanDecision } from './activities.ts';

export const MAX_GUARDRAILS = 100;

export interface GuardrailsInput {
  readonly processModel: ProcessModel;
  /** Why activities wait for a person, beside the decisions of people. */
  readonly approvals: ReadonlyMap<string, string>;
  /** The agent's own activities; null for all. What binds no activity binds every agent. */
  readonly activityIds: ReadonlySet<string> | null;
}

export function proposeGuardrails(input: GuardrailsInput): readonly Guardrail[] {
  const { processModel: model, activityIds } = input;
  const taken = new Set<string>();
  const isOwn = (id: string | null): boolean => activityIds === null || id === null || activityIds.has(id);
  const approvals = model.activities
    .filter(({ id }) => isOwn(id))
    .flatMap((activity) => approvalSentence(input, activity) ?? [])
    .map((description, index): Guardrail => ({
      id: takeUnique(`approval-${index + 1}`, taken),
      kind: 'APPROVAL',
      description,
    }));
  const rules = model.rules
    .filter((rule) => isOwn(rule.activityId) && !isSaidMoreExactly(rule, model.rules))
    .map((rule, index): Guardrail => ({
      id: takeUnique(`${rule.kind.toLowerCase()}-${index + 1}`, taken),
      kind: rule.kind,
      description: asSentence(rule.description),
    }));
  return [...approvals, ...rules].filter(({ description }) => description !== '').slice(0, MAX_GUARDRAILS);
}

function approvalSentence(
  { processModel, approvals }: GuardrailsInput,
  activity: ProcessActivity,
): string | null {
  const title = activityTitle(activity);
  if (isHumanDecision(processModel, activity)) {
    const decider = oneLine(findActor(processModel, activity.actorId)?.name ?? '', 80);
    return `${title}: ${decider} decides. Prepare the facts, ask, and wait for the answer.`;
  }
  const reason = approvals.get(activity.id);
  return reason === undefined ? null : `${title}: ask a person first, and wait for the answer. ${reason}`;
}

/** A deadline is an obligation too; said as both, it is the deadline that counts. */
function isSaidMoreExactly(rule: ProcessRule, rules: readonly ProcessRule[]): boolean {
  return (
    rule.kind === 'OBLIGATION' &&
    rules.some(({ kind, description }) => kind !== 'OBLIGATION' && description === rule.description)
  );
}
