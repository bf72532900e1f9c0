/** Noun phrases and verb groups of one sentence. */
import { isActorNoun, OBJECT_PRONOUNS, POSSESSIVES, SUBJECT_PRONOUNS } from './noun-words.ts';
import { isModal } from './tagging.ts';
import type { Sentence, Token } from './tokenise.ts';
import { isGerund, isParticiple, PARTICLE_IN_VERBS, PARTICLES } from './verb-words.ts';

/** Token indexes: `first` inclusive, `end` exclusive. */
export interface NounPhrase {
  readonly first: number;
  readonly end: number;
  readonly head: number;
  readonly isPronoun: boolean;
}

export interface VerbGroup {
  readonly first: number;
  /** After the head and its particle. */
  readonly end: number;
  readonly head: number;
  readonly isPassive: boolean;
  readonly isNegated: boolean;
  /** `to check`, without an auxiliary that makes it the main verb. */
  readonly isInfinitive: boolean;
  readonly isGerund: boolean;
  /** Without any finite form: `the form sent by the clerk`. */
  readonly isReduced: boolean;
}

const PREMODIFIERS = new Set(['ADJ', 'NUM', 'NOUN', 'PROPN', 'SYM', 'X']);
const JOINERS = new Set(["'s", "'", '-', '&', '/', '$', '#', '%']);
const QUANTIFIERS = new Set(['all', 'each', 'every', 'any', 'some', 'both', 'no', 'another', 'several']);

const isNoun = (token: Token | undefined): boolean => token?.pos === 'NOUN' || token?.pos === 'PROPN';
const opensPhrase = (token: Token): boolean =>
  token.pos === 'DET' || POSSESSIVES.has(token.lower) || QUANTIFIERS.has(token.lower);

const phraseAt = (tokens: readonly Token[], first: number): NounPhrase | null => {
  const opener = tokens[first];
  if (opener === undefined) return null;
  if (opener.pos === 'PRON' && !POSSESSIVES.has(opener.lower))
    return { first, end: first + 1, head: first, isPronoun: true };
  let at = first;
  while (at < tokens.length && at - first < 3) {
    const token = tokens[at];
    if (token === undefined || !opensPhrase(token)) break;
    at += 1;
  }
  const opened = at > first;
  let head = -1;
  for (; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    if (isNoun(token)) head = at;
    else if (PREMODIFIERS.has(token.pos) || (JOINERS.has(token.lower) && (head === at - 1 || at === first)))
      continue;
    else if (token.lower === '-' && tokens[at - 1]?.end === token.start) continue;
    else if (
      token.pos === 'VERB' &&
      (isParticiple(token.lower) || isGerund(token.lower)) &&
      modifiesNoun(tokens, at, opened && head < 0)
    )
      continue;
    else if (token.lower === 'and' && joinsModifiers(tokens, at)) continue;
    else break;
  }
  if (head < 0) return pronounLike(tokens, first, opened);
  return { first, end: head + 1, head, isPronoun: false };
};

/** `this`, `all`, `it` standing alone. */
const pronounLike = (tokens: readonly Token[], first: number, opened: boolean): NounPhrase | null => {
  const lower = tokens[first]?.lower ?? '';
  const isAlone =
    SUBJECT_PRONOUNS.has(lower) ||
    OBJECT_PRONOUNS.has(lower) ||
    ['all', 'this', 'these', 'those', 'each', 'both'].includes(lower);
  return opened && isAlone && !POSSESSIVES.has(lower)
    ? { first, end: first + 1, head: first, isPronoun: true }
    : null;
};

const modifiesNoun = (tokens: readonly Token[], at: number, isOpen: boolean): boolean => {
  const next = tokens[at + 1];
  return (
    isOpen &&
    next !== undefined &&
    (isNoun(next) || next.pos === 'ADJ' || (next.pos === 'VERB' && isNoun(tokens[at + 2])))
  );
};

const joinsModifiers = (tokens: readonly Token[], at: number): boolean =>
  tokens[at - 1]?.pos === 'ADJ' && tokens[at + 1]?.pos === 'ADJ' && isNoun(tokens[at + 2]);

export const nounPhrases = (sentence: Sentence): readonly NounPhrase[] => {
  const phrases: NounPhrase[] = [];
  let at = 0;
  while (at < sentence.tokens.length) {
    const phrase = phraseAt(sentence.tokens, at);
    if (phrase !== null) phrases.push(phrase);
    at = phrase?.end ?? at + 1;
  }
  return phrases;
};

const IN_GROUP = new Set(['ADV', 'PART', 'AUX']);
const SEMI_MODALS = new Set(['has', 'have', 'had', 'need', 'needs', 'needed', 'ought']);
/** Participles that take `to` and a verb: `is required to sign`. */
const LIGHT_VERBS = new Set([
  'required',
  'responsible',
  'supposed',
  'able',
  'obliged',
  'expected',
  'going',
  'asked',
  'used',
  'tries',
  'try',
  'attempts',
  'attempt',
  'starts',
  'start',
  'begins',
  'begin',
  'proceeds',
  'proceed',
  'continues',
  'decides',
  'decide',
]);

const particleEnd = (tokens: readonly Token[], head: number): number => {
  const verb = tokens[head];
  const next = tokens[head + 1];
  if (verb === undefined || next === undefined) return head + 1;
  if (PARTICLES.has(next.lower)) return head + 2;
  const follows = tokens[head + 2];
  const opensPlace = follows !== undefined && (follows.pos === 'DET' || POSSESSIVES.has(follows.lower));
  const isCheckIn = verb.lemma === 'check' && isActorNoun(tokens[head + 3]?.lower ?? '');
  const takesIn = next.lower === 'in' && opensPlace && (PARTICLE_IN_VERBS.has(verb.lemma) || isCheckIn);
  return takesIn ? head + 2 : head + 1;
};

/** Steps over `has to`, `is required to`, `tries to` up to the verb that counts. */
const groupFrom = (tokens: readonly Token[], first: number): VerbGroup | null => {
  let at = first;
  let head = -1;
  let hasBe = false;
  let isNegated = false;
  let isFinite = false;
  for (; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    const follows = tokens[at + 1]?.lower === 'to' && tokens[at + 2]?.pos === 'VERB';
    if (token.lower === 'not' || token.lower === "n't" || token.lower === 'never' || token.lower === 'cannot')
      isNegated = true;
    if (token.pos === 'AUX' || isModal(token.lower)) {
      isFinite = true;
      hasBe =
        token.lemma === 'be' || ['been', 'being', "'s", 'gets'].includes(token.lower)
          ? true
          : isModal(token.lower)
            ? hasBe
            : false;
      if (follows) at += 1;
      continue;
    }
    if ((SEMI_MODALS.has(token.lower) || LIGHT_VERBS.has(token.lower)) && follows) {
      isFinite = true;
      hasBe = false;
      at += 1;
      continue;
    }
    if (
      ['get', 'gets', 'got'].includes(token.lower) &&
      tokens[at + 1]?.pos === 'VERB' &&
      isParticiple(tokens[at + 1]?.lower ?? '')
    ) {
      isFinite = true;
      hasBe = true;
      continue;
    }
    if (token.pos === 'VERB') {
      head = at;
      break;
    }
    if (!IN_GROUP.has(token.pos)) break;
  }
  const verb = tokens[head];
  if (head < 0 || verb === undefined) return null;
  const previous = tokens[head - 1];
  const isPassive = hasBe && isParticiple(verb.lower);
  const isInfinitive = !isFinite && first === head && previous?.lower === 'to';
  const isReduced = !isFinite && isParticiple(verb.lower) && !isSimplePast(tokens, head);
  return {
    first,
    end: particleEnd(tokens, head),
    head,
    isPassive,
    isNegated,
    isInfinitive,
    isGerund: !hasBe && isGerund(verb.lower),
    isReduced,
  };
};

/** `the clerk sent the form`: a participle form that is the finite verb of its clause. */
const isSimplePast = (tokens: readonly Token[], head: number): boolean => {
  const next = tokens[head + 1];
  const takesObject =
    next !== undefined &&
    (next.pos === 'DET' || next.pos === 'PRON' || POSSESSIVES.has(next.lower) || next.pos === 'NUM');
  return takesObject || ['read', 'put', 'set', 'run', 'cut'].includes(tokens[head]?.lower ?? '');
};

export const verbGroups = (sentence: Sentence): readonly VerbGroup[] => {
  const groups: VerbGroup[] = [];
  const { tokens } = sentence;
  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at];
    const opens =
      token !== undefined &&
      (token.pos === 'AUX' ||
        token.pos === 'VERB' ||
        isModal(token.lower) ||
        (SEMI_MODALS.has(token.lower) && tokens[at + 1]?.lower === 'to'));
    const group = opens ? groupFrom(tokens, at) : null;
    if (group !== null) groups.push(group);
    at = group === null ? at + 1 : group.end;
  }
  return groups;
};
