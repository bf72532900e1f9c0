/** Duties that bind a step told elsewhere are rules; they are no steps of their own. */
import type { Step } from './steps.ts';
import { isTimedDuty } from './rules.ts';
import { wordsAt } from './source.ts';
import type { Source } from './source.ts';

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

export const withoutRestatements = (source: Source, steps: readonly Step[]): readonly Step[] =>
  steps.filter((_, index) => !isRestated(source, steps, index));
