/** Test cases that an AI model adds to those of the branches. What they expect of tools and approvals is ours to say. */
import { asSentence, oneLine, plainName } from '../../modules/definition/plain-text.ts';
import type { ProcessModel } from '../../modules/process-model/process-model.ts';
import type { ApprovalPoint, ProposalTestCase } from '../../modules/proposal/proposal.ts';
import type { DesignAnswer } from './design-answer.ts';

const MAX_CASES = 16;

export interface MoreCasesInput {
  readonly processModel: ProcessModel;
  readonly toolNames: ReadonlyMap<string, readonly string[]>;
  readonly approvals: readonly ApprovalPoint[];
  readonly known: readonly ProposalTestCase[];
  readonly reject: (subject: string, reason: string) => void;
}

export function draftTestCases(
  drafts: DesignAnswer['testCases'],
  { processModel, toolNames, approvals, known, reject }: MoreCasesInput,
): readonly ProposalTestCase[] {
  const ids = new Set(processModel.activities.map(({ id }) => id));
  const usable = drafts.flatMap((draft) => {
    const name = plainName(draft.name, 160);
    const unknown = draft.activities.find((id) => !ids.has(id));
    if (unknown !== undefined) {
      reject(`test case ${name}`, `There is no activity ${plainName(unknown, 60)}.`);
      return [];
    }
    const input = oneLine(draft.input, 2_000);
    return name === '' || input === '' ? [] : [{ ...draft, name, input }];
  });
  return usable.slice(0, MAX_CASES).map((draft, index) => {
    const done = new Set(draft.activities);
    return {
      id: `case-${known.length + index + 1}`,
      name: draft.name,
      given: draft.given.slice(0, 20).map((condition) => oneLine(condition)),
      input: draft.input,
      activityIds: draft.activities,
      expect: {
        toolNames: draft.activities.flatMap((id) => toolNames.get(id) ?? []),
        approvals: approvals.flatMap(({ activityId, reason }) =>
          activityId !== null && done.has(activityId) ? [reason] : [],
        ),
        outcome: asSentence(plainName(draft.outcome, 500)),
      },
    };
  });
}
