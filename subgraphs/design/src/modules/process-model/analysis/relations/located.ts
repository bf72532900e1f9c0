/** Mentions with their place in the whole text, so that relations can join any two of them. */
import type { Mention, TaggedSentence } from '../mentions.ts';
import type { Token } from '../tokenise.ts';

export interface LocatedMention extends Mention {
  readonly sentence: number;
  /** Its place in the mentions of the sentence. */
  readonly index: number;
}

export interface LocatedSentence {
  readonly index: number;
  readonly tokens: readonly Token[];
  readonly mentions: readonly LocatedMention[];
}

export const locate = (sentences: readonly TaggedSentence[]): readonly LocatedSentence[] =>
  sentences.map(({ sentence, mentions }, index) => ({
    index,
    tokens: sentence.tokens,
    mentions: mentions.map((mention, at) => ({ ...mention, sentence: index, index: at })),
  }));

export const lowerAt = (sentence: LocatedSentence, at: number): string => sentence.tokens[at]?.lower ?? '';

/** The lower-case words from `first` to before `end`. */
export const wordsBetween = (sentence: LocatedSentence, first: number, end: number): readonly string[] =>
  sentence.tokens.slice(Math.max(0, first), Math.max(0, end)).map((token) => token.lower);

/** Mentions of a type that lie wholly from `first` to before `end`. */
export const mentionsBetween = (
  sentence: LocatedSentence,
  type: Mention['type'],
  first: number,
  end: number,
): readonly LocatedMention[] =>
  sentence.mentions.filter(
    (mention) => mention.type === type && mention.first >= first && mention.end <= end,
  );
