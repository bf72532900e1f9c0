/** What a model leaves open, in the words in which it is asked. */
import type { ProcessActivity, ProcessQuestion, Span } from './process-model.ts';

export type Question = Omit<ProcessQuestion, 'id'>;

export const activityWords = (activity: Pick<ProcessActivity, 'verb' | 'object'>): string =>
  activity.object === null ? activity.verb : `${activity.verb} ${activity.object}`;

export const askWhichSteps = (span: Span): Question => ({
  span,
  question: 'Which steps does the process have, and who does them? No step of work was found in this text.',
  kind: 'NO_PROCESS',
  elementIds: [],
});

/** `guess`: who acted before, as a help to answer. */
export const askWho = (activity: ProcessActivity, guess?: string): Question => ({
  span: activity.span,
  question: `Who does this step: “${activityWords(activity)}”?${guess === undefined ? '' : ` Is it still “${guess}”?`}`,
  kind: 'MISSING_ACTOR',
  elementIds: [activity.id],
});

export const askStart = (first: ProcessActivity): Question => ({
  span: first.span,
  question: `What starts the process, so that somebody begins with “${activityWords(first)}”?`,
  kind: 'MISSING_TRIGGER',
  elementIds: [first.id],
});

/** A decision of which only one side is told. */
export interface OneSided {
  readonly span: Span;
  readonly condition: string;
  readonly gatewayId: string;
}

const isElse = (condition: string): boolean => /^(?:or )?(?:else|otherwise)$/iu.test(condition);

export const askOtherSide = ({ span, condition, gatewayId }: OneSided): Question => ({
  span,
  question: isElse(condition)
    ? `Which condition does this “${condition}” belong to?`
    : `What happens if this does not hold: “${condition}”?`,
  kind: isElse(condition) ? 'MISSING_CONDITION' : 'DANGLING_BRANCH',
  elementIds: [gatewayId],
});

/** The text says that the process goes back, and not where to. */
export const askWhereBack = ({ id, span }: { readonly id: string; readonly span: Span }): Question => ({
  span,
  question: 'To which step does the process go back here?',
  kind: 'OTHER',
  elementIds: [id],
});

export const askWhichSystem = (span: Span, words: string): Question => ({
  span,
  question: `Which software is meant by “${words}”?`,
  kind: 'UNNAMED_SYSTEM',
  elementIds: [],
});

/** In the order of the text. */
export const numberQuestions = (questions: readonly Question[]): readonly ProcessQuestion[] =>
  questions
    .toSorted((left, right) => left.span.start - right.span.start)
    .map((question, index) => ({ id: `question-${index + 1}`, ...question }));
