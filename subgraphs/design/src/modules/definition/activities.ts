/** What a single activity is: its title, who does it, whether it is a decision. */
import type { ProcessActivity, ProcessActor, ProcessModel, Span } from '../process-model/process-model.ts';
import { capitalize, plainLine, toWords } from './plain-text.ts';

export function activityTitle(activity: ProcessActivity): string {
  return capitalize(plainLine([activity.verb, activity.object ?? ''].join(' '), 160));
}

export function findActor(model: ProcessModel, id: string | null): ProcessActor | null {
  return model.actors.find((actor) => actor.id === id) ?? null;
}

export function isPerson(actor: ProcessActor | null): actor is ProcessActor {
  return actor !== null && actor.kind !== 'SYSTEM';
}

/** Verbs with which a person says yes or no, whatever else the sentence looks like. */
const DECIDING_VERBS = new Set(['approve', 'authorise', 'authorize', 'decide', 'decline', 'reject', 'veto']);

export function isDecision({ kind, verb }: ProcessActivity): boolean {
  return kind === 'DECISION' || DECIDING_VERBS.has(toWords(verb)[0] ?? '');
}

export function isHumanDecision(model: ProcessModel, activity: ProcessActivity): boolean {
  return isDecision(activity) && isPerson(findActor(model, activity.actorId));
}

/** What starts the process has happened before the agent begins. */
export function startsProcess(model: ProcessModel, activity: ProcessActivity): boolean {
  if (!isInText(activity.span)) return false;
  const { start, end } = activity.span;
  return model.triggers.some(
    ({ kind, span }) => kind === 'MESSAGE' && span.start <= start && end <= span.end,
  );
}

/** What a person added stands nowhere. */
export function isInText({ end }: Span): boolean {
  return end > 0;
}
