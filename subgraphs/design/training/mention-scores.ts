/** Precision, recall and F1 of mentions by the PET scheme: a mention counts when type and both ends are exact. */
import { LABELS } from '../src/modules/process-model/analysis/tagger/labels.ts';
import type { Label } from '../src/modules/process-model/analysis/tagger/labels.ts';
import type { Segment } from '../src/modules/process-model/analysis/tagger/lattice.ts';

export interface Counts {
  readonly found: number;
  readonly right: number;
  readonly gold: number;
}

export interface Score extends Counts {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

export const toScore = (counts: Counts): Score => ({
  ...counts,
  precision: share(counts.right, counts.found),
  recall: share(counts.right, counts.gold),
  f1: share(2 * counts.right, counts.found + counts.gold),
});

export interface MentionScores {
  readonly all: Score;
  readonly byType: readonly (Score & { readonly type: Label })[];
}

export interface Comparison {
  readonly found: readonly Segment[];
  readonly gold: readonly Segment[];
}

const countWhere = (comparisons: readonly Comparison[], counts: (label: number) => boolean): Counts => {
  let [found, right, gold] = [0, 0, 0];
  for (const comparison of comparisons) {
    const expected = comparison.gold.filter(({ label }) => counts(label));
    const got = comparison.found.filter(({ label }) => counts(label));
    found += got.length;
    gold += expected.length;
    right += got.filter((one) =>
      expected.some(({ label, first, end }) => label === one.label && first === one.first && end === one.end),
    ).length;
  }
  return { found, right, gold };
};

/** One comparison per sentence. */
export const scoreMentions = (comparisons: readonly Comparison[]): MentionScores => ({
  all: toScore(countWhere(comparisons, () => true)),
  byType: LABELS.map((type, index) => ({
    type,
    ...toScore(countWhere(comparisons, (label) => label === index)),
  })),
});
