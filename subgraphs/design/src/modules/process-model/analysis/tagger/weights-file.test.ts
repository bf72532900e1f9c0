import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { FeatureTable } from './feature-table.ts';
import { LABEL_COUNT } from './labels.ts';
import { STATE_COUNT, TARGET_COUNT } from './lattice.ts';
import { WORD_COLUMNS } from './scoring.ts';
import { readWeights, writeWeights } from './weights-file.ts';
import type { TrainedWeights } from './weights-file.ts';

const STEP = 1 / 256;
const ramp = (size: number): Float64Array => new Float64Array(size).map((_, at) => Math.sin(at) * (at % 7));

const WEIGHTS: TrainedWeights = {
  tables: {
    words: new FeatureTable(Uint32Array.of(1, 77, 4_294_967_295)),
    segments: new FeatureTable(Uint32Array.of(0, 256)),
  },
  weights: {
    words: ramp(3 * WORD_COLUMNS),
    segments: ramp(2 * LABEL_COUNT),
    transitions: ramp(STATE_COUNT * TARGET_COUNT),
  },
  thresholds: { alone: 0.4, withRules: 0.2 },
  origin: 'a test',
};

test('weights come back within half a step, keys exactly', () => {
  const read = readWeights(writeWeights(WEIGHTS, STEP));

  expect([read.thresholds, read.origin]).toEqual([WEIGHTS.thresholds, 'a test']);
  expect(read.tables.words.keys).toEqual(WEIGHTS.tables.words.keys);
  expect(read.tables.segments.keys).toEqual(WEIGHTS.tables.segments.keys);
  for (const part of ['words', 'segments', 'transitions'] as const)
    WEIGHTS.weights[part].forEach((value, at) => {
      expect(Math.abs((read.weights[part][at] ?? Infinity) - value)).toBeLessThanOrEqual(STEP / 2);
    });
});

test('the same weights are the same bytes', () => {
  expect(writeWeights(WEIGHTS, STEP)).toEqual(writeWeights(WEIGHTS, STEP));
});

test('a weight too large for 16 bits becomes the largest, not another sign', () => {
  const { weights } = WEIGHTS;
  const huge = { ...WEIGHTS, weights: { ...weights, segments: weights.segments.map(() => 1e9) } };

  expect(readWeights(writeWeights(huge, STEP)).weights.segments[0]).toBeCloseTo(32_767 * STEP);
});

test('a file that was cut, or is of other labels, is refused', () => {
  const file = gunzipSync(writeWeights(WEIGHTS, STEP));
  const renamed = Buffer.from(file.toString('latin1').replace('"ACTOR"', '"ACTER"'), 'latin1');

  expect(() => readWeights(gzipSync(file.subarray(0, -1)))).toThrow(/bytes long/u);
  expect(() => readWeights(gzipSync(renamed))).toThrow(/ACTER/u);
});

test('a key finds its row, an unknown key none', () => {
  const keys = Uint32Array.from({ length: 1_000 }, (_, at) => Math.imul(at, 2_654_435_761) >>> 0).toSorted();
  const table = new FeatureTable(keys);

  keys.forEach((key, row) => expect(table.rowOf(key)).toBe(row));
  expect(table.rowOf(12_345)).toBe(-1);
});
