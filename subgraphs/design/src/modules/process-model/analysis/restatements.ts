/** What is told without being a step of its own: duties and references that repeat a step, and what must not be done. */
import type { Step } from './steps.ts';
import { isTimedDuty } from './rules.ts';
import { tokensAt, wordsAt } from './source.ts';
import type { Source } from './source.ts';
import type { Token } from './tokenise.ts';

/** How many steps back a reference may reach. */
const NEAR = 20;
const NEGATIONS = new Set(['never', 'not', "n't"]);

/** `Tickets must be fixed within a day. A developer fixes the bug.`: nobody is named for the duty, and the next sentence tells who does it. */
const isRestated = (source: Source, steps: readonly Step[], index: number): boolean => {
  const step = steps[index];
  const next = steps[index + 1];
  const tagged = step === undefined ? undefined : source.sentences[step.sentence];
  if (step === undefined || next === undefined || tagged === undefined) return false;
  const standsAlone =
    steps[index - 1]?.sentence !== step.sentence &&
    tagged.mentions.every((mention) => mention.type !== 'CONDITION');
  return (
    standsAlone &&
    step.isPassive &&
    step.performer === null &&
    next.sentence === step.sentence + 1 &&
    next.verb === step.verb &&
    next.performer !== null &&
    isTimedDuty(wordsAt(source, tagged.sentence))
  );
};

const REFERENCE = new Set(['once', 'when', 'whenever', 'after']);
const isAsSoonAs = (tokens: readonly Token[]): boolean =>
  ['as', 'soon', 'as'].every((word, index) => tokens[index]?.lower === word);

const headsOf = (source: Source, step: Step): readonly string[] =>
  step.data.map((mention) => tokensAt(source, mention).at(-1)?.lemma ?? '');

/** `The manager approves the payment. Once the payment is approved, ...`: the same work on the same thing, told again to say when. */
const isReference = (source: Source, steps: readonly Step[], index: number): boolean => {
  const step = steps[index];
  if (step === undefined || !step.isPassive || step.performer !== null) return false;
  const { tokens } = step.participation.work.sentence;
  const opens = REFERENCE.has(tokens[0]?.lower ?? '') || isAsSoonAs(tokens);
  const isInOpening = opens && tokens.slice(0, step.activity.first).every(({ lower }) => lower !== ',');
  if (!isInOpening) return false;
  const heads = headsOf(source, step);
  return steps
    .slice(Math.max(0, index - NEAR), index)
    .some(
      (earlier) =>
        earlier.verb === step.verb && headsOf(source, earlier).some((head) => heads.includes(head)),
    );
};

/** `Never pay an invoice without approval`: a rule, and the opposite of a step. */
const isBanned = (source: Source, step: Step): boolean => {
  const first = Math.max(0, step.activity.first - 3);
  const before = tokensAt(source, { sentence: step.sentence, first, end: step.activity.first });
  const word = before.findLast(({ lower, pos }) => NEGATIONS.has(lower) || pos !== 'ADV' || lower === 'only');
  return NEGATIONS.has(word?.lower ?? '');
};

export const withoutRestatements = (source: Source, steps: readonly Step[]): readonly Step[] =>
  steps.filter(
    (step, index) =>
      !isRestated(source, steps, index) && !isReference(source, steps, index) && !isBanned(source, step),
  );
