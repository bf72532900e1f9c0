import { expect, test } from 'vitest';
import { LABEL_COUNT, LONGEST_SEGMENT } from './labels.ts';
import { segmentIndex } from './lattice.ts';
import type { Segment } from './lattice.ts';
import { selectSegments } from './selection.ts';

const gainsOf = (length: number, segments: readonly (readonly [Segment, number])[]): Float64Array => {
  const values = new Float64Array(length * LONGEST_SEGMENT * LABEL_COUNT);
  for (const [{ label, first, end }, gain] of segments)
    values[segmentIndex(first, end - first, label)] = gain;
  return values;
};

const whole = { label: 1, first: 0, end: 4 };
const left = { label: 2, first: 0, end: 2 };
const right = { label: 1, first: 2, end: 4 };

test('two short segments go before a long one when they are worth more together', () => {
  const gains = gainsOf(5, [
    [whole, 0.25],
    [left, 0.2],
    [right, 0.15],
  ]);

  expect(selectSegments(5, gains)).toEqual([left, right]);
});

test('what gains nothing is left out', () => {
  const gains = gainsOf(5, [
    [left, 0.01],
    [right, 0],
  ]);

  expect(selectSegments(5, gains)).toEqual([left]);
  expect(selectSegments(5, gainsOf(5, [[whole, -0.1]]))).toEqual([]);
});
