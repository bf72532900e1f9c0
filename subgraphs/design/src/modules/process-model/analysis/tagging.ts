/** Repairs the part-of-speech errors that matter here: verbs read as nouns (`the clerk checks the form`) and the reverse. */
import type { PartOfSpeech } from 'wink-nlp';
import { isActorNoun, POSSESSIVES } from './noun-words.ts';
import type { Sentence, Token } from './tokenise.ts';
import { isGerund, isParticiple, isThirdPerson, PARTICLES, STATE_VERBS, workVerbBase } from './verb-words.ts';

const NOUN_LIKE: ReadonlySet<PartOfSpeech> = new Set<PartOfSpeech>(['NOUN', 'PROPN']);
const MODALS = new Set([
  'can',
  'could',
  'may',
  'might',
  'must',
  'shall',
  'should',
  'will',
  'would',
  'ca',
  'wo',
  "'ll",
  "'d",
  'cannot',
]);
export const isModal = (lower: string): boolean => MODALS.has(lower);
const CLAUSE_STARTS = new Set([
  ',',
  ';',
  ':',
  '(',
  'and',
  'or',
  'but',
  'then',
  'which',
  'who',
  'that',
  'if',
  'when',
  'once',
  'after',
  'otherwise',
  '.',
]);
const VERB_INTRODUCERS = new Set([
  'then',
  'first',
  'finally',
  'next',
  'please',
  'and',
  'or',
  'otherwise',
  'also',
  'to',
  '"',
  '-',
  '–',
  'immediately',
  'always',
  'afterwards',
]);

const opensObject = (token: Token | undefined): boolean =>
  token !== undefined &&
  (token.pos === 'DET' ||
    POSSESSIVES.has(token.lower) ||
    (token.pos === 'PRON' && token.lower !== 'who') ||
    token.lower === 'whether' ||
    token.pos === 'NUM');

const continuesAfterVerb = (token: Token | undefined): boolean =>
  token === undefined ||
  opensObject(token) ||
  ['ADJ', 'NOUN', 'PROPN', 'ADP', 'ADV', 'SCONJ'].includes(token.pos) ||
  [',', '.', 'and', 'or', '"', ';'].includes(token.lower) ||
  token.lower === 'to';

class Retagger {
  readonly tokens: Token[];
  readonly kind: Sentence['kind'];

  constructor(sentence: Sentence) {
    this.tokens = [...sentence.tokens];
    this.kind = sentence.kind;
  }

  set(index: number, pos: PartOfSpeech): void {
    const token = this.tokens[index];
    if (token === undefined) return;
    this.tokens[index] = {
      ...token,
      pos,
      lemma: pos === 'VERB' ? (workVerbBase(token.lower) ?? token.lemma) : token.lemma,
    };
  }

  /** A finite verb between the start of the clause and this word. */
  hasVerbBefore(index: number): boolean {
    for (let at = index - 1; at >= 0; at -= 1) {
      const token = this.tokens[at];
      if (token === undefined || CLAUSE_STARTS.has(token.lower)) return false;
      if (token.pos === 'AUX' || token.pos === 'VERB')
        return (
          !isGerund(token.lower) &&
          !(isParticiple(token.lower) && !NOUN_LIKE.has(this.tokens[at - 1]?.pos ?? 'X'))
        );
    }
    return false;
  }

  hasFiniteBefore(index: number): boolean {
    return this.tokens.slice(0, index).some((token) => token.pos === 'VERB' && isThirdPerson(token.lower));
  }

  verbInSentence(): boolean {
    return this.tokens.some(
      (token) => token.pos === 'AUX' || (token.pos === 'VERB' && !isGerund(token.lower)),
    );
  }
}

const retagFinite = (tagger: Retagger, index: number): boolean => {
  const token = tagger.tokens[index];
  const previous = tagger.tokens[index - 1];
  const next = tagger.tokens[index + 1];
  if (
    token === undefined ||
    previous === undefined ||
    !isThirdPerson(token.lower) ||
    !['NOUN', 'PROPN', 'ADJ', 'ADV'].includes(token.pos)
  )
    return false;
  if (workVerbBase(token.lower) === null || !continuesAfterVerb(next)) return false;
  if (['and', 'or', 'then', 'also', ',', 'who'].includes(previous.lower) || previous.pos === 'ADV') {
    if (
      ['and', 'or'].includes(previous.lower) &&
      next !== undefined &&
      ['NOUN', 'ADJ', 'PROPN'].includes(next.pos) &&
      tagger.hasFiniteBefore(index)
    )
      return true;
    return (
      opensObject(next) ||
      next?.lower === 'up' ||
      next?.lower === 'out' ||
      (previous.pos === 'ADV' && !['not', 'no'].includes(previous.lower))
    );
  }
  const isMisreadActor = previous.pos === 'ADJ' && isActorNoun(previous.lower) && opensObject(next);
  if (isMisreadActor) tagger.set(index - 1, 'NOUN');
  if (!NOUN_LIKE.has(previous.pos) && !isMisreadActor && previous.pos !== 'PRON' && previous.lower !== ')')
    return false;
  if (tagger.hasVerbBefore(index)) return false;
  if (previous.pos === 'PRON') return !POSSESSIVES.has(previous.lower);
  if (opensObject(next)) return true;
  const isActor = isActorNoun(previous.lower) || /^[A-Z]{2,}$/u.test(previous.text);
  return isActor && !['.', undefined].includes(next?.lower);
};

const retagBase = (tagger: Retagger, index: number): boolean => {
  const token = tagger.tokens[index];
  const previous = tagger.tokens[index - 1];
  const next = tagger.tokens[index + 1];
  // `roll back the release`, `set up the account`
  const object = PARTICLES.has(next?.lower ?? '') ? tagger.tokens[index + 2] : next;
  if (
    token === undefined ||
    isThirdPerson(token.lower) ||
    !['NOUN', 'PROPN', 'ADJ', 'ADV', 'INTJ', 'ADP'].includes(token.pos)
  )
    return false;
  if (workVerbBase(token.lower) !== token.lower) return false;
  if (previous?.lower === 'to' || isModal(previous?.lower ?? ''))
    return opensObject(next) || isModal(previous?.lower ?? '') || previous?.pos === 'PART';
  if (
    previous === undefined ||
    VERB_INTRODUCERS.has(previous.lower) ||
    (previous.lower === ',' && opensObject(object))
  ) {
    if (opensObject(object)) return true;
    const opensSentence = previous === undefined && tagger.kind === 'ITEM';
    return (
      opensSentence &&
      next !== undefined &&
      ['NOUN', 'PROPN', 'ADJ', 'VERB'].includes(next.pos) &&
      !tagger.verbInSentence()
    );
  }
  const isPlural =
    NOUN_LIKE.has(previous.pos) && isThirdPerson(previous.lower) && isActorNoun(previous.lower);
  return (
    (isPlural || ['they', 'we', 'you', 'i'].includes(previous.lower)) &&
    !tagger.hasVerbBefore(index) &&
    continuesAfterVerb(next)
  );
};

const retagNoun = (tagger: Retagger, index: number): boolean => {
  const token = tagger.tokens[index];
  const previous = tagger.tokens[index - 1];
  const next = tagger.tokens[index + 1];
  if (token?.pos !== 'VERB' || previous === undefined || isParticiple(token.lower) || isGerund(token.lower))
    return false;
  const isBase = !isThirdPerson(token.lower) && (next === undefined || next.pos === 'PUNCT');
  if (isBase && NOUN_LIKE.has(previous.pos) && tagger.hasVerbBefore(index)) return true;
  const nounSlot =
    (previous.pos === 'DET' && !['all', 'each', 'both', 'that', 'this'].includes(previous.lower)) ||
    POSSESSIVES.has(previous.lower);
  if (nounSlot) return true;
  const afterAdjective =
    previous.pos === 'ADJ' && ['DET', 'ADP'].includes(tagger.tokens[index - 2]?.pos ?? 'X');
  return (
    afterAdjective && (next === undefined || ['AUX', 'ADP', 'PUNCT', 'CCONJ', 'VERB'].includes(next.pos))
  );
};

const retagParticiple = (tagger: Retagger, index: number): boolean => {
  const token = tagger.tokens[index];
  const before = tagger.tokens[index - 1];
  if (
    token === undefined ||
    !isParticiple(token.lower) ||
    !['ADJ', 'NOUN'].includes(token.pos) ||
    before === undefined
  )
    return false;
  const auxiliary = before.pos === 'ADV' ? tagger.tokens[index - 2] : before;
  return (
    auxiliary?.pos === 'AUX' &&
    workVerbBase(token.lower) !== null &&
    !NOUN_LIKE.has(tagger.tokens[index + 1]?.pos ?? 'X')
  );
};

/** `the on-call manager`, `a follow-up request`: words tied by a hyphen before a noun describe it. */
const isCompoundPart = (tagger: Retagger, index: number): boolean => {
  const token = tagger.tokens[index];
  const before = tagger.tokens[index - 1];
  const next = tagger.tokens[index + 1];
  if (token === undefined || NOUN_LIKE.has(token.pos)) return false;
  const isLeft =
    next?.lower === '-' && next.start === token.end && tagger.tokens[index + 2]?.start === next.end;
  const isRight =
    before?.lower === '-' && before.end === token.start && tagger.tokens[index - 2]?.end === before.start;
  return (
    isLeft ||
    (isRight && token.pos !== 'ADJ' && (next?.pos === 'NOUN' || next?.pos === 'PROPN' || next?.lower === '-'))
  );
};

/** `the GO`, `the IT`: capitals after an article are a name whatever the word means. */
const isAcronym = (tagger: Retagger, index: number): boolean => {
  const token = tagger.tokens[index];
  const before = tagger.tokens[index - 1];
  if (token === undefined || before === undefined || !/^[A-Z]{2,}$/u.test(token.text)) return false;
  return before.pos === 'DET' || (token.pos === 'VERB' && before.pos === 'ADP');
};

/** `the list of delayed shipments`: behind `of` and before a noun, a participle describes the noun. */
const isAttributive = (tagger: Retagger, index: number): boolean => {
  const token = tagger.tokens[index];
  return (
    token?.pos === 'VERB' &&
    (isParticiple(token.lower) || isGerund(token.lower)) &&
    tagger.tokens[index - 1]?.lower === 'of' &&
    NOUN_LIKE.has(tagger.tokens[index + 1]?.pos ?? 'X')
  );
};

const COMPOUNDS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['desk', new Set(['service', 'help', 'front'])],
  ['lead', new Set(['team', 'tech', 'project', 'shift'])],
  ['file', new Set(['claim', 'case', 'customer', 'personnel', 'patient'])],
]);

/** `the service desk picks up the call`: words that are verbs elsewhere, and one noun together. */
const isInCompound = (tagger: Retagger, index: number): boolean => {
  const at = (place: number): string => tagger.tokens[place]?.lower ?? '';
  const isPair = (first: number): boolean => COMPOUNDS.get(at(first + 1))?.has(at(first)) ?? false;
  return isPair(index) || isPair(index - 1);
};

/** Auxiliary `be`, `have`, `do` and modals are AUX; everything else that the tagger calls AUX stays. */
export const repairTags = (sentence: Sentence): Sentence => {
  const tagger = new Retagger(sentence);
  tagger.tokens.forEach((_, index) => {
    if (isCompoundPart(tagger, index) || isAttributive(tagger, index)) tagger.set(index, 'ADJ');
    else if (isAcronym(tagger, index)) tagger.set(index, 'PROPN');
    else if (isInCompound(tagger, index)) tagger.set(index, 'NOUN');
    else if (retagNoun(tagger, index)) tagger.set(index, 'NOUN');
    else if (retagFinite(tagger, index) || retagBase(tagger, index) || retagParticiple(tagger, index))
      tagger.set(index, 'VERB');
    else {
      const token = tagger.tokens[index];
      if (token?.pos === 'VERB' && !STATE_VERBS.has(token.lemma)) tagger.set(index, 'VERB');
    }
  });
  return { ...sentence, tokens: tagger.tokens };
};
