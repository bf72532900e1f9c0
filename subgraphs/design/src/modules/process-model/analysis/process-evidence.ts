/**
 * Is this the description of a process at all? A poem, an advertisement, a company history or source code has verbs too. Each step
 * gives evidence by what is known of it; without enough of it nothing is taken for a step.
 */
import { detectLanguage } from './language.ts';
import { actorKind, isActorNoun, singular, THING_NOUNS } from './noun-words.ts';
import { spanOf, tokensAt, wordsAt } from './source.ts';
import type { Source } from './source.ts';
import type { Step } from './steps.ts';
import { isKnownSystem } from './system-names.ts';
import { WORK_VERBS } from './verb-words.ts';

const ENOUGH_OF_ONE = 3;
const ENOUGH_OF_ALL = 4;
const ENOUGH_ORDERS = 3;

const CODE =
  /[{}]|=>|[=!]=|\w\(\w*\)|\b\w+\.\w+\(|\b(?:const|let|var|function|def|return|import)\b[^.]*[=(]|\bSELECT\b.*\bFROM\b|\bUPDATE\b.*\bSET\b|\bINSERT INTO\b/u;
const GREETING =
  /^\W*(?:dear (?:sir|madam|all|customers?|friends?)|happy (?:birthday|new year|holidays)|merry christmas|congratulations|thanks|thank you|best regards|yours (?:sincerely|faithfully))\b/iu;
const ADVERTISEMENT =
  /\b(?:sign up (?:now|today)|free trial|(?:order|buy|call|subscribe|book|shop) (?:now|today)|\d+ ?% off|introducing (?:the|our)|we(?:'re| are) hiring|all rights reserved|join (?:us|our team)|limited time|award-winning|money-back)\b/iu;
const CUE =
  /\b(?:if|otherwise|when|whenever|once|as soon as|after|afterwards|then|finally|subsequently|until|before|in case)\b|^(?:first|next)\b/iu;
const PERFECT = new Set(['has', 'have', 'had', 'having', 'is', 'are', 'be', 'been', 'being']);
const PLEASING = new Set(
  'save reduce improve increase boost help enable offer deliver transform bring'.split(' '),
);
const PLEASURES = new Set(
  'time cost money productivity quality efficiency experience result photo performance value customer life pay hour love'.split(
    ' ',
  ),
);

/** Nobody does work in a question, in a line of code or in a shout. */
const isStatement = (source: Source, sentence: number): boolean => {
  const tagged = source.sentences[sentence];
  if (tagged === undefined) return false;
  const words = source.text.slice(tagged.sentence.start, tagged.sentence.end);
  return !/[?!]["')\]]*$/u.test(words) && !CODE.test(words) && !GREETING.test(words);
};

const isPast = (source: Source, { participation, activity, isPassive }: Step): boolean => {
  const { tokens } = participation.work.sentence;
  const token = tokens[activity.first];
  const before = tokens.slice(Math.max(0, activity.first - 4), activity.first).map(({ lower }) => lower);
  if (isPassive) return before.includes('was') || before.includes('were');
  const isPastForm = token !== undefined && token.lemma !== token.lower && !/(?:s|ing)$/u.test(token.lower);
  return isPastForm && !before.some((word) => PERFECT.has(word)) && spanOf(source, activity).end > 0;
};

const performerEvidence = (source: Source, { performer }: Step): number => {
  if (performer === null) return 0;
  const head = tokensAt(source, performer).at(-1)?.lower ?? '';
  if (isKnownSystem(wordsAt(source, spanOf(source, performer)))) return 2;
  if (actorKind(head, false) === 'SYSTEM') return 1;
  if (isActorNoun(head)) return 2;
  return ['we', 'he', 'she', 'they', 'i', 'who'].includes(head) ? 1 : 0;
};

const objectEvidence = (source: Source, step: Step): number => {
  const [data] = step.data;
  if (data === undefined) return 0;
  const token = tokensAt(source, data).at(-1);
  const head = singular(token?.lower ?? '');
  if (PLEASING.has(step.verb) && PLEASURES.has(head)) return -2;
  return THING_NOUNS.has(head) || /^[A-Z]{2,}$/u.test(token?.text ?? '') ? 2 : 1;
};

/** `Check the invoice`: an order stands at the start of its sentence, or after a comma or a joining word. */
const isOrder = ({ participation, activity, performer, isPassive }: Step): boolean => {
  const { tokens } = participation.work.sentence;
  const before = tokens[activity.first - 1]?.lower ?? '';
  const isBase = tokens[activity.first]?.lower === tokens[activity.first]?.lemma;
  return (
    performer === null &&
    !isPassive &&
    isBase &&
    ['', ',', 'and', 'or', 'then', 'please', '-'].includes(before)
  );
};

const evidenceOf = (source: Source, step: Step): number => {
  if (!WORK_VERBS.has(step.verb)) return 0;
  const sentence = source.sentences[step.sentence]?.sentence;
  const words = sentence === undefined ? '' : source.text.slice(sentence.start, sentence.end);
  const object = objectEvidence(source, step);
  const performer = performerEvidence(source, step);
  const isRoleOnThing = performer > 1 && object > 1;
  const found =
    performer +
    object +
    (isRoleOnThing ? 1 : 0) +
    (isOrder(step) && object > 0 ? 1 : 0) +
    (step.isPassive ? 1 : 0) +
    (step.recipient === null ? 0 : 1) +
    (CUE.test(words) ? 1 : 0) +
    (sentence?.kind === 'ITEM' ? 1 : 0);
  if (!isPast(source, step)) return found;
  // What happened once is a history, unless roles worked on things of business in it.
  return isRoleOnThing ? found - 2 : Math.min(1, found - 2);
};

/** The steps, when the text gives reason to believe in a process; else none. */
export const believedSteps = (source: Source, steps: readonly Step[]): readonly Step[] => {
  const told = steps.filter((step) => isStatement(source, step.sentence));
  if (told.length === 0 || !detectLanguage(source.text).isEnglish) return [];
  const evidence = told.map((step) => evidenceOf(source, step));
  const strongest = Math.max(...evidence.slice(0, 500));
  const all = evidence.reduce((sum, value) => sum + Math.max(0, value), 0);
  const isAdvertised = ADVERTISEMENT.test(source.text) || GREETING.test(source.text);
  const isEnough = isAdvertised
    ? strongest > ENOUGH_OF_ONE && all > 2 * ENOUGH_OF_ALL
    : strongest >= ENOUGH_OF_ONE ||
      (told.some((step) => WORK_VERBS.has(step.verb)) && told.filter(isOrder).length >= ENOUGH_ORDERS) ||
      (told.length > 1 && strongest > 1 && all >= ENOUGH_OF_ALL);
  return isEnough ? told : [];
};
