/** From the features of a sentence to the potentials of its lattice. */
import type { FeatureTable } from './feature-table.ts';
import { LABEL_COUNT, LONGEST_SEGMENT } from './labels.ts';
import { segmentIndex } from './lattice.ts';
import type { Potentials } from './lattice.ts';
import { segmentFeatures } from './segment-features.ts';
import type { SentenceView } from './sentence-view.ts';
import { wordFeatures } from './word-features.ts';

/** Weights per feature of a word: inside each label or outside of all, then as first word of each label, then as last. */
export const WORD_COLUMNS = 3 * LABEL_COUNT + 1;
export const OUTSIDE_COLUMN = LABEL_COUNT;
export const FIRST_COLUMN = LABEL_COUNT + 1;
export const LAST_COLUMN = 2 * LABEL_COUNT + 1;

type Numbers = Float32Array | Float64Array;

export interface Weights {
  readonly words: Numbers;
  readonly segments: Numbers;
  readonly transitions: Float64Array;
}

export interface FeatureTables {
  readonly words: FeatureTable;
  readonly segments: FeatureTable;
}

/** The known features of a sentence, as rows: those of item k are `rows[starts[k]]` up to `rows[starts[k + 1]]`. */
export interface RowList {
  readonly starts: Int32Array;
  readonly rows: Int32Array;
}

export interface SentenceRows {
  readonly length: number;
  readonly words: RowList;
  /** Item number: first word times the longest segment, plus words less one. */
  readonly segments: RowList;
}

const listRows = (
  count: number,
  table: FeatureTable,
  featuresOf: (item: number) => readonly number[],
): RowList => {
  const rows: number[] = [];
  const starts = new Int32Array(count + 1);
  for (let item = 0; item < count; item += 1) {
    for (const key of featuresOf(item)) {
      const row = table.rowOf(key);
      if (row >= 0) rows.push(row);
    }
    starts[item + 1] = rows.length;
  }
  return { starts, rows: Int32Array.from(rows) };
};

/** None for segments that start or end with a comma or the like: they are never mentions. */
export const featuresOfSegment = (view: SentenceView, item: number): readonly number[] => {
  const first = Math.floor(item / LONGEST_SEGMENT);
  const end = first + (item % LONGEST_SEGMENT) + 1;
  if (end > view.length || view.isMark[first] === 1 || view.isMark[end - 1] === 1) return [];
  return segmentFeatures(view, first, end);
};

export const rowsOf = (view: SentenceView, tables: FeatureTables): SentenceRows => ({
  length: view.length,
  words: listRows(view.length, tables.words, (at) => wordFeatures(view, at)),
  segments: listRows(view.length * LONGEST_SEGMENT, tables.segments, (item) => featuresOfSegment(view, item)),
});

/** Adds up the weights of an item's features. */
const sumInto = (sums: Float64Array, list: RowList, item: number, weights: Numbers): void => {
  const columns = sums.length;
  sums.fill(0);
  const end = list.starts[item + 1] ?? 0;
  for (let at = list.starts[item] ?? 0; at < end; at += 1) {
    const from = (list.rows[at] ?? 0) * columns;
    for (let column = 0; column < columns; column += 1)
      sums[column] = (sums[column] ?? 0) + (weights[from + column] ?? 0);
  }
};

export const potentialsOf = ({ length, words, segments }: SentenceRows, weights: Weights): Potentials => {
  const wordSums = new Float64Array(length * WORD_COLUMNS);
  const inside = new Float64Array((length + 1) * LABEL_COUNT);
  const outside = new Float64Array(length);
  const word = new Float64Array(WORD_COLUMNS);
  for (let at = 0; at < length; at += 1) {
    sumInto(word, words, at, weights.words);
    wordSums.set(word, at * WORD_COLUMNS);
    outside[at] = word[OUTSIDE_COLUMN] ?? 0;
    for (let label = 0; label < LABEL_COUNT; label += 1)
      inside[(at + 1) * LABEL_COUNT + label] = (inside[at * LABEL_COUNT + label] ?? 0) + (word[label] ?? 0);
  }
  const scores = new Float64Array(length * LONGEST_SEGMENT * LABEL_COUNT);
  const whole = new Float64Array(LABEL_COUNT);
  for (let first = 0; first < length; first += 1) {
    for (let size = 1; size <= Math.min(LONGEST_SEGMENT, length - first); size += 1) {
      const end = first + size;
      sumInto(whole, segments, first * LONGEST_SEGMENT + size - 1, weights.segments);
      for (let label = 0; label < LABEL_COUNT; label += 1)
        scores[segmentIndex(first, size, label)] =
          (whole[label] ?? 0) +
          (inside[end * LABEL_COUNT + label] ?? 0) -
          (inside[first * LABEL_COUNT + label] ?? 0) +
          (wordSums[first * WORD_COLUMNS + FIRST_COLUMN + label] ?? 0) +
          (wordSums[(end - 1) * WORD_COLUMNS + LAST_COLUMN + label] ?? 0);
    }
  }
  return { length, segments: scores, outside, transitions: weights.transitions };
};
