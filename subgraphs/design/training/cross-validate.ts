/** Scores on documents that the models have not seen: every document is in the test part once per seed. */
import { decide } from '../src/modules/process-model/analysis/tagger/decision.ts';
import type { Thresholds } from '../src/modules/process-model/analysis/tagger/decision.ts';
import { segmentProbabilities } from '../src/modules/process-model/analysis/tagger/tagger.ts';
import { learn } from './learn.ts';
import type { Learnt, LearnOptions } from './learn.ts';
import { scoreMentions } from './mention-scores.ts';
import type { Comparison, MentionScores } from './mention-scores.ts';
import { toSentenceRows } from './prepare.ts';
import type { PreparedDocument } from './prepare.ts';
import { randomFrom, shuffle } from './random.ts';

export interface FoldPlan {
  readonly folds: number;
  readonly seed: number;
  readonly thresholds: Thresholds;
  readonly learning: LearnOptions;
}

export interface Fold {
  readonly documents: readonly string[];
  readonly scores: MentionScores;
}

export interface Validation {
  readonly folds: readonly Fold[];
  /** Of all documents together. */
  readonly scores: MentionScores;
}

const compare = (
  documents: readonly PreparedDocument[],
  { tables, weights }: Learnt,
  thresholds: Thresholds,
): readonly Comparison[] =>
  documents.flatMap(({ sentences }) =>
    sentences.map((sentence) => {
      const probabilities = segmentProbabilities(sentence.rules, toSentenceRows(sentence, tables), weights);
      return { found: decide(sentence.rules, probabilities, thresholds), gold: sentence.gold };
    }),
  );

export const crossValidate = (
  documents: readonly PreparedDocument[],
  plan: FoldPlan,
  report: (fold: Fold, number: number) => void,
): Validation => {
  const random = randomFrom(plan.seed);
  const order = shuffle(documents, random);
  const comparisons: Comparison[] = [];
  const folds = Array.from({ length: plan.folds }, (_, number) => {
    const isTest = (index: number): boolean => index % plan.folds === number;
    const unseen = order.filter((_document, index) => isTest(index));
    const learnt = learn(
      order.filter((_document, index) => !isTest(index)),
      plan.learning,
      random,
    );
    const compared = compare(unseen, learnt, plan.thresholds);
    comparisons.push(...compared);
    const fold = { documents: unseen.map(({ id }) => id), scores: scoreMentions(compared) };
    report(fold, number + 1);
    return fold;
  });
  return { folds, scores: scoreMentions(comparisons) };
};
