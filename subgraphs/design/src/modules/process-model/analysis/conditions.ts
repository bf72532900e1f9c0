/** Words that open a decision, and how far the condition after them reaches. */
import type { NounPhrase, VerbGroup } from './chunks.ts';
import type { Sentence, Token } from './tokenise.ts';
import { isGerund, isParticiple } from './verb-words.ts';

export interface Cue {
  readonly type: 'IF' | 'UNLESS' | 'ELSE';
  readonly first: number;
  readonly end: number;
  /** Words of the condition; empty for `otherwise`. */
  readonly conditionEnd: number;
}

const OPENERS: readonly { readonly words: readonly string[]; readonly type: Cue['type'] }[] = [
  { words: ['for', 'the', 'case', 'that'], type: 'IF' },
  { words: ['in', 'the', 'case', 'that'], type: 'IF' },
  { words: ['in', 'the', 'event', 'that'], type: 'IF' },
  { words: ['in', 'the', 'case', 'of'], type: 'IF' },
  { words: ['in', 'all', 'other', 'cases'], type: 'ELSE' },
  { words: ['in', 'case', 'that'], type: 'IF' },
  { words: ['in', 'case', 'of'], type: 'IF' },
  { words: ['in', 'any', 'other', 'case'], type: 'ELSE' },
  { words: ['in', 'case'], type: 'IF' },
  { words: ['as', 'long', 'as'], type: 'IF' },
  { words: ['only', 'if'], type: 'IF' },
  { words: ['only', 'when'], type: 'IF' },
  { words: ['or', 'else'], type: 'ELSE' },
  { words: ['provided', 'that'], type: 'IF' },
  { words: ['if', 'not', ','], type: 'ELSE' },
  { words: ['if', 'so', ','], type: 'IF' },
  { words: ['if'], type: 'IF' },
  { words: ['unless'], type: 'UNLESS' },
  { words: ['otherwise'], type: 'ELSE' },
  { words: ['else'], type: 'ELSE' },
];

const matches = (tokens: readonly Token[], at: number, phrase: readonly string[]): boolean =>
  phrase.every((word, offset) => tokens[at + offset]?.lower === word);
const isBreak = (token: Token | undefined): boolean =>
  token === undefined ||
  token.lower === ';' ||
  token.lower === ':' ||
  token.lower === '.' ||
  token.lower === ')' ||
  token.lower === '–' ||
  token.lower === '—';

/** Does a main clause start here: a subject with its verb, an order, or `then`? */
const opensClause = (context: SentenceParts, at: number): boolean => {
  const { tokens } = context.sentence;
  const token = tokens[at];
  if (token === undefined) return false;
  if (token.lower === 'then') return true;
  if (['and', 'or', 'but'].includes(token.lower)) return false;
  const group = context.groups.find((candidate) => candidate.first === at);
  if (group !== undefined) return !group.isReduced && !group.isGerund;
  const phrase = context.phrases.find((candidate) => candidate.first === at);
  if (phrase === undefined)
    return token.pos === 'ADV' || token.pos === 'ADP' || token.pos === 'SCONJ' || token.lower === '"';
  return verbFollows(context, phrase.end);
};

const verbFollows = (context: SentenceParts, from: number): boolean => {
  for (let at = from; at < context.sentence.tokens.length; at += 1) {
    const token = context.sentence.tokens[at];
    if (token === undefined || token.lower === ',' || token.lower === ';') return false;
    if (
      context.groups.some(
        (group) => group.first === at && !group.isReduced && !group.isInfinitive && !group.isGerund,
      )
    )
      return true;
  }
  return false;
};

export interface SentenceParts {
  readonly sentence: Sentence;
  readonly phrases: readonly NounPhrase[];
  readonly groups: readonly VerbGroup[];
}

/** Without a comma, the condition ends before the subject of the second finite verb. */
const endWithoutComma = (context: SentenceParts, from: number, limit: number): number => {
  const finite = context.groups.filter(
    (group) =>
      group.head >= from && group.head < limit && !group.isInfinitive && !group.isGerund && !group.isReduced,
  );
  const second = finite[1];
  if (finite[0] === undefined) return limit;
  if (second === undefined) {
    const order = context.groups.find(
      (group) =>
        group.head > (finite[0]?.end ?? limit) &&
        group.head < limit &&
        !isParticiple(context.sentence.tokens[group.head]?.lower ?? ''),
    );
    return order !== undefined &&
      !order.isInfinitive &&
      !isGerund(context.sentence.tokens[order.head]?.lower ?? '')
      ? order.first
      : limit;
  }
  const subject = context.phrases.findLast(
    (phrase) => phrase.end <= second.first && phrase.first >= (finite[0]?.end ?? from),
  );
  const joined = context.sentence.tokens[(subject?.first ?? second.first) - 1]?.lower;
  return joined === 'and' || joined === 'or' || joined === 'that' ? limit : (subject?.first ?? second.first);
};

const conditionEnd = (context: SentenceParts, from: number): number => {
  const { tokens } = context.sentence;
  let limit = from;
  let sawComma = false;
  for (; limit < tokens.length && !isBreak(tokens[limit]); limit += 1) {
    const token = tokens[limit];
    if (limit > from && (token?.lower === 'then' || token?.lower === 'otherwise'))
      return tokens[limit - 1]?.lower === ',' ? limit - 1 : limit;
    if (token?.lower !== ',') continue;
    if (opensClause(context, limit + 1)) return limit;
    sawComma = true;
  }
  if (!sawComma) return isSentenceInitial(tokens, from) ? endWithoutComma(context, from, limit) : limit;
  const comma = tokens.findIndex((token, index) => index >= from && token.lower === ',');
  return comma < 0 ? limit : comma;
};

const isSentenceInitial = (tokens: readonly Token[], from: number): boolean =>
  from <= 5 && !tokens.slice(0, Math.max(0, from - 4)).some((token) => token.pos === 'VERB');

const openerAt = (tokens: readonly Token[], at: number): (typeof OPENERS)[number] | null => {
  const found = OPENERS.find((opener) => matches(tokens, at, opener.words));
  if (found === undefined) return null;
  // `checks if the form is complete` asks a question, it opens no branch.
  const before = tokens[at - 1];
  if (
    found.words.length === 1 &&
    found.type === 'IF' &&
    before !== undefined &&
    [
      'check',
      'see',
      'verify',
      'determine',
      'ask',
      'decide',
      'test',
      'wonder',
      'know',
      'examine',
      'evaluate',
    ].includes(before.lemma)
  )
    return null;
  if (
    found.words[0] === 'else' &&
    before !== undefined &&
    ['someone', 'somebody', 'anyone', 'something', 'anything', 'everyone', 'everything', 'nothing'].includes(
      before.lower,
    )
  )
    return null;
  return found;
};

export const findCues = (context: SentenceParts): readonly Cue[] => {
  const { tokens } = context.sentence;
  const cues: Cue[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const opener = openerAt(tokens, at);
    if (opener === null) continue;
    const size = opener.words.at(-1) === ',' ? opener.words.length - 1 : opener.words.length;
    const end = at + size;
    const reach = opener.type === 'ELSE' || opener.words[1] === 'so' ? end : conditionEnd(context, end);
    cues.push({ type: opener.type, first: at, end, conditionEnd: reach });
    at = Math.max(end, reach) - 1;
  }
  return cues;
};
