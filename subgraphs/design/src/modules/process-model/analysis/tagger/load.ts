/** The committed weights, beside this file. */
import { readFileSync } from 'node:fs';
import { readWeights } from './weights-file.ts';
import type { TrainedWeights } from './weights-file.ts';

export const WEIGHTS_URL = new URL('mention-tagger.weights', import.meta.url);

let loaded: TrainedWeights | undefined;
/** Read once, on first use: the weights never change while a process runs. */
export const loadWeights = (): TrainedWeights => (loaded ??= readWeights(readFileSync(WEIGHTS_URL)));
