/** Where the work stops until a person has agreed: decisions of people, what cannot be taken back, limits, and what was asked for. */
import { activityTitle, findActor, isDecision, isHumanDecision } from '../definition/activities.ts';
import type { Automation } from '../definition/automation-cut.ts';
import { asSentence, oneLine, toWords } from '../definition/plain-text.ts';
import { nextActivities } from '../definition/process-steps.ts';
import { LASTING_VERBS, READING_VERBS } from '../definition/work-words.ts';
import type { ProcessActivity, ProcessModel, ProcessRule } from '../process-model/process-model.ts';
import type { Adjustment, ApprovalPoint } from './proposal.ts';

export interface WaitingInput {
  readonly processModel: ProcessModel;
  readonly automation: Automation;
  readonly adjustments: readonly Adjustment[];
}

/** Why tools of an activity wait for a person, by the id of the activity. Decisions of people are not among them: they wait by themselves. */
export function findWaiting(input: WaitingInput): ReadonlyMap<string, string> {
  const asked = askedApprovals(input.adjustments);
  return new Map(
    input.processModel.activities.flatMap((activity) => {
      const isRequired = asked.get(activity.id);
      if (isRequired === false || isHumanDecision(input.processModel, activity)) return [];
      const reason = isRequired === true ? 'You asked for it.' : reasonFor(activity, input);
      return reason === null ? [] : [[activity.id, reason] as const];
    }),
  );
}

/** The latest word on each activity counts. */
function askedApprovals(adjustments: readonly Adjustment[]): ReadonlyMap<string, boolean> {
  return new Map(
    adjustments.flatMap((adjustment) =>
      adjustment.kind === 'APPROVAL' ? [[adjustment.activityId, adjustment.isRequired] as const] : [],
    ),
  );
}

function reasonFor(activity: ProcessActivity, { processModel, automation }: WaitingInput): string | null {
  if (automation.get(activity.id)?.performer !== 'AGENT' || activity.systemIds.length === 0) return null;
  const [verb = ''] = toWords(activity.verb);
  if (LASTING_VERBS.has(verb)) return `To ${verb} is hard to take back.`;
  const recipient = findActor(processModel, activity.recipientId);
  if (activity.kind === 'SEND' && recipient?.kind === 'EXTERNAL') {
    return `It reaches ${oneLine(recipient.name, 80)}, outside the company.`;
  }
  if (READING_VERBS.has(verb)) return null;
  const limit = processModel.rules.find((rule) => rule.activityId === activity.id && isUpperLimit(rule));
  return limit === undefined ? null : `The description sets a limit: ${asSentence(limit.description)}`;
}

/** A number of things, such as `at least three offers`, is no limit beyond which somebody must agree. */
function isUpperLimit({ kind, threshold }: ProcessRule): boolean {
  if (kind !== 'THRESHOLD' || threshold === null) return false;
  return threshold.currency !== null && threshold.comparison !== 'BELOW';
}

export interface ApprovalsInput {
  readonly processModel: ProcessModel;
  readonly waiting: ReadonlyMap<string, string>;
  readonly toolNames: ReadonlyMap<string, readonly string[]>;
  /** The agent that does or helps with an activity. */
  readonly agentOf: (activityId: string) => string;
}

export function proposeApprovals(input: ApprovalsInput): readonly ApprovalPoint[] {
  return input.processModel.activities.flatMap((activity) => {
    const reason = approvalReason(activity, input);
    if (reason === null) return [];
    const toolNames = [activity, ...changesAfter(activity, input.processModel)].flatMap(
      ({ id }) => input.toolNames.get(id) ?? [],
    );
    return [
      {
        activityId: activity.id,
        agentKey: input.agentOf(activity.id),
        toolNames: [...new Set(toolNames)],
        reason,
      },
    ];
  });
}

function approvalReason(activity: ProcessActivity, { processModel, waiting }: ApprovalsInput): string | null {
  const title = activityTitle(activity);
  if (isHumanDecision(processModel, activity)) {
    const decider = findActor(processModel, activity.actorId)?.name ?? '';
    return `«${title}» is decided by ${oneLine(decider, 80)}.`;
  }
  if (isDecision(activity) && activity.actorId === null) {
    return `«${title}» is a decision, and nobody is named for it.`;
  }
  const reason = waiting.get(activity.id);
  return reason === undefined ? null : `«${title}» waits for a person. ${reason}`;
}

function changesAfter(activity: ProcessActivity, model: ProcessModel): readonly ProcessActivity[] {
  if (!isHumanDecision(model, activity)) return [];
  return nextActivities(model, activity).filter(({ verb }) => !READING_VERBS.has(toWords(verb)[0] ?? ''));
}
