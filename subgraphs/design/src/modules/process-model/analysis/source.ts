/** Places in the text and the words found there. */
import type { Span } from '../process-model.ts';
import type { Mention, TaggedSentence } from './mentions.ts';
import { POSSESSIVES } from './noun-words.ts';
import type { Token } from './tokenise.ts';

/** One place in a sentence, by token index, `end` exclusive. */
export interface Place {
  readonly sentence: number;
  readonly first: number;
  readonly end: number;
}

export interface Source {
  readonly text: string;
  readonly sentences: readonly TaggedSentence[];
}

const LEADING = new Set([
  'the',
  'a',
  'an',
  'this',
  'that',
  'these',
  'those',
  'all',
  'each',
  'every',
  'any',
  'some',
  'another',
  'no',
  'both',
  'said',
  'respective',
]);
const isLeading = (token: Token): boolean => LEADING.has(token.lower) || POSSESSIVES.has(token.lower);

export const tokensAt = (source: Source, place: Place): readonly Token[] =>
  source.sentences[place.sentence]?.sentence.tokens.slice(place.first, place.end) ?? [];

export const toPlace = (sentence: number, mention: Pick<Mention, 'first' | 'end'>): Place => ({
  sentence,
  first: mention.first,
  end: mention.end,
});

export const spanOf = (source: Source, place: Place): Span => {
  const tokens = tokensAt(source, place);
  return { start: tokens[0]?.start ?? 0, end: tokens.at(-1)?.end ?? 0 };
};

/** Without articles and possessives, if anything is left then. */
export const withoutArticle = (source: Source, place: Place): Place => {
  const tokens = tokensAt(source, place);
  const kept = tokens.findIndex((token) => !isLeading(token));
  return kept <= 0 ? place : { ...place, first: place.first + kept };
};

/** The words at a span, on one line, without control characters, which a database may refuse. */
export const wordsAt = (source: Source, span: Span): string =>
  source.text
    .slice(span.start, span.end)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
