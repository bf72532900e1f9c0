/**
 * `npm run train:analysis -- --pet PATH` learns from all documents and writes the weights of the tagger.
 * With `--folds 5 [--seeds 1,2]` it writes nothing, but says how well models do on documents that they have not seen; with `--hints off` also
 * without the mentions that the rules find, which fit these documents better than others.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Thresholds } from '../src/modules/process-model/analysis/tagger/decision.ts';
import { WEIGHTS_URL } from '../src/modules/process-model/analysis/tagger/load.ts';
import { writeWeights } from '../src/modules/process-model/analysis/tagger/weights-file.ts';
import { readCorpus } from './corpus.ts';
import { crossValidate } from './cross-validate.ts';
import { learn } from './learn.ts';
import type { LearnOptions } from './learn.ts';
import { prepare } from './prepare.ts';
import type { PreparedDocument } from './prepare.ts';
import { randomFrom } from './random.ts';
import { mentionTable, spreadOf } from './report.ts';

const LEARNING: LearnOptions = { penalty: 3, iterations: 60, tolerance: 1e-4, models: 4, minDocuments: 2 };
const THRESHOLDS: Thresholds = { alone: 0.42, withRules: 0.05 };
const STEP = 1 / 256;
const SEED = 1;

const validate = (documents: readonly PreparedDocument[], folds: number, seeds: readonly number[]): void => {
  const scores = seeds.flatMap((seed) => {
    const plan = { folds, seed, thresholds: THRESHOLDS, learning: LEARNING };
    const validation = crossValidate(documents, plan, (fold, number) => {
      const { f1 } = fold.scores.all;
      console.log(`seed ${seed}, fold ${number}: F1 ${f1.toFixed(3)}, unseen ${fold.documents.join(' ')}`);
    });
    const ofFolds = validation.folds.map((fold) => fold.scores.all.f1);
    const { mean, deviation } = spreadOf(ofFolds);
    console.log(`\n${mentionTable(validation.scores)}`);
    console.log(
      `seed ${seed}: mean of ${folds} folds ${mean.toFixed(3)} (deviation ${deviation.toFixed(3)})\n`,
    );
    return ofFolds;
  });
  const { mean, deviation } = spreadOf(scores);
  console.log(
    `cross-validated mention F1 ${mean.toFixed(3)} (deviation ${deviation.toFixed(3)}, ${scores.length} folds)`,
  );
};

const write = async (documents: readonly PreparedDocument[]): Promise<void> => {
  const learnt = learn(documents, LEARNING, randomFrom(SEED));
  const origin = `learnt from ${documents.length} documents of the PET corpus (MIT licence) by npm run train:analysis`;
  const bytes = writeWeights({ ...learnt, thresholds: THRESHOLDS, origin }, STEP);
  await writeFile(WEIGHTS_URL, bytes);
  console.log(
    `${bytes.length.toLocaleString('en')} bytes: ${learnt.tables.words.keys.length.toLocaleString('en')} features of words, ${learnt.tables.segments.keys.length.toLocaleString('en')} of segments`,
  );
};

const { values: options } = parseArgs({
  options: {
    pet: { type: 'string' },
    folds: { type: 'string' },
    seeds: { type: 'string', default: '1,2' },
    hints: { type: 'string', default: 'on' },
  },
});
if (options.pet === undefined) throw new Error('--pet PATH names the corpus, one JSON document per line');
const hints = options.hints === 'off' ? 'WITHOUT_HINTS' : 'WITH_HINTS';
const documents = (await readCorpus(options.pet)).map((document) => prepare(document, hints));
if (options.folds === undefined && hints === 'WITHOUT_HINTS')
  throw new Error('--hints off is for --folds: the analyser always has the hints');
if (options.folds === undefined) await write(documents);
else validate(documents, Number(options.folds), options.seeds.split(',').map(Number));
