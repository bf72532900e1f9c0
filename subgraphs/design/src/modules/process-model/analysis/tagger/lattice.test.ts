/** The sums over all cuttings are held against a plain enumeration of every cutting. */
import { describe, expect, test } from 'vitest';
import { LABEL_COUNT, LONGEST_SEGMENT, maxWords } from './labels.ts';
import { marginalsOf, segmentIndex, STATE_COUNT, TARGET_COUNT, transitionsOf } from './lattice.ts';
import type { Potentials, Segment } from './lattice.ts';

const randomFrom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
};

const fill = (size: number, random: () => number): Float64Array => {
  const values = new Float64Array(size);
  return values.map(() => 3 * random());
};

const potentialsOf = (length: number, seed: number): Potentials => {
  const random = randomFrom(seed);
  return {
    length,
    segments: fill(length * LONGEST_SEGMENT * LABEL_COUNT, random),
    outside: fill(length, random),
    transitions: fill(STATE_COUNT * TARGET_COUNT, random),
  };
};

const cuttings = (length: number, from = 0): readonly (readonly Segment[])[] => {
  if (from >= length) return [[]];
  const all = [...cuttings(length, from + 1)];
  for (let label = 0; label < LABEL_COUNT; label += 1)
    for (let end = from + 1; end <= Math.min(length, from + maxWords(label)); end += 1)
      for (const rest of cuttings(length, end)) all.push([{ label, first: from, end }, ...rest]);
  return all;
};

const scoreOf = (potentials: Potentials, segments: readonly Segment[]): number => {
  let score = 0;
  const inside = new Set<number>();
  for (const { label, first, end } of segments) {
    score += potentials.segments[segmentIndex(first, end - first, label)] ?? 0;
    for (let at = first; at < end; at += 1) inside.add(at);
  }
  potentials.outside.forEach((value, at) => {
    if (!inside.has(at)) score += value;
  });
  for (const index of transitionsOf(potentials.length, segments)) score += potentials.transitions[index] ?? 0;
  return score;
};

describe.each([1, 2, 3, 4])('a sentence of %d words', (length) => {
  const potentials = potentialsOf(length, length);
  const all = cuttings(length).map((segments) => ({
    segments,
    weight: Math.exp(scoreOf(potentials, segments)),
  }));
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  const marginals = marginalsOf(potentials);
  const probabilityOf = (holds: (segments: readonly Segment[]) => boolean): number =>
    all.filter(({ segments }) => holds(segments)).reduce((sum, { weight }) => sum + weight, 0) / total;

  test('the total is that of all cuttings', () => {
    expect(marginals.logTotal).toBeCloseTo(Math.log(total), 8);
  });

  test('each segment and each word outside is as probable as the cuttings that have it', () => {
    for (let first = 0; first < length; first += 1) {
      for (let label = 0; label < LABEL_COUNT; label += 1)
        for (let end = first + 1; end <= Math.min(length, first + maxWords(label)); end += 1)
          expect(marginals.segments[segmentIndex(first, end - first, label)]).toBeCloseTo(
            probabilityOf((segments) =>
              segments.some((one) => one.label === label && one.first === first && one.end === end),
            ),
            8,
          );
      expect(marginals.outside[first]).toBeCloseTo(
        probabilityOf((segments) => !segments.some((one) => one.first <= first && first < one.end)),
        8,
      );
    }
  });

  test('each transition is used as often as in the cuttings', () => {
    const expected = new Float64Array(STATE_COUNT * TARGET_COUNT);
    for (const { segments, weight } of all)
      for (const index of transitionsOf(length, segments))
        expected[index] = (expected[index] ?? 0) + weight / total;

    marginals.transitions.forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index] ?? 0, 8);
    });
  });
});

test('large scores of a long sentence neither overflow nor vanish', () => {
  const { segments, outside, transitions } = potentialsOf(300, 9);
  const marginals = marginalsOf({
    length: 300,
    segments: segments.map((value) => 200 * value),
    outside: outside.map((value) => 200 * value),
    transitions,
  });

  expect(Number.isFinite(marginals.logTotal)).toBe(true);
  for (const values of [marginals.segments, marginals.outside])
    expect(values.every((value) => value >= 0 && value <= 1 + 1e-6)).toBe(true);
});
