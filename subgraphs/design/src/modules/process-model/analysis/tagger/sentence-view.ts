/** What the features look at: per word and between words, as numbers that are quick to combine. */
import type { NounPhrase, VerbGroup } from '../chunks.ts';
import type { Cue } from '../conditions.ts';
import type { Mention } from '../mentions.ts';
import { isActorNoun, PROCESS_NOUNS, singular, SYSTEM_NOUNS, THING_NOUNS } from '../noun-words.ts';
import type { RuleSentence } from '../rule-mentions.ts';
import { isModal } from '../tagging.ts';
import type { Token } from '../tokenise.ts';
import {
  ADDRESSEE_VERBS,
  isGerund,
  isParticiple,
  isThirdPerson,
  SEND_VERBS,
  STATE_VERBS,
  workVerbBase,
} from '../verb-words.ts';
import { hashText } from './feature-list.ts';
import { LABELS } from './labels.ts';

const BEFORE = hashText('<before>');
const AFTER = hashText('<after>');

export interface SentenceView {
  readonly rules: RuleSentence;
  readonly length: number;
  readonly words: WordColumns;
  /** 1 for commas, full stops and the like. */
  readonly isMark: Uint8Array;
  /** The noun phrase that starts at a word. */
  readonly phraseFrom: readonly (NounPhrase | undefined)[];
  /** What the rules find at a word. */
  readonly mentionAt: readonly (Mention | undefined)[];
  /** The opener of a condition (`if`, `in case of`) that ends before a word. */
  readonly cueTo: readonly (Cue | undefined)[];
  /** The last verb group that ends at or before a word, and the first that starts at or after it. */
  readonly groupBefore: readonly (VerbGroup | undefined)[];
  readonly groupAfter: readonly (VerbGroup | undefined)[];
  /** How many verb groups have their head before a word. */
  readonly headsUpTo: Int32Array;
  readonly commasUpTo: Int32Array;
  readonly joinsUpTo: Int32Array;
}

/** One number per word; words before and after the sentence have numbers of their own. */
export class Column {
  readonly #values: Int32Array;

  constructor(values: readonly number[]) {
    this.#values = Int32Array.from(values);
  }

  at(index: number): number {
    return index < 0 ? BEFORE : (this.#values[index] ?? AFTER);
  }
}

interface WordColumns {
  readonly lower: Column;
  readonly lemma: Column;
  readonly pos: Column;
  readonly shape: Column;
  readonly suffix: Column;
  readonly kind: Column;
  /** Place in a noun phrase or a verb group, and of which form. */
  readonly chunk: Column;
  /** What the rules say of the word. */
  readonly rule: Column;
}

const shapeOf = (text: string): string => {
  if (/^[A-Z]{2,}s?$/u.test(text)) return 'ACRONYM';
  if (/^[A-Z]/u.test(text)) return 'Capital';
  if (/^\d/u.test(text)) return 'digit';
  if (/^[a-z]+$/u.test(text)) return 'plain';
  return /^\W+$/u.test(text) ? text : 'other';
};

const verbKind = (token: Token): string => {
  const base = workVerbBase(token.lower) ?? token.lemma;
  const form = isGerund(token.lower)
    ? 'ing'
    : isParticiple(token.lower)
      ? 'ed'
      : isThirdPerson(token.lower)
        ? 's'
        : 'base';
  if (ADDRESSEE_VERBS.has(base)) return `addressee-${form}`;
  if (SEND_VERBS.has(base)) return `send-${form}`;
  if (STATE_VERBS.has(base)) return `state-${form}`;
  return workVerbBase(token.lower) === null ? `verb-${form}` : `work-${form}`;
};

/** No mention starts or ends with one of them. */
export const MARKS: ReadonlySet<string> = new Set([',', '.', ';', ':', '!', '?', '…']);
const PERSONS = new Set(['he', 'she', 'they', 'we', 'i', 'you', 'who', 'him', 'her', 'them', 'us', 'me']);

export const kindOf = (token: Token): string => {
  if (token.pos === 'VERB') return verbKind(token);
  if (token.pos === 'AUX' || isModal(token.lower)) return isModal(token.lower) ? 'modal' : 'aux';
  if (token.pos === 'PRON') return PERSONS.has(token.lower) ? 'person' : 'pronoun';
  if (token.pos !== 'NOUN' && token.pos !== 'PROPN') return token.pos;
  const base = singular(token.lower);
  if (isActorNoun(token.lower)) return 'actor';
  if (SYSTEM_NOUNS.has(base)) return 'system';
  if (THING_NOUNS.has(base)) return 'thing';
  if (PROCESS_NOUNS.has(base)) return 'process';
  return shapeOf(token.text) === 'ACRONYM' ? 'acronym' : 'noun';
};

/** Voice and form of a verb group, as one word. */
export const formOf = (group: VerbGroup): string =>
  [
    group.isPassive ? 'passive' : '',
    group.isNegated ? 'not' : '',
    group.isInfinitive ? 'to' : '',
    group.isGerund ? 'ing' : '',
    group.isReduced ? 'reduced' : '',
  ].join('');

const chunksOf = (rules: RuleSentence): readonly number[] => {
  const chunks = rules.sentence.tokens.map(() => 'none');
  for (const phrase of rules.phrases)
    for (let at = phrase.first; at < phrase.end; at += 1)
      chunks[at] = `np${at === phrase.first ? 'B' : ''}${at === phrase.end - 1 ? 'E' : ''}`;
  for (const group of rules.groups)
    for (let at = group.first; at < group.end; at += 1) {
      const place = at < group.head ? 'before' : at === group.head ? 'head' : 'after';
      chunks[at] = `vg${place}${formOf(group)}`;
    }
  for (const cue of rules.cues) {
    for (let at = cue.first; at < cue.end; at += 1) chunks[at] += `cue${cue.type}`;
    for (let at = cue.end; at < cue.conditionEnd; at += 1) chunks[at] += 'condition';
  }
  return chunks.map(hashText);
};

const ruleTags = (rules: RuleSentence): readonly number[] => {
  const tags = rules.sentence.tokens.map(() => 0);
  for (const mention of rules.mentions)
    for (let at = mention.first; at < mention.end; at += 1)
      tags[at] = 2 * LABELS.findIndex((label) => label === mention.type) + (at === mention.first ? 1 : 2);
  return tags;
};

const countUpTo = (length: number, counts: (at: number) => boolean): Int32Array => {
  const sums = new Int32Array(length + 1);
  for (let at = 0; at < length; at += 1) sums[at + 1] = (sums[at] ?? 0) + (counts(at) ? 1 : 0);
  return sums;
};

const wordsOf = (rules: RuleSentence): WordColumns => {
  const { tokens } = rules.sentence;
  const column = (read: (token: Token) => string): Column =>
    new Column(tokens.map((token) => hashText(read(token))));
  return {
    lower: column((token) => token.lower),
    lemma: column((token) => (/^\d/u.test(token.lower) ? '<number>' : token.lemma.toLowerCase())),
    pos: column((token) => token.pos),
    shape: column((token) => shapeOf(token.text)),
    suffix: column((token) => token.lower.slice(-3)),
    kind: column(kindOf),
    chunk: new Column(chunksOf(rules)),
    rule: new Column(ruleTags(rules)),
  };
};

export const viewOf = (rules: RuleSentence): SentenceView => {
  const { tokens } = rules.sentence;
  const { length } = tokens;
  const phraseFrom: (NounPhrase | undefined)[] = tokens.map(() => undefined);
  for (const phrase of rules.phrases) {
    phraseFrom[phrase.first] = phrase;
  }
  const mentionAt: (Mention | undefined)[] = tokens.map(() => undefined);
  for (const mention of rules.mentions) mentionAt.fill(mention, mention.first, mention.end);
  const cueTo: (Cue | undefined)[] = [...tokens.map(() => undefined), undefined];
  for (const cue of rules.cues) cueTo[cue.end] = cue;
  const groupBefore: (VerbGroup | undefined)[] = [];
  const groupAfter: (VerbGroup | undefined)[] = [];
  let next = 0;
  for (let at = 0; at <= length; at += 1) {
    while (next < rules.groups.length && (rules.groups[next]?.first ?? length) < at) next += 1;
    groupAfter.push(rules.groups[next]);
    const last = (rules.groups[next - 1]?.end ?? 0) <= at ? next - 1 : next - 2;
    groupBefore.push(rules.groups[last]);
  }
  const heads = new Set(rules.groups.map((group) => group.head));
  const isWord = (at: number, ...words: readonly string[]): boolean =>
    words.includes(tokens[at]?.lower ?? '');
  return {
    rules,
    length,
    words: wordsOf(rules),
    isMark: Uint8Array.from(tokens, ({ lower }) => (MARKS.has(lower) ? 1 : 0)),
    phraseFrom,
    mentionAt,
    cueTo,
    groupBefore,
    groupAfter,
    headsUpTo: countUpTo(length, (at) => heads.has(at)),
    commasUpTo: countUpTo(length, (at) => isWord(at, ',', ';', ':')),
    joinsUpTo: countUpTo(length, (at) => isWord(at, 'and', 'or')),
  };
};
