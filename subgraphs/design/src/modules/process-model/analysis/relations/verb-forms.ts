/** Forms of the verbs that name activities, told from the words around them rather than from parts of speech, which are often wrong. */
import { isGerund, isParticiple } from '../verb-words.ts';
import { lowerAt, mentionsBetween, wordsBetween } from './located.ts';
import type { LocatedMention, LocatedSentence } from './located.ts';

const BE_FORMS = new Set("be is are was were been being 's 're am gets get got".split(' '));
const RECEIVING = new Set(
  'receive receives received receiving get gets got obtain obtains obtained'.split(' '),
);
/** Words that may stand between `is` and its participle. */
const INNER_WORDS = new Set(
  "then also not first now again either both subsequently already immediately been to have has had n't".split(
    ' ',
  ),
);
export const COORDINATORS = new Set(['and', 'or', 'but', ',', '/', 'then', ';', '&', 'also']);
const BREAKS = new Set([';', ':']);

export interface Work {
  readonly mention: LocatedMention;
  readonly sentence: LocatedSentence;
  /** The activity before it in the same sentence. */
  readonly previous: Work | null;
  readonly isPassive: boolean;
  /** What it does comes to its subject: `receives`. */
  readonly isReceiving: boolean;
  readonly isGerund: boolean;
  /** `is checked and signed`: joined to the activity before, without a subject of its own. */
  readonly isJoined: boolean;
}

const hasBeBefore = (sentence: LocatedSentence, first: number): boolean => {
  for (let at = first - 1; at >= Math.max(0, first - 6); at -= 1) {
    const word = lowerAt(sentence, at);
    if (BE_FORMS.has(word)) return true;
    const isInner = INNER_WORDS.has(word) || word.endsWith('ly') || sentence.tokens[at]?.pos === 'ADV';
    if (!isInner) return false;
  }
  return false;
};

const AUXILIARIES = new Set(
  'can could may might must shall should will would has have had do does did wo ca needs need'.split(' '),
);

const isSpecified = (sentence: LocatedSentence, at: number): boolean =>
  sentence.mentions.some(
    ({ type, first, end }) => type === 'FURTHER_SPECIFICATION' && first <= at && at < end,
  );

/** Only words such as `will then be` stand between a mention and the verb. */
export const isRightBefore = (
  sentence: LocatedSentence,
  mention: LocatedMention,
  verb: LocatedMention,
): boolean =>
  sentence.tokens
    .slice(mention.end, verb.first)
    .every(
      ({ lower, pos }, offset) =>
        isSpecified(sentence, mention.end + offset) ||
        AUXILIARIES.has(lower) ||
        BE_FORMS.has(lower) ||
        INNER_WORDS.has(lower) ||
        pos === 'ADV' ||
        lower.endsWith('ly'),
    );

/** The thing right before the verb: `it will go`, `the form is filed`. */
export const thingBefore = (
  sentence: LocatedSentence,
  from: LocatedMention | null,
  verb: LocatedMention,
): LocatedMention | null => {
  const things = mentionsBetween(sentence, 'ACTIVITY_DATA', from?.end ?? 0, verb.first);
  const last = things.at(-1);
  if (last === undefined || !isRightBefore(sentence, last, verb)) return null;
  // `signs the form and is informed`: the form stands right behind the other verb.
  const isObject =
    from !== null && wordsBetween(sentence, from.end, last.first).length === 0 && last.end < verb.first;
  return isObject && ['and', 'or', ','].includes(lowerAt(sentence, last.end)) ? null : last;
};

/** Nothing that could be a subject stands between an activity and the one before. */
const isJoinedTo = (sentence: LocatedSentence, previous: Work, mention: LocatedMention): boolean => {
  const words = wordsBetween(sentence, previous.mention.end, mention.first);
  if (words.some((word) => BREAKS.has(word))) return false;
  return (
    words.some((word) => COORDINATORS.has(word)) &&
    subjectsBetween(sentence, previous.mention, mention).length === 0 &&
    thingBefore(sentence, previous.mention, mention) === null
  );
};

const OBLIQUE = new Set('to by from with for of at in on about into among within'.split(' '));
export const isOblique = (sentence: LocatedSentence, mention: LocatedMention): boolean => {
  const before = lowerAt(sentence, mention.first - 1);
  if (OBLIQUE.has(before)) return true;
  // `to his manager`, where the possessive is no part of the mention.
  return (
    ['his', 'her', 'its', 'their', 'my', 'our', 'the'].includes(before) &&
    OBLIQUE.has(lowerAt(sentence, mention.first - 2))
  );
};

/** Actors between two activities that can be the subject of the second: not the object or the addressee of the first. */
export const subjectsBetween = (
  sentence: LocatedSentence,
  from: LocatedMention | null,
  to: LocatedMention,
): readonly LocatedMention[] =>
  mentionsBetween(sentence, 'ACTOR', from?.end ?? 0, to.first).filter(
    (actor) => !isOblique(sentence, actor) && !(from !== null && isObjectOf(sentence, from, actor, to)),
  );

/** `informs the user and closes the issue`: the user belongs to the first verb, not to the one joined to it. */
const isObjectOf = (
  sentence: LocatedSentence,
  from: LocatedMention,
  actor: LocatedMention,
  to: LocatedMention,
): boolean => {
  const before = wordsBetween(sentence, from.end, actor.first);
  const isRightAfter = before.every(
    (word) => word.endsWith('ly') || ['again', 'the', 'his', 'her'].includes(word),
  );
  return (
    isRightAfter &&
    wordsBetween(sentence, actor.end, to.first).some((word) => COORDINATORS.has(word) || word === 'to')
  );
};

const readWork = (sentence: LocatedSentence, mention: LocatedMention, previous: Work | null): Work => {
  const word = lowerAt(sentence, mention.first);
  const hasBe = hasBeBefore(sentence, mention.first);
  const isJoined = previous !== null && isJoinedTo(sentence, previous, mention);
  const isBareParticiple = isParticiple(word) && !hasBe;
  return {
    mention,
    sentence,
    previous,
    isPassive: (isParticiple(word) && hasBe) || (isBareParticiple && isJoined && previous.isPassive),
    isReceiving: RECEIVING.has(word),
    isGerund: isGerund(word) && !hasBe,
    isJoined,
  };
};

/** The activities of a sentence in text order. */
export const readWorks = (sentence: LocatedSentence): readonly Work[] => {
  const works: Work[] = [];
  for (const mention of sentence.mentions)
    if (mention.type === 'ACTIVITY') works.push(readWork(sentence, mention, works.at(-1) ?? null));
  return works;
};
