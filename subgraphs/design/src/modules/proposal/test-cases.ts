/** One test case for each way through the process. */
import { activityTitle } from '../definition/activities.ts';
import { asSentence, clip, oneLine } from '../definition/plain-text.ts';
import type { Finding } from '../definition/finding.ts';
import type { ProcessModel } from '../process-model/process-model.ts';
import { enumeratePaths, MAX_PATHS } from './process-paths.ts';
import type { ProcessPath } from './process-paths.ts';
import type { ApprovalPoint, ProposalTestCase } from './proposal.ts';

const MAX_NAME_LENGTH = 160;

export interface TestCasesInput {
  readonly processModel: ProcessModel;
  /** Tools by the id of the activity that they serve. */
  readonly toolNames: ReadonlyMap<string, readonly string[]>;
  readonly approvals: readonly ApprovalPoint[];
}

export interface ProposedTestCases {
  readonly testCases: readonly ProposalTestCase[];
  readonly findings: readonly Finding[];
}

export function proposeTestCases(input: TestCasesInput): ProposedTestCases {
  if (input.processModel.activities.length === 0) return { testCases: [], findings: [] };
  const { paths, isCut, uncovered } = enumeratePaths(input.processModel);
  const told = paths.filter(({ activityIds }) => activityIds.length > 0);
  const titles = new Map(
    input.processModel.activities.map((activity) => [activity.id, activityTitle(activity)]),
  );
  return {
    testCases: told.map((path, index) => toTestCase(path, `case-${index + 1}`, { ...input, titles })),
    findings: isCut ? [cutFinding(told.length, uncovered)] : [],
  };
}

function cutFinding(count: number, uncovered: number): Finding {
  const branches = uncovered === 0 ? 'take every branch once' : `leave ${uncovered} branches untaken`;
  return {
    severity: 'WARNING',
    path: ['testCases'],
    message: `There are more than ${MAX_PATHS} ways through the process; the ${count} test cases ${branches}.`,
  };
}

type CaseInput = TestCasesInput & { readonly titles: ReadonlyMap<string, string> };

function toTestCase(path: ProcessPath, id: string, input: CaseInput): ProposalTestCase {
  const given = path.given.map((condition) => oneLine(condition));
  const done = new Set(path.activityIds);
  return {
    id,
    name: clip(given.length === 0 ? 'Straight through' : given.join('; '), MAX_NAME_LENGTH),
    given,
    input: toInput(path, given, input),
    activityIds: path.activityIds,
    expect: {
      toolNames: path.activityIds.flatMap((activityId) => input.toolNames.get(activityId) ?? []),
      approvals: input.approvals
        .filter(({ activityId }) => activityId !== null && done.has(activityId))
        .map(({ reason }) => reason),
      outcome: outcomeOf(path, input),
    },
  };
}

/** What somebody would say who starts the process in such a case. */
function toInput(path: ProcessPath, given: readonly string[], { processModel, titles }: CaseInput): string {
  const [first] = path.activityIds;
  const trigger =
    processModel.triggers.find(
      ({ activityId }) => activityId !== null && path.activityIds.includes(activityId),
    ) ?? processModel.triggers[0];
  const start = trigger?.description ?? `start with «${titles.get(first ?? '') ?? ''}»`;
  const happened = asSentence(start.replace(/^(?:when(?:ever)?|once|if|as soon as)\s+/i, ''));
  // What somebody decides on the way is not known when it starts.
  const known = given.filter((condition) => !condition.startsWith('«'));
  return known.length === 0 ? happened : `${happened} In this case ${oneLine(known.join(', and '), 2_000)}.`;
}

function outcomeOf({ activityIds, end }: ProcessPath, { titles }: CaseInput): string {
  if (end !== null) return asSentence(end);
  return `It is over after «${titles.get(activityIds.at(-1) ?? '') ?? ''}».`;
}
