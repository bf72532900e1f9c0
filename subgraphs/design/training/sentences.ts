/** Corpus tokens as the sentences that the analyser works on: with offsets, parts of speech and lemmas. */
import { tokenise } from '../src/modules/process-model/analysis/tokenise.ts';
import type { Sentence, Token } from '../src/modules/process-model/analysis/tokenise.ts';
import type { CorpusSentence, Document } from './corpus.ts';

const NO_SPACE_BEFORE = /^(?:[.,;:!?)\]%]|'s|'|n't)$/u;
const NO_SPACE_AFTER = /^[([]$/u;

interface Detokenised {
  readonly text: string;
  readonly starts: readonly number[];
}

/** The part-of-speech tagger wants natural text: no spaces before commas, none inside brackets. */
const detokenise = (tokens: readonly string[]): Detokenised => {
  let text = '';
  const starts = tokens.map((token, at) => {
    const previous = tokens[at - 1];
    const isTight = previous === undefined || NO_SPACE_BEFORE.test(token) || NO_SPACE_AFTER.test(previous);
    text += isTight ? '' : ' ';
    const start = text.length;
    text += token;
    return start;
  });
  return { text, starts };
};

/** The longest part that lies over the corpus token decides; the two ways of cutting words seldom differ. */
const tokenOver = (tagged: readonly Token[], start: number, end: number): Token | undefined => {
  const overlap = (token: Token): number => Math.min(end, token.end) - Math.max(start, token.start);
  return tagged
    .filter((token) => overlap(token) > 0)
    .toSorted((left, right) => overlap(right) - overlap(left))[0];
};

const toSentence = ({ tokens: words }: CorpusSentence, offset: number): Sentence => {
  const { text, starts } = detokenise(words);
  const tagged = tokenise(text).flatMap(({ tokens }) => tokens);
  const tokens = words.map((word, at): Token => {
    const start = starts[at] ?? 0;
    const over = tokenOver(tagged, start, start + word.length);
    const lower = word.toLowerCase();
    const isSame = over?.lower === lower;
    return {
      text: word,
      lower,
      lemma: isSame ? over.lemma : lower,
      pos: over?.pos ?? 'X',
      start: offset + start,
      end: offset + start + word.length,
    };
  });
  return { kind: 'PROSE', start: offset, end: offset + text.length, tokens };
};

export interface ReadDocument {
  /** The sentences joined by spaces; tokens point into it. */
  readonly text: string;
  /** One per corpus sentence, with exactly its tokens, so that mentions of the corpus fit. */
  readonly sentences: readonly Sentence[];
}

export const toSentences = (document: Document): ReadDocument => {
  let text = '';
  const sentences = document.sentences.map((sentence) => {
    const offset = text === '' ? 0 : text.length + 1;
    text += `${text === '' ? '' : ' '}${detokenise(sentence.tokens).text}`;
    return toSentence(sentence, offset);
  });
  return { text, sentences };
};
