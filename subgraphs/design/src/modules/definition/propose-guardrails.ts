/** Limits of the agent: every rule of the text, and every decision that belongs to a person. */
import type { ProcessModel, ProcessRule } from '../process-model/process-model.ts';
import type { Guardrail } from './agent-definition.ts';
import { asSentence, oneLine, takeUnique } from './plain-text.ts';
import { activityTitle, findActor, isHumanDecision } from './process-steps.ts';

export const MAX_GUARDRAILS = 100;

export function proposeGuardrails(model: ProcessModel): readonly Guardrail[] {
  const taken = new Set<string>();
  const approvals = model.activities
    .filter((activity) => isHumanDecision(model, activity))
    .map((activity, index): Guardrail => {
      const decider = oneLine(findActor(model, activity.actorId)?.name ?? '', 80);
      return {
        id: takeUnique(`approval-${index + 1}`, taken),
        kind: 'APPROVAL',
        description: `${activityTitle(activity)}: ${decider} decides. Prepare the facts, ask, and wait for the answer.`,
      };
    });
  const rules = model.rules
    .filter((rule) => !isSaidMoreExactly(rule, model.rules))
    .map((rule, index): Guardrail => ({
      id: takeUnique(`${rule.kind.toLowerCase()}-${index + 1}`, taken),
      kind: rule.kind,
      description: asSentence(rule.description),
    }));
  return [...approvals, ...rules].filter(({ description }) => description !== '').slice(0, MAX_GUARDRAILS);
}

/** A deadline is an obligation too; said as both, it is the deadline that counts. */
function isSaidMoreExactly(rule: ProcessRule, rules: readonly ProcessRule[]): boolean {
  return (
    rule.kind === 'OBLIGATION' &&
    rules.some(({ kind, description }) => kind !== 'OBLIGATION' && description === rule.description)
  );
}
