/** What the description leaves open, asked where it is left open. */
import type { ProcessActivity, ProcessQuestion, Span } from '../process-model.ts';
import type { Flows } from './flows.ts';
import { wordsAt } from './source.ts';
import type { Source } from './source.ts';

type Question = Omit<ProcessQuestion, 'id'>;

const phrase = (activity: ProcessActivity): string =>
  activity.object === null ? activity.verb : `${activity.verb} ${activity.object}`;

const askWho = (activity: ProcessActivity): Question => ({
  kind: 'MISSING_ACTOR',
  elementIds: [activity.id],
  span: activity.span,
  question: `Who does this step: “${phrase(activity)}”?`,
});

const askOther = (decision: Flows['oneSided'][number]): Question =>
  decision.condition === 'otherwise' || decision.condition === 'else'
    ? {
        kind: 'MISSING_CONDITION',
        elementIds: [],
        span: decision.span,
        question: 'Which condition does this “otherwise” belong to?',
      }
    : {
        kind: 'DANGLING_BRANCH',
        elementIds: [],
        span: decision.span,
        question: `What happens if this does not hold: “${decision.condition}”?`,
      };

const unique = (source: Source, spans: readonly Span[]): readonly Span[] => {
  const seen = new Set<string>();
  return spans.filter((span) => {
    const words = wordsAt(source, span).toLowerCase();
    if (seen.has(words)) return false;
    seen.add(words);
    return true;
  });
};

const whole = (text: string): Span => {
  const start = text.length - text.trimStart().length;
  return { start: Math.min(start, text.trimEnd().length), end: text.trimEnd().length };
};

export interface QuestionInput {
  readonly source: Source;
  readonly activities: readonly ProcessActivity[];
  readonly oneSided: Flows['oneSided'];
  readonly unnamedSystems: readonly Span[];
}

export const findQuestions = ({
  source,
  activities,
  oneSided,
  unnamedSystems,
}: QuestionInput): readonly ProcessQuestion[] => {
  if (activities.length === 0) {
    const question =
      'Which steps does the process have, and who does them? No step of work was found in this text.';
    return [{ id: 'question-1', span: whole(source.text), question, kind: 'NO_PROCESS', elementIds: [] }];
  }
  const questions: readonly Question[] = [
    ...activities.filter((activity) => activity.actorId === null).map(askWho),
    ...oneSided.map(askOther),
    ...unique(source, unnamedSystems).map((span): Question => ({
      kind: 'UNNAMED_SYSTEM',
      elementIds: [],
      span,
      question: `Which software is meant by “${wordsAt(source, span)}”?`,
    })),
  ];
  return questions
    .toSorted((left, right) => left.span.start - right.span.start)
    .map((question, index) => ({ id: `question-${index + 1}`, ...question }));
};
