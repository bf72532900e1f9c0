/** The features of the corpus, made once: experiments with folds and samples only choose among them. */
import { readByRules } from '../src/modules/process-model/analysis/rule-mentions.ts';
import type { RuleSentence } from '../src/modules/process-model/analysis/rule-mentions.ts';
import { LABELS, LONGEST_SEGMENT, maxWords } from '../src/modules/process-model/analysis/tagger/labels.ts';
import type { Segment } from '../src/modules/process-model/analysis/tagger/lattice.ts';
import type {
  FeatureTables,
  RowList,
  SentenceRows,
} from '../src/modules/process-model/analysis/tagger/scoring.ts';
import { featuresOfSegment } from '../src/modules/process-model/analysis/tagger/scoring.ts';
import { viewOf } from '../src/modules/process-model/analysis/tagger/sentence-view.ts';
import { wordFeatures } from '../src/modules/process-model/analysis/tagger/word-features.ts';
import type { FeatureTable } from '../src/modules/process-model/analysis/tagger/feature-table.ts';
import type { CorpusSentence, Document } from './corpus.ts';
import { toSentences } from './sentences.ts';

/** Feature keys, laid out as the rows of a `RowList`. */
export interface KeyList {
  readonly starts: Int32Array;
  readonly keys: Uint32Array;
}

export interface PreparedSentence {
  readonly rules: RuleSentence;
  readonly length: number;
  readonly words: KeyList;
  readonly segments: KeyList;
  /** All mentions of the corpus. */
  readonly gold: readonly Segment[];
}

export interface PreparedDocument {
  readonly id: string;
  readonly sentences: readonly PreparedSentence[];
}

const listKeys = (count: number, featuresOf: (item: number) => readonly number[]): KeyList => {
  const keys: number[] = [];
  const starts = new Int32Array(count + 1);
  for (let item = 0; item < count; item += 1) {
    for (const key of featuresOf(item)) keys.push(key);
    starts[item + 1] = keys.length;
  }
  return { starts, keys: Uint32Array.from(keys) };
};

export const toSegments = (sentence: CorpusSentence): readonly Segment[] =>
  sentence.mentions.map(({ type, first, end }) => ({
    label: LABELS.findIndex((label) => label === type),
    first,
    end,
  }));

export const isLearnable = ({ label, first, end }: Segment): boolean => end - first <= maxWords(label);

/** Without hints, nothing that the rules find is seen: the rules were written with these very documents in view. */
export const prepare = (document: Document, hints: 'WITH_HINTS' | 'WITHOUT_HINTS'): PreparedDocument => {
  const views = readByRules(toSentences(document).sentences).map((rules) =>
    viewOf(hints === 'WITH_HINTS' ? rules : { ...rules, mentions: [] }),
  );
  return {
    id: document.id,
    sentences: document.sentences.flatMap((sentence, index) => {
      const view = views[index];
      if (view === undefined) return [];
      return {
        rules: view.rules,
        length: view.length,
        words: listKeys(view.length, (at) => wordFeatures(view, at)),
        segments: listKeys(view.length * LONGEST_SEGMENT, (item) => featuresOfSegment(view, item)),
        gold: toSegments(sentence),
      };
    }),
  };
};

const toRows = ({ starts, keys }: KeyList, table: FeatureTable): RowList => {
  const rows: number[] = [];
  const rowStarts = new Int32Array(starts.length);
  for (let item = 0; item + 1 < starts.length; item += 1) {
    for (let at = starts[item] ?? 0; at < (starts[item + 1] ?? 0); at += 1) {
      const row = table.rowOf(keys[at] ?? 0);
      if (row >= 0) rows.push(row);
    }
    rowStarts[item + 1] = rows.length;
  }
  return { starts: rowStarts, rows: Int32Array.from(rows) };
};

export const toSentenceRows = (sentence: PreparedSentence, tables: FeatureTables): SentenceRows => ({
  length: sentence.length,
  words: toRows(sentence.words, tables.words),
  segments: toRows(sentence.segments, tables.segments),
});
