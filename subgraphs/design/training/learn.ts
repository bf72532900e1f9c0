/** Learns weights: the mean of several models, each learnt from another sample of the documents. */
import { FeatureTable } from '../src/modules/process-model/analysis/tagger/feature-table.ts';
import { LONGEST_SEGMENT } from '../src/modules/process-model/analysis/tagger/labels.ts';
import type { FeatureTables, Weights } from '../src/modules/process-model/analysis/tagger/scoring.ts';
import { minimise } from './minimise.ts';
import { objective, sizeOf, splitWeights } from './objective.ts';
import type { Example } from './objective.ts';
import { isLearnable, toSentenceRows } from './prepare.ts';
import type { KeyList, PreparedDocument } from './prepare.ts';
import type { Random } from './random.ts';

export interface LearnOptions {
  readonly penalty: number;
  readonly iterations: number;
  readonly tolerance: number;
  readonly models: number;
  /** A feature of fewer documents is not learnt. */
  readonly minDocuments: number;
}

export interface Learnt {
  readonly tables: FeatureTables;
  readonly weights: Weights;
}

const addKeys = (list: KeyList, first: number, end: number, found: Set<number>): void => {
  for (let at = list.starts[first] ?? 0; at < (list.starts[end] ?? 0); at += 1) found.add(list.keys[at] ?? 0);
};

const tableOf = (
  documents: readonly PreparedDocument[],
  minDocuments: number,
  collect: (document: PreparedDocument, found: Set<number>) => void,
): FeatureTable => {
  const counts = new Map<number, number>();
  for (const document of documents) {
    const found = new Set<number>();
    collect(document, found);
    for (const key of found) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const kept = [...counts].filter(([, count]) => count >= minDocuments).map(([key]) => key);
  return new FeatureTable(Uint32Array.from(kept).toSorted());
};

/** Of whole segments, only features that a mention has somewhere: what never is one would fill most of the table. */
const tablesOf = (documents: readonly PreparedDocument[], minDocuments: number): FeatureTables => {
  const ofMentions = new Set<number>();
  for (const { sentences } of documents)
    for (const { segments, gold } of sentences)
      for (const { first, end } of gold.filter(isLearnable)) {
        const item = first * LONGEST_SEGMENT + end - first - 1;
        addKeys(segments, item, item + 1, ofMentions);
      }
  const segments = tableOf(documents, minDocuments, ({ sentences }, found) => {
    for (const sentence of sentences) addKeys(sentence.segments, 0, sentence.length * LONGEST_SEGMENT, found);
    for (const key of found) if (!ofMentions.has(key)) found.delete(key);
  });
  const words = tableOf(documents, minDocuments, ({ sentences }, found) => {
    for (const sentence of sentences) addKeys(sentence.words, 0, sentence.length, found);
  });
  return { words, segments };
};

/** How often each document is in a sample: drawn with replacement; a single model sees each once. */
const drawSample = (count: number, isWhole: boolean, random: Random): readonly number[] => {
  if (isWhole) return Array.from({ length: count }, () => 1);
  const drawn = Array.from({ length: count }, () => 0);
  for (let draw = 0; draw < count; draw += 1) {
    const at = Math.floor(random() * count);
    drawn[at] = (drawn[at] ?? 0) + 1;
  }
  return drawn;
};

export const learn = (
  documents: readonly PreparedDocument[],
  options: LearnOptions,
  random: Random,
): Learnt => {
  const tables = tablesOf(documents, options.minDocuments);
  const shape = { wordRows: tables.words.keys.length, segmentRows: tables.segments.keys.length };
  const examples = documents.map(({ sentences }) =>
    sentences.map((sentence) => ({
      rows: toSentenceRows(sentence, tables),
      segments: sentence.gold.filter(isLearnable),
    })),
  );
  const mean = new Float64Array(sizeOf(shape));
  for (let model = 0; model < options.models; model += 1) {
    const sample = drawSample(documents.length, options.models === 1, random);
    const weighted = examples.flatMap((sentences, index) =>
      sentences.map((sentence): Example => ({ ...sentence, weight: sample[index] ?? 0 })),
    );
    const evaluate = objective(weighted, shape, options.penalty);
    minimise(new Float64Array(sizeOf(shape)), evaluate, options).forEach((value, at) => {
      mean[at] = (mean[at] ?? 0) + value / options.models;
    });
  }
  return { tables, weights: splitWeights(mean, shape) };
};
