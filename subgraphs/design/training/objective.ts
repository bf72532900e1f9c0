/** The regularised negative log-likelihood of the corpus mentions, and its gradient. */
import {
  LABEL_COUNT,
  LONGEST_SEGMENT,
  maxWords,
} from '../src/modules/process-model/analysis/tagger/labels.ts';
import {
  marginalsOf,
  segmentIndex,
  STATE_COUNT,
  TARGET_COUNT,
  transitionsOf,
} from '../src/modules/process-model/analysis/tagger/lattice.ts';
import type { Segment } from '../src/modules/process-model/analysis/tagger/lattice.ts';
import {
  FIRST_COLUMN,
  LAST_COLUMN,
  OUTSIDE_COLUMN,
  potentialsOf,
  WORD_COLUMNS,
} from '../src/modules/process-model/analysis/tagger/scoring.ts';
import type { RowList, SentenceRows, Weights } from '../src/modules/process-model/analysis/tagger/scoring.ts';
import type { Evaluation } from './minimise.ts';

export interface Example {
  readonly rows: SentenceRows;
  /** The mentions of the corpus, without those that are too long to be found. */
  readonly segments: readonly Segment[];
  /** How often the document was drawn into the sample. */
  readonly weight: number;
}

export interface Shape {
  readonly wordRows: number;
  readonly segmentRows: number;
}

/** Smaller parts of a gradient are not worth the time. */
const NEGLIGIBLE = 1e-9;
const TRANSITIONS = STATE_COUNT * TARGET_COUNT;

export const sizeOf = ({ wordRows, segmentRows }: Shape): number =>
  wordRows * WORD_COLUMNS + segmentRows * LABEL_COUNT + TRANSITIONS;

/** Views into one long array, not copies. */
export const splitWeights = (
  flat: Float64Array,
  { wordRows, segmentRows }: Shape,
): { readonly words: Float64Array; readonly segments: Float64Array; readonly transitions: Float64Array } => {
  const words = wordRows * WORD_COLUMNS;
  const segments = words + segmentRows * LABEL_COUNT;
  return {
    words: flat.subarray(0, words),
    segments: flat.subarray(words, segments),
    transitions: flat.subarray(segments),
  };
};

const addTo = (list: RowList, item: number, values: Float64Array, gradient: Float64Array): void => {
  const columns = values.length;
  const end = list.starts[item + 1] ?? 0;
  for (let at = list.starts[item] ?? 0; at < end; at += 1) {
    const from = (list.rows[at] ?? 0) * columns;
    for (let column = 0; column < columns; column += 1)
      gradient[from + column] = (gradient[from + column] ?? 0) + (values[column] ?? 0);
  }
};

const increase = (values: Float64Array, index: number, by: number): void => {
  values[index] = (values[index] ?? 0) + by;
};

/** Adds the gradient of one sentence; gives its negative log-likelihood. */
const addExample = (
  example: Example,
  weights: Weights,
  gradient: ReturnType<typeof splitWeights>,
): number => {
  const { rows, segments, weight } = example;
  const { length } = rows;
  const potentials = potentialsOf(rows, weights);
  const { logTotal, ...expected } = marginalsOf(potentials);
  let score = 0;
  const covered = new Uint8Array(length);
  for (const { label, first, end } of segments) {
    const index = segmentIndex(first, end - first, label);
    score += potentials.segments[index] ?? 0;
    increase(expected.segments, index, -1);
    covered.fill(1, first, end);
  }
  for (let at = 0; at < length; at += 1) {
    if (covered[at] === 1) continue;
    score += potentials.outside[at] ?? 0;
    increase(expected.outside, at, -1);
  }
  for (const index of transitionsOf(length, segments)) {
    score += weights.transitions[index] ?? 0;
    increase(expected.transitions, index, -1);
  }
  expected.transitions.forEach((value, index) => increase(gradient.transitions, index, weight * value));
  const words = new Float64Array(length * WORD_COLUMNS);
  const whole = new Float64Array(LABEL_COUNT);
  const addSegment = (first: number, size: number, label: number): boolean => {
    const isLabel = size <= maxWords(label);
    const value = isLabel ? weight * (expected.segments[segmentIndex(first, size, label)] ?? 0) : 0;
    whole[label] = value;
    if (Math.abs(value) < NEGLIGIBLE) return false;
    increase(words, first * WORD_COLUMNS + FIRST_COLUMN + label, value);
    increase(words, (first + size - 1) * WORD_COLUMNS + LAST_COLUMN + label, value);
    for (let at = first; at < first + size; at += 1) increase(words, at * WORD_COLUMNS + label, value);
    return true;
  };
  for (let first = 0; first < length; first += 1) {
    increase(words, first * WORD_COLUMNS + OUTSIDE_COLUMN, weight * (expected.outside[first] ?? 0));
    for (let size = 1; size <= Math.min(LONGEST_SEGMENT, length - first); size += 1) {
      let isAny = false;
      for (let label = 0; label < LABEL_COUNT; label += 1) isAny = addSegment(first, size, label) || isAny;
      if (isAny) addTo(rows.segments, first * LONGEST_SEGMENT + size - 1, whole, gradient.segments);
    }
  }
  for (let at = 0; at < length; at += 1)
    addTo(rows.words, at, words.subarray(at * WORD_COLUMNS, (at + 1) * WORD_COLUMNS), gradient.words);
  return weight * (logTotal - score);
};

export const objective =
  (examples: readonly Example[], shape: Shape, penalty: number) =>
  (flat: Float64Array): Evaluation => {
    const gradient = flat.map((value) => penalty * value);
    let value = 0;
    for (const weight of flat) value += (penalty / 2) * weight * weight;
    const weights = splitWeights(flat, shape);
    const parts = splitWeights(gradient, shape);
    for (const example of examples) if (example.weight > 0) value += addExample(example, weights, parts);
    return { value, gradient };
  };
