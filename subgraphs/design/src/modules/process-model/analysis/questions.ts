/** What the description leaves open, asked where it is left open. */
import {
  askOtherSide,
  askStart,
  askWhichSteps,
  askWhereBack,
  askWhichSystem,
  askWho,
  numberQuestions,
} from '../open-questions.ts';
import type { OneSided, Question } from '../open-questions.ts';
import type { ProcessActivity, ProcessQuestion, ProcessTrigger, Span } from '../process-model.ts';
import type { Flows } from './flows.ts';
import { wordsAt } from './source.ts';
import type { Source } from './source.ts';

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
  readonly triggers: readonly ProcessTrigger[];
  readonly oneSided: readonly OneSided[];
  readonly lostBack: Flows['lostBack'];
  /** By activity: who worked before, where nobody is named. */
  readonly guesses: ReadonlyMap<string, string>;
  readonly unnamedSystems: readonly Span[];
}

export const findQuestions = (input: QuestionInput): readonly ProcessQuestion[] => {
  const { source, activities, triggers, oneSided, lostBack, guesses, unnamedSystems } = input;
  const [first] = activities;
  if (first === undefined) return numberQuestions([askWhichSteps(whole(source.text))]);
  const questions: readonly Question[] = [
    ...(triggers.length === 0 ? [askStart(first)] : []),
    ...activities
      .filter((activity) => activity.actorId === null)
      .map((activity) => askWho(activity, guesses.get(activity.id))),
    ...oneSided.map(askOtherSide),
    ...lostBack.map(askWhereBack),
    ...unique(source, unnamedSystems).map((span) => askWhichSystem(span, wordsAt(source, span))),
  ];
  return numberQuestions(questions);
};
