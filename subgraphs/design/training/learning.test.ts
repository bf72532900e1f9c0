import { expect, test } from 'vitest';
import { LABEL_COUNT } from '../src/modules/process-model/analysis/tagger/labels.ts';
import { WORD_COLUMNS } from '../src/modules/process-model/analysis/tagger/scoring.ts';
import { decide } from '../src/modules/process-model/analysis/tagger/decision.ts';
import { segmentProbabilities } from '../src/modules/process-model/analysis/tagger/tagger.ts';
import { readWeights, writeWeights } from '../src/modules/process-model/analysis/tagger/weights-file.ts';
import { learn } from './learn.ts';
import { minimise } from './minimise.ts';
import { objective, sizeOf } from './objective.ts';
import { prepare, toSentenceRows } from './prepare.ts';
import { randomFrom, shuffle } from './random.ts';
import { TINY_CORPUS } from './tiny-corpus.ts';

const LEARNING = { penalty: 0.1, iterations: 40, tolerance: 1e-6, models: 2, minDocuments: 1 };
const THRESHOLDS = { alone: 0.5, withRules: 0.5 };
const documents = TINY_CORPUS.map((document) => prepare(document, 'WITH_HINTS'));

test('the gradient is the slope of the objective', () => {
  const { tables } = learn(documents, { ...LEARNING, models: 1, iterations: 0 }, randomFrom(1));
  const shape = { wordRows: tables.words.keys.length, segmentRows: tables.segments.keys.length };
  const examples = documents.flatMap(({ sentences }) =>
    sentences.map((sentence) => ({
      rows: toSentenceRows(sentence, tables),
      segments: sentence.gold,
      weight: 2,
    })),
  );
  const evaluate = objective(examples, shape, 0.5);
  const random = randomFrom(7);
  const weights = new Float64Array(sizeOf(shape)).map(() => (random() - 0.5) / 10);
  const { gradient } = evaluate(weights);
  const words = shape.wordRows * WORD_COLUMNS;
  const end = words + shape.segmentRows * LABEL_COUNT;
  // Some weights of words, of segments and of transitions.
  const sampled = [
    0,
    5,
    7,
    8,
    16,
    21,
    40,
    words,
    words + 1,
    words + 2,
    end - 1,
    end,
    end + 7,
    weights.length - 1,
  ];
  const slopeAt = (index: number): number => {
    const nudge = 1e-5;
    const valueAt = (by: number): number => {
      const moved = Float64Array.from(weights);
      moved[index] = (moved[index] ?? 0) + by;
      return evaluate(moved).value;
    };
    return (valueAt(nudge) - valueAt(-nudge)) / (2 * nudge);
  };

  for (const index of sampled) expect(gradient[index]).toBeCloseTo(slopeAt(index), 4);
});

test('the minimum of a bowl is found', () => {
  const found = minimise(
    Float64Array.of(8, -3, 5),
    (at) => {
      const [x = 0, y = 0, z = 0] = at;
      return {
        value: (x - 1) ** 2 + 10 * (y - 2) ** 2 + 100 * (z - 3) ** 2,
        gradient: Float64Array.of(2 * (x - 1), 20 * (y - 2), 200 * (z - 3)),
      };
    },
    { iterations: 100, tolerance: 0 },
  );

  expect([...found].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([1, 2, 3]);
});

test('what was learnt is found again, also after the weights went through a file', () => {
  const learnt = learn(documents, LEARNING, randomFrom(1));
  const file = writeWeights({ ...learnt, thresholds: THRESHOLDS, origin: 'a test' }, 1 / 256);
  const read = readWeights(file);

  for (const { tables, weights } of [learnt, read])
    for (const { sentences } of documents)
      for (const sentence of sentences) {
        const probabilities = segmentProbabilities(sentence.rules, toSentenceRows(sentence, tables), weights);
        expect(decide(sentence.rules, probabilities, THRESHOLDS)).toEqual(sentence.gold);
      }
});

test('the same corpus and seed give the same bytes, another seed gives others', () => {
  const bytesOf = (seed: number): Uint8Array =>
    writeWeights(
      {
        ...learn(
          TINY_CORPUS.map((document) => prepare(document, 'WITH_HINTS')),
          LEARNING,
          randomFrom(seed),
        ),
        thresholds: THRESHOLDS,
        origin: 'a test',
      },
      1 / 256,
    );

  expect(bytesOf(1)).toEqual(bytesOf(1));
  expect(bytesOf(1)).not.toEqual(bytesOf(2));
});

test('a shuffle keeps every item and depends on the seed alone', () => {
  const items = Array.from({ length: 30 }, (_, index) => index);
  const shuffled = shuffle(items, randomFrom(3));

  expect(shuffled.toSorted((left, right) => left - right)).toEqual(items);
  expect(shuffled).toEqual(shuffle(items, randomFrom(3)));
  expect(shuffled).not.toEqual(shuffle(items, randomFrom(4)));
});
