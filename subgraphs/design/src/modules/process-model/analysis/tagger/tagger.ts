/** The trained tagger: probabilities of segments, and the mentions that are probable enough. */
import type { Mention } from '../mentions.ts';
import type { RuleSentence } from '../rule-mentions.ts';
import { decide, withoutImpossible } from './decision.ts';
import { LABELS } from './labels.ts';
import { marginalsOf } from './lattice.ts';
import type { Segment } from './lattice.ts';
import { potentialsOf, rowsOf } from './scoring.ts';
import type { SentenceRows, Weights } from './scoring.ts';
import { viewOf } from './sentence-view.ts';
import type { TrainedWeights } from './weights-file.ts';

/** Laid out as `segmentIndex` says. */
export const segmentProbabilities = (
  rules: RuleSentence,
  rows: SentenceRows,
  weights: Weights,
): Float64Array => marginalsOf(withoutImpossible(rules, potentialsOf(rows, weights))).segments;

const toMention = ({ label, first, end }: Segment): Mention => ({
  type: LABELS[label] ?? 'ACTIVITY',
  first,
  end,
});

/** In text order, without overlaps. */
export const tagSentence = (
  sentence: RuleSentence,
  { tables, weights, thresholds }: TrainedWeights,
): readonly Mention[] => {
  const rows = rowsOf(viewOf(sentence), tables);
  return decide(sentence, segmentProbabilities(sentence, rows, weights), thresholds).map(toMention);
};
