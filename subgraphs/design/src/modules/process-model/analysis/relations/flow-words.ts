/** Words that say how steps follow each other. */
import { lowerAt, wordsBetween } from './located.ts';
import type { LocatedMention, LocatedSentence } from './located.ts';
import type { Participation } from './participation.ts';

const ELSE_WORDS =
  /^(?:otherwise|or else|else|if not|in (?:all|any) other cases?|in the other case|elsewise)$/u;
const PROCESS_END =
  /\b(?:process|procedure|workflow|case|request|ticket|instance)\b[^.;,]{0,30}?\b(?:ends?|stops|terminates|finishes|is (?:then )?(?:finished|over|terminated|considered (?:to be )?complete))\b|\b(?:ends?|terminates?|stops?) the (?:whole |entire )?(?:process|procedure|workflow)\b/u;
const SAME_CASE = /^(?:in (?:this|that|such a|which) case|then)\b/u;
const SIDE_BY_SIDE = new Set([
  'meanwhile',
  'meantime',
  'in the meantime',
  'in the meanwhile',
  'at the same time',
  'in parallel',
  'parallel',
  'simultaneously',
  'concurrently',
]);
const REFUSALS = new Set(
  'reject rejects rejected deny denies denied decline declines declined refuse refuses refused dismiss dismisses dismissed cancel cancels cancelled canceled oppose opposes opposed'.split(
    ' ',
  ),
);
const FAILURE_NEWS = /^(?:about|of) .*\b(?:failure|rejection|refusal|denial|cancellation)\b/u;
const REFUSAL_WORDS = /\b(?:reject(?:s|ed|ion)?|den(?:y|ies|ied|ial)|declined?|refus(?:ed?|es|al))\b/u;
const ANY_CASE = /\bin (?:any|either|all|both|each|every)(?: of (?:the|these|those))? cases?\b/u;
const GOES_ON = /\b(?:process|procedure|workflow)\b[^.;,]{0,20}\b(?:continues?|proceeds?|goes on)\b/u;
const GOES_BACK =
  /\b(?:process|procedure|workflow|flow|case|everything|work)\b[^.;,]{0,20}\b(?:(?:goes|returns?|jumps?|loops?|moves?|starts?) (?:back|over|again)|returns? to|is repeated)\b/u;

const wordsOf = (sentence: LocatedSentence, mention: LocatedMention): string =>
  wordsBetween(sentence, mention.first, mention.end).join(' ');

export const isElseMarker = (sentence: LocatedSentence, marker: LocatedMention): boolean =>
  ELSE_WORDS.test(wordsOf(sentence, marker));

export const isChoiceMarker = (sentence: LocatedSentence, marker: LocatedMention): boolean =>
  wordsOf(sentence, marker) === 'or';

export const isSideBySide = (sentence: LocatedSentence, marker: LocatedMention): boolean =>
  SIDE_BY_SIDE.has(wordsOf(sentence, marker));

export const saysEnd = (sentence: LocatedSentence): boolean =>
  PROCESS_END.test(wordsBetween(sentence, 0, sentence.tokens.length).join(' '));

const textBetween = (sentence: LocatedSentence, first: number, end: number): string =>
  wordsBetween(sentence, first, end).join(' ');

/** The words of the clause that a marker opens, up to the next marker. */
const clauseOf = (sentence: LocatedSentence, marker: LocatedMention): string => {
  const next = sentence.mentions.find(({ type, first }) => type === 'XOR_GATEWAY' && first > marker.first);
  return textBetween(sentence, marker.first, next?.first ?? sentence.tokens.length);
};

/** `otherwise the process continues`. */
export const saysGoesOn = (sentence: LocatedSentence, marker: LocatedMention): boolean =>
  GOES_ON.test(clauseOf(sentence, marker));

/** `the process goes back to the review`. */
export const saysGoesBack = (sentence: LocatedSentence, marker: LocatedMention): boolean =>
  GOES_BACK.test(clauseOf(sentence, marker));

export const saysRefusal = (sentence: LocatedSentence, marker: LocatedMention): boolean =>
  REFUSAL_WORDS.test(clauseOf(sentence, marker));

/** `In any case, a letter is sent`: what was told to end goes on here as well. */
export const saysAnyCase = (sentence: LocatedSentence): boolean => ANY_CASE.test(textBetween(sentence, 0, 8));

export const saysSameCase = (sentence: LocatedSentence): boolean =>
  SAME_CASE.test(wordsBetween(sentence, 0, 6).join(' '));

/** `rejects the claim`, `informs the customer about the failure`: after this, a case does not go on. */
export const isRefusal = ({ work, data }: Participation): boolean =>
  REFUSALS.has(lowerAt(work.sentence, work.mention.first)) ||
  data.some((mention) => FAILURE_NEWS.test(wordsOf(work.sentence, mention)));

const CONTENT_FREE = new Set(
  'the a an is are was were be been it he she they this that these those not no of to in on at for and or if has have had does do did will would can could there any all with by'.split(
    ' ',
  ),
);
export const stem = (word: string): string => word.replace(/(?:ies|es|ed|s)$/u, '');

/** Words that say what a condition is about. */
export const topicsOf = (sentence: LocatedSentence, condition: LocatedMention): ReadonlySet<string> =>
  new Set(
    wordsBetween(sentence, condition.first, condition.end)
      .filter((word) => !CONTENT_FREE.has(word) && /\p{L}/u.test(word))
      .map(stem),
  );

/** What a step has decided or made, in the words that a condition on it would use: `declin`, `vendor`. */
export const outcomesOf = ({ work, data }: Participation): readonly string[] => [
  stem(lowerAt(work.sentence, work.mention.first)),
  ...data
    .filter((mention) => mention.sentence === work.sentence.index)
    .map((mention) => stem(lowerAt(work.sentence, mention.end - 1))),
];

/** A pronoun as subject continues with what the condition before was about: `if it is not`. */
export const isAboutSame = (sentence: LocatedSentence, condition: LocatedMention): boolean =>
  ['it', 'they', 'not', 'this', 'he', 'she'].includes(lowerAt(sentence, condition.first));
