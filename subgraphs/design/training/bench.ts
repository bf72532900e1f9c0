/**
 * `npm run bench:analysis -- --pet PATH`: how the committed analyser does on annotated documents, and how fast it is.
 * Documents that the weights were learnt from score far higher than others; `train:analysis -- --folds 5` tells what to expect of those.
 */
import { parseArgs } from 'node:util';
import { analyzeProcessText } from '../src/modules/process-model/analysis/analyze.ts';
import { findMentions } from '../src/modules/process-model/analysis/mentions.ts';
import { LABELS } from '../src/modules/process-model/analysis/tagger/labels.ts';
import { readCorpus } from './corpus.ts';
import type { Document } from './corpus.ts';
import { scoreMentions } from './mention-scores.ts';
import type { Comparison } from './mention-scores.ts';
import { toSegments } from './prepare.ts';
import { scoreRelations } from './relations/score-relations.ts';
import { mentionTable, relationTable } from './report.ts';
import { toSentences } from './sentences.ts';

const ROUNDS = 5;
const COUNTED_WORDS = 100;

const compare = (document: Document): readonly Comparison[] => {
  const tagged = findMentions(toSentences(document).sentences);
  return document.sentences.map((sentence, index) => ({
    found: (tagged[index]?.mentions ?? []).map(({ type, first, end }) => ({
      label: LABELS.findIndex((label) => label === type),
      first,
      end,
    })),
    gold: toSegments(sentence),
  }));
};

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;

const wallMs = (): number => performance.now();
const coreMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** Milliseconds per 100 words, from text to process model, once the code is warm. */
const measureLatency = (documents: readonly Document[], now: () => number): number => {
  const texts = documents.map((document) => ({
    text: toSentences(document).text,
    words: document.sentences.reduce((sum, sentence) => sum + sentence.tokens.length, 0),
  }));
  const measured = texts.map(({ text, words }) => {
    const times = Array.from({ length: ROUNDS }, () => {
      const start = now();
      analyzeProcessText(text);
      return now() - start;
    });
    return (median(times) / words) * COUNTED_WORDS;
  });
  return median(measured);
};

const { values: options } = parseArgs({ options: { pet: { type: 'string' } } });
if (options.pet === undefined) throw new Error('--pet PATH names the corpus, one JSON document per line');
const documents = await readCorpus(options.pet);
const mentions = scoreMentions(documents.flatMap(compare));
console.log(`${mentionTable(mentions)}\n`);
const relations = scoreRelations(documents);
console.log(`${relationTable(relations)}\n`);
// A busy machine slows the clock on the wall, not that of the core.
const latency = measureLatency(documents, wallMs).toFixed(1);
const ofCore = measureLatency(documents, coreMs).toFixed(1);
console.log(
  `${documents.length} documents, ${latency} ms per 100 words (median), ${ofCore} ms of one core\n`,
);
console.log(`mention F1 ${mentions.all.f1.toFixed(3)}`);
console.log(`relation F1 ${relations.all.f1.toFixed(3)}`);
