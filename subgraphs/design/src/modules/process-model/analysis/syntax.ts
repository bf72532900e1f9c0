/** Who is the subject of a verb, what is its object, and does the verb speak of work at all. */
import type { NounPhrase, VerbGroup } from './chunks.ts';
import type { Cue, SentenceParts } from './conditions.ts';
import {
  isActorNoun,
  PROCESS_NOUNS,
  singular,
  SUBJECT_PRONOUNS,
  SYSTEM_NOUNS,
  THING_NOUNS,
} from './noun-words.ts';
import { isKnownSystem } from './system-names.ts';
import { ADDRESSEE_VERBS, STATE_VERBS, WORK_WITH_OBJECT, workVerbBase } from './verb-words.ts';

const PERSON_WORDS = new Set(
  'he she they him her them who i me we us you someone everyone anyone somebody'.split(' '),
);
const SUBORDINATE_QUESTION = new Set(['whether', 'how', 'why', 'what', 'where']);

export interface Context extends SentenceParts {
  readonly cues: readonly Cue[];
  /** Work already mentioned: what is named again after `once` or `after` is a reference, not a new step. */
  readonly seen: Set<string>;
}

export const lowerAt = (context: Context, index: number): string =>
  context.sentence.tokens[index]?.lower ?? '';
export const headOf = (context: Context, phrase: NounPhrase): string =>
  singular(lowerAt(context, phrase.head));
const isInCondition = (context: Context, index: number): boolean =>
  context.cues.some((cue) => index >= cue.first && index < cue.conditionEnd);

/** The clause word that governs this verb, looking back to the clause boundary. */
const governor = (
  context: Context,
  group: VerbGroup,
): 'RELATIVE' | 'QUESTION' | 'REFERENCE' | 'PURPOSE' | null => {
  const { tokens } = context.sentence;
  for (let at = group.first - 1; at >= 0; at -= 1) {
    const token = tokens[at];
    if (token === undefined || token.lower === ';' || token.lower === ':' || token.lower === ')') return null;
    if (token.lower === ',') return null;
    if (SUBORDINATE_QUESTION.has(token.lower)) return 'QUESTION';
    if (token.lower === 'which' || token.lower === 'that' || token.lower === 'who' || token.lower === 'whose')
      return relativeKind(context, at, group);
    if (
      ['once', 'after', 'before', 'until', 'when', 'whenever', 'while', 'since', 'because', 'as'].includes(
        token.lower,
      )
    )
      return subordinateKind(context, at, group);
    if (
      token.lower === 'to' &&
      context.groups.some(
        (other) => other.first === at + 1 && other.isInfinitive && other.head < group.head,
      ) &&
      isJoined(context, group)
    )
      return 'PURPOSE';
  }
  return null;
};

const isJoined = (context: Context, group: VerbGroup): boolean =>
  ['and', 'or', '/'].includes(lowerAt(context, group.first - 1));

const hasGroupBetween = (context: Context, from: number, group: VerbGroup): boolean =>
  context.groups.some((other) => other.head > from && other.head < group.head && !other.isInfinitive);

const relativeKind = (context: Context, at: number, group: VerbGroup): 'RELATIVE' | 'QUESTION' | null => {
  const lower = lowerAt(context, at);
  const previous = context.sentence.tokens[at - 1];
  const main = context.groups.findLast((other) => other.head < at);
  const mainVerb = main === undefined ? undefined : context.sentence.tokens[main.head];
  const isComplement =
    lower === 'that' && (previous?.pos === 'VERB' || ADDRESSEE_VERBS.has(mainVerb?.lemma ?? ''));
  if (isComplement) return 'QUESTION';
  if (lower === 'that' && context.phrases.some((phrase) => phrase.first === at && !phrase.isPronoun))
    return null;
  if (previous?.lower === ',' && lower !== 'that') return null;
  if (lower === 'who') return null;
  return hasGroupBetween(context, at, group) ? null : 'RELATIVE';
};

const subordinateKind = (context: Context, at: number, group: VerbGroup): 'REFERENCE' | 'QUESTION' | null => {
  const lower = lowerAt(context, at);
  if (lower === 'as' && context.sentence.tokens[at]?.pos !== 'SCONJ') return null;
  if (['since', 'because', 'as', 'until', 'before'].includes(lower)) return 'QUESTION';
  return hasGroupBetween(context, at, group) ? null : 'REFERENCE';
};

export const subjectOf = (context: Context, group: VerbGroup): NounPhrase | null => {
  const { tokens } = context.sentence;
  let limit = group.first;
  for (let at = group.first - 1; at >= 0; at -= 1) {
    const token = tokens[at];
    if (token === undefined || token.lower === ';' || token.lower === ':') return null;
    const ending = context.phrases.find((phrase) => phrase.end === at + 1);
    if (ending !== undefined) {
      const before = tokens[ending.first - 1];
      // A phrase behind a preposition belongs to the phrase before it: `the clerk of the bank checks`.
      if (
        before?.pos === 'ADP' &&
        !['after', 'before', 'once', 'until', 'for', 'by', 'in', 'on'].includes(before.lower) &&
        context.phrases.some((phrase) => phrase.end === ending.first - 1)
      ) {
        at = ending.first - 1;
        limit = at;
        continue;
      }
      if (
        before?.pos === 'ADP' &&
        context.phrases.some((phrase) => phrase.end === ending.first - 1) &&
        limit > 0
      ) {
        at = ending.first - 1;
        continue;
      }
      return before?.pos === 'ADP' &&
        !['after', 'before', 'once', 'until', 'as', 'than'].includes(before.lower)
        ? null
        : ending;
    }
    if (
      token.pos === 'VERB' ||
      (token.lower === ',' && tokens[at + 1]?.pos !== 'ADV' && at + 1 !== group.first)
    )
      return null;
    if (token.lower === ',' && at + 1 === group.first) return null;
    if (token.lower === 'then' && context.phrases.some((phrase) => phrase.end === at)) continue;
    if (
      ['and', 'or', 'but', 'then'].includes(token.lower) &&
      at + 1 <= group.first &&
      !context.phrases.some((phrase) => phrase.first > at && phrase.end <= group.first)
    )
      return null;
  }
  return null;
};

const PROCESS_TALK = new Set([
  'process',
  'procedure',
  'workflow',
  'subprocess',
  'sub-process',
  'path',
  'flow',
  'activity',
  'task',
  'step',
]);

/** Is this verb a step of work, or a state, a purpose, a question or talk about the process? */
export const isActivity = (context: Context, group: VerbGroup): boolean => {
  const token = context.sentence.tokens[group.head];
  if (token === undefined || group.isNegated || isInCondition(context, group.head)) return false;
  if (group.isInfinitive || group.isGerund || group.isReduced) return isListedWork(context, group);
  const verb = workVerbBase(token.lower) ?? token.lemma;
  const object = objectOf(context, group);
  if (STATE_VERBS.has(verb) && !(WORK_WITH_OBJECT.has(verb) && (group.isPassive || object !== null)))
    return false;
  const subject = subjectOf(context, group);
  if (
    subject !== null &&
    PROCESS_TALK.has(headOf(context, subject)) &&
    (!group.isPassive || STATE_VERBS.has(verb))
  )
    return false;
  if (STATE_VERBS.has(verb) && object !== null && PROCESS_TALK.has(headOf(context, object))) return false;
  if (subject !== null && !group.isPassive && lowerAt(context, subject.head) === 'this') return false;
  const governed = governor(context, group);
  if (governed === 'REFERENCE') return !context.seen.has(verb);
  return governed === null;
};

/** Infinitives, gerunds and bare participles count only when coordinated with a full verb: `is checked and approved`. */
const isListedWork = (context: Context, group: VerbGroup): boolean => {
  if (group.isGerund) return false;
  const { tokens } = context.sentence;
  let at = group.first - 1;
  while (tokens[at]?.pos === 'ADV') at -= 1;
  if (!['and', 'or', ',', 'then'].includes(tokens[at]?.lower ?? '')) return false;
  const previous = context.groups.findLast((other) => other.head < group.head);
  if (
    previous === undefined ||
    context.phrases.some((phrase) => phrase.first > at && phrase.end <= group.first)
  )
    return false;
  return (
    group.isReduced &&
    (previous.isPassive || (previous.isReduced && isListedWork(context, previous))) &&
    isActivity(context, { ...previous, isReduced: false, isPassive: true })
  );
};

/** The first noun phrase directly after the verb. */
export const objectOf = (context: Context, group: VerbGroup): NounPhrase | null => {
  let at = group.end;
  while (context.sentence.tokens[at]?.pos === 'ADV' || ['"', 'both', 'either'].includes(lowerAt(context, at)))
    at += 1;
  return context.phrases.find((phrase) => phrase.first === at) ?? null;
};

/** `the claim of the customer`, `orders without a signature`: the phrase with the phrases hung on it. */
export const withOf = (context: Context, phrase: NounPhrase): NounPhrase => {
  const next =
    lowerAt(context, phrase.end) === 'of' || lowerAt(context, phrase.end) === 'without'
      ? context.phrases.find((candidate) => candidate.first === phrase.end + 1)
      : undefined;
  return next === undefined || next.isPronoun ? phrase : { ...phrase, end: withOf(context, next).end };
};

export const isActorPhrase = (context: Context, phrase: NounPhrase): boolean => {
  const token = context.sentence.tokens[phrase.head];
  if (token === undefined) return false;
  if (phrase.isPronoun) return PERSON_WORDS.has(token.lower);
  if (isActorNoun(token.lower)) return true;
  const isAcronym = /^[A-Z][A-Z&]{1,5}$/u.test(token.text) && !THING_NOUNS.has(singular(token.lower));
  return (isAcronym || isProperUnit(context, phrase)) && !SYSTEM_NOUNS.has(token.lower);
};

/** `Resource Provisioning`, `Billing & Collections`: a name of several capitalised words. */
const isProperUnit = (context: Context, phrase: NounPhrase): boolean => {
  const named = context.sentence.tokens
    .slice(phrase.first, phrase.end)
    .filter((token) => token.pos !== 'DET');
  const isName = named.length > 1 && named.every((token) => /^[A-Z&]/u.test(token.text)) && phrase.first > 0;
  return isName && !THING_NOUNS.has(headOf(context, phrase)) && !PROCESS_NOUNS.has(headOf(context, phrase));
};

/** Whoever does work is an actor, unless it is a plain thing or talk about the process. */
export const isActingSubject = (context: Context, phrase: NounPhrase): boolean => {
  if (isActorPhrase(context, phrase)) return true;
  if (phrase.isPronoun) return SUBJECT_PRONOUNS.has(lowerAt(context, phrase.head));
  const head = headOf(context, phrase);
  const words = context.sentence.tokens
    .slice(phrase.first, phrase.end)
    .filter((token) => token.pos !== 'DET');
  if (isKnownSystem(words.map((token) => token.text).join(' '))) return true;
  return !THING_NOUNS.has(head) && !PROCESS_NOUNS.has(head) && !head.endsWith('ing');
};
