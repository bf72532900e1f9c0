/** Which of the segments are mentions: what the corpus teaches, steadied by what the rules of English say. */
import type { RuleSentence } from '../rule-mentions.ts';
import { LABELS, LONGEST_SEGMENT, maxWords } from './labels.ts';
import { segmentIndex } from './lattice.ts';
import type { Potentials, Segment } from './lattice.ts';
import { selectSegments } from './selection.ts';
import { MARKS } from './sentence-view.ts';

export interface Thresholds {
  /** A segment is kept when it is more probable than this. */
  readonly alone: number;
  /** One that the rules find too may be less probable: texts unlike those of the corpus make the tagger unsure. */
  readonly withRules: number;
}

const ACTIVITY = LABELS.indexOf('ACTIVITY');
const AND_GATEWAY = LABELS.indexOf('AND_GATEWAY');
const LONGEST_STEP = maxWords(ACTIVITY);
const CERTAIN = 1;
const JOINS = new Set(['and', 'or', ',', '/']);

/**
 * Ruled out before anything is weighed: what is not done is no step, `approves or rejects` are two, and no mention starts or ends with a
 * comma or a full stop.
 */
export const withoutImpossible = (rules: RuleSentence, potentials: Potentials): Potentials => {
  const { tokens } = rules.sentence;
  const { length } = tokens;
  const segments = Float64Array.from(potentials.segments);
  const forbid = (first: number, end: number, label: number): void => {
    if (first >= 0 && end <= length && end - first <= maxWords(label))
      segments[segmentIndex(first, end - first, label)] = -Infinity;
  };
  const isNoStep = tokens.map(({ lower }) => JOINS.has(lower));
  for (const group of rules.groups) if (group.isNegated) isNoStep[group.head] = true;
  tokens.forEach(({ lower }, at) => {
    for (let first = at - LONGEST_STEP + 1; first <= at && isNoStep[at] === true; first += 1)
      for (let end = at + 1; end <= first + LONGEST_STEP; end += 1) forbid(first, end, ACTIVITY);
    for (let words = 1; words <= LONGEST_SEGMENT && MARKS.has(lower); words += 1)
      LABELS.forEach((_, label) => {
        forbid(at, at + words, label);
        forbid(at - words + 1, at + 1, label);
      });
  });
  return { ...potentials, segments };
};

/** What keeping each segment is worth. */
const gainsOf = (rules: RuleSentence, probabilities: Float64Array, thresholds: Thresholds): Float64Array => {
  const gains = probabilities.map((probability) => probability - thresholds.alone);
  for (const { type, first, end } of rules.mentions) {
    const label = LABELS.findIndex((one) => one === type);
    if (label < 0 || end - first > maxWords(label)) continue;
    const index = segmentIndex(first, end - first, label);
    // The corpus has a handful of parallel gateways, too few to learn from.
    gains[index] = label === AND_GATEWAY ? CERTAIN : (probabilities[index] ?? 0) - thresholds.withRules;
  }
  return gains;
};

export const decide = (
  rules: RuleSentence,
  probabilities: Float64Array,
  thresholds: Thresholds,
): readonly Segment[] =>
  selectSegments(rules.sentence.tokens.length, gainsOf(rules, probabilities, thresholds));
