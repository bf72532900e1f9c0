/**
 * Every way to cut a sentence into labelled segments and single words outside of them, summed up (semi-Markov forward and backward).
 * A state remembers the label of the last mention also across words outside, so that `actor, then activity` can be learnt.
 */
import { LABEL_COUNT, LONGEST_SEGMENT, maxWords } from './labels.ts';

/** A mention just ended (one state per label), or a word outside just passed after such a mention, or after none. */
export const STATE_COUNT = 2 * LABEL_COUNT + 1;
const START = 2 * LABEL_COUNT;
/** A transition goes to a label, or to a word outside. */
export const TARGET_COUNT = LABEL_COUNT + 1;
const OUTSIDE = LABEL_COUNT;

const stateOutside = (state: number): number => (state < LABEL_COUNT ? LABEL_COUNT + state : state);

export const segmentIndex = (first: number, words: number, label: number): number =>
  (first * LONGEST_SEGMENT + words - 1) * LABEL_COUNT + label;

/** Scores, as logarithms. */
export interface Potentials {
  /** Number of words. */
  readonly length: number;
  /** By `segmentIndex`; entries beyond a label's longest or the end of the sentence are not read. */
  readonly segments: Float64Array;
  /** One for each word that is in no segment. */
  readonly outside: Float64Array;
  /** State times target. */
  readonly transitions: Float64Array;
}

/** Probabilities, laid out as the potentials. */
export interface Marginals {
  readonly logTotal: number;
  readonly segments: Float64Array;
  readonly outside: Float64Array;
  /** Expected number of uses. */
  readonly transitions: Float64Array;
}

/** Sums numbers given as logarithms, without overflow. */
class LogSum {
  readonly terms = new Float64Array(LONGEST_SEGMENT + STATE_COUNT);
  #count = 0;

  add(term: number): void {
    if (term === -Infinity) return;
    this.terms[this.#count] = term;
    this.#count += 1;
  }

  take(): number {
    const { terms } = this;
    const count = this.#count;
    this.#count = 0;
    let most = -Infinity;
    for (let at = 0; at < count; at += 1) most = Math.max(most, terms[at] ?? -Infinity);
    if (most === -Infinity) return -Infinity;
    let sum = 0;
    for (let at = 0; at < count; at += 1) sum += Math.exp((terms[at] ?? -Infinity) - most);
    return most + Math.log(sum);
  }
}

const at = (values: Float64Array, index: number): number => values[index] ?? -Infinity;

interface Forward {
  /** Position times state: all ways to get there. */
  readonly alpha: Float64Array;
  /** Position times label: all ways to be there and then open a segment of that label. */
  readonly opening: Float64Array;
}

const forward = ({ length, segments, outside, transitions }: Potentials): Forward => {
  const alpha = new Float64Array((length + 1) * STATE_COUNT).fill(-Infinity);
  const opening = new Float64Array(length * LABEL_COUNT);
  const sum = new LogSum();
  const arrive = (position: number): void => {
    const row = position * STATE_COUNT;
    const before = row - STATE_COUNT;
    for (let label = 0; label < LABEL_COUNT; label += 1) {
      for (let words = 1; words <= Math.min(maxWords(label), position); words += 1) {
        const first = position - words;
        sum.add(at(opening, first * LABEL_COUNT + label) + at(segments, segmentIndex(first, words, label)));
      }
      alpha[row + label] = sum.take();
    }
    const word = at(outside, position - 1);
    for (let state = LABEL_COUNT; state < STATE_COUNT; state += 1) {
      sum.add(at(alpha, before + state) + at(transitions, state * TARGET_COUNT + OUTSIDE) + word);
      const label = state - LABEL_COUNT;
      if (state !== START)
        sum.add(at(alpha, before + label) + at(transitions, label * TARGET_COUNT + OUTSIDE) + word);
      alpha[row + state] = sum.take();
    }
  };
  const open = (position: number): void => {
    for (let label = 0; label < LABEL_COUNT; label += 1) {
      for (let state = 0; state < STATE_COUNT; state += 1)
        sum.add(at(alpha, position * STATE_COUNT + state) + at(transitions, state * TARGET_COUNT + label));
      opening[position * LABEL_COUNT + label] = sum.take();
    }
  };
  alpha[START] = 0;
  for (let position = 0; position < length; position += 1) {
    open(position);
    arrive(position + 1);
  }
  return { alpha, opening };
};

interface Backward {
  /** Position times state: all ways on to the end. */
  readonly beta: Float64Array;
  /** Position times label: all ways on, given that a segment of that label opens here. */
  readonly onward: Float64Array;
}

const backward = ({ length, segments, outside, transitions }: Potentials): Backward => {
  const beta = new Float64Array((length + 1) * STATE_COUNT).fill(-Infinity);
  const onward = new Float64Array(length * LABEL_COUNT);
  const sum = new LogSum();
  beta.fill(0, length * STATE_COUNT);
  for (let position = length - 1; position >= 0; position -= 1) {
    for (let label = 0; label < LABEL_COUNT; label += 1) {
      for (let words = 1; words <= Math.min(maxWords(label), length - position); words += 1)
        sum.add(
          at(segments, segmentIndex(position, words, label)) +
            at(beta, (position + words) * STATE_COUNT + label),
        );
      onward[position * LABEL_COUNT + label] = sum.take();
    }
    for (let state = 0; state < STATE_COUNT; state += 1) {
      sum.add(
        at(transitions, state * TARGET_COUNT + OUTSIDE) +
          at(outside, position) +
          at(beta, (position + 1) * STATE_COUNT + stateOutside(state)),
      );
      for (let label = 0; label < LABEL_COUNT; label += 1)
        sum.add(at(transitions, state * TARGET_COUNT + label) + at(onward, position * LABEL_COUNT + label));
      beta[position * STATE_COUNT + state] = sum.take();
    }
  }
  return { beta, onward };
};

export const marginalsOf = (potentials: Potentials): Marginals => {
  const { length } = potentials;
  const { alpha, opening } = forward(potentials);
  const { beta, onward } = backward(potentials);
  const logTotal = at(beta, START);
  const segments = new Float64Array(length * LONGEST_SEGMENT * LABEL_COUNT);
  const outside = new Float64Array(length);
  const transitions = new Float64Array(STATE_COUNT * TARGET_COUNT);
  const addTransition = (index: number, probability: number): void => {
    transitions[index] = at(transitions, index) + probability;
  };
  for (let position = 0; position < length; position += 1) {
    for (let label = 0; label < LABEL_COUNT; label += 1) {
      const open = at(opening, position * LABEL_COUNT + label) - logTotal;
      for (let words = 1; words <= Math.min(maxWords(label), length - position); words += 1) {
        const index = segmentIndex(position, words, label);
        const on = at(beta, (position + words) * STATE_COUNT + label);
        segments[index] = Math.exp(open + at(potentials.segments, index) + on);
      }
    }
    for (let state = 0; state < STATE_COUNT; state += 1) {
      const here = at(alpha, position * STATE_COUNT + state) - logTotal;
      if (here === -Infinity) continue;
      for (let label = 0; label < LABEL_COUNT; label += 1) {
        const index = state * TARGET_COUNT + label;
        addTransition(
          index,
          Math.exp(here + at(potentials.transitions, index) + at(onward, position * LABEL_COUNT + label)),
        );
      }
      const index = state * TARGET_COUNT + OUTSIDE;
      const on = at(beta, (position + 1) * STATE_COUNT + stateOutside(state));
      const probability = Math.exp(
        here + at(potentials.transitions, index) + at(potentials.outside, position) + on,
      );
      addTransition(index, probability);
      outside[position] = at(outside, position) + probability;
    }
  }
  return { logTotal, segments, outside, transitions };
};

export interface Segment {
  readonly label: number;
  readonly first: number;
  readonly end: number;
}

/** The transitions of one cutting of the sentence, as indexes into `transitions`; words between the segments are outside. */
export const transitionsOf = (length: number, segments: readonly Segment[]): readonly number[] => {
  const used: number[] = [];
  let state = START;
  const goOutside = (words: number): void => {
    for (let word = 0; word < words; word += 1) {
      used.push(state * TARGET_COUNT + OUTSIDE);
      state = stateOutside(state);
    }
  };
  let position = 0;
  for (const segment of segments) {
    goOutside(segment.first - position);
    used.push(state * TARGET_COUNT + segment.label);
    state = segment.label;
    position = segment.end;
  }
  goOutside(length - position);
  return used;
};
