/**
 * Finds typed word spans, sentence by sentence. This is the only file that decides *what is mentioned*; what the mentions have to do
 * with each other is decided from this list alone.
 */
import { readByRules } from './rule-mentions.ts';
import type { RuleSentence } from './rule-mentions.ts';
import { loadWeights } from './tagger/load.ts';
import { tagSentence } from './tagger/tagger.ts';
import type { Sentence } from './tokenise.ts';

export type MentionType =
  | 'ACTIVITY'
  | 'ACTIVITY_DATA'
  | 'ACTOR'
  /** How or for what an activity is done, or what it finds out: `checks whether the form is complete`. */
  | 'FURTHER_SPECIFICATION'
  | 'CONDITION'
  | 'XOR_GATEWAY'
  | 'AND_GATEWAY'
  | 'OR_GATEWAY';

/** Token indexes within one sentence, `end` exclusive. */
export interface Mention {
  readonly type: MentionType;
  readonly first: number;
  readonly end: number;
}

export interface TaggedSentence {
  readonly sentence: Sentence;
  /** In text order, without overlaps. */
  readonly mentions: readonly Mention[];
}

const mentionsOf = (rules: RuleSentence): readonly Mention[] =>
  rules.sentence.kind === 'HEADING' ? [] : tagSentence(rules, loadWeights());

export const findMentions = (sentences: readonly Sentence[]): readonly TaggedSentence[] =>
  readByRules(sentences).map((rules) => ({ sentence: rules.sentence, mentions: mentionsOf(rules) }));
