/** What one sentence has to say about the order of work: its steps, its markers and their conditions. */
import { isChoiceMarker } from './flow-words.ts';
import { wordsBetween } from './located.ts';
import type { LocatedMention, LocatedSentence } from './located.ts';
import type { Participation } from './participation.ts';

export interface SentenceWork {
  readonly sentence: LocatedSentence;
  readonly markers: readonly LocatedMention[];
  /** In the order of work. */
  readonly steps: readonly Participation[];
  /** Markers and activities in the order of the text. */
  readonly parts: readonly LocatedMention[];
  /** A condition or an `otherwise` stands before everything that is done. */
  readonly opensWithBranch: boolean;
  readonly conditionOf: (marker: LocatedMention) => LocatedMention | null;
  /** A condition before the marker that no marker opens: `this must be done in time, otherwise...`. */
  readonly checkedBefore: (marker: LocatedMention) => LocatedMention | null;
  /** Is something done behind the marker, before the next one? */
  readonly hasStepsAfter: (marker: LocatedMention) => boolean;
}

const isMarker = ({ type }: LocatedMention): boolean =>
  type === 'XOR_GATEWAY' || type === 'OR_GATEWAY' || type === 'AND_GATEWAY';

/** `reviews the file after receiving it`, `as soon as it has come`: what is told second is done first. */
const inOrderOfWork = (steps: readonly Participation[]): readonly Participation[] => {
  const ordered: Participation[] = [];
  for (const step of steps) {
    const previous = ordered.at(-1);
    const { sentence, mention } = step.work;
    const since =
      previous === undefined ? [] : wordsBetween(sentence, previous.work.mention.end, mention.first);
    const isEarlier =
      ['after', 'once', 'soon'].some((word) => since.includes(word)) &&
      !since.includes(',') &&
      !since.includes('and');
    if (isEarlier) ordered.splice(-1, 0, step);
    else ordered.push(step);
  }
  return ordered;
};

export const readSentenceWork = (
  sentence: LocatedSentence,
  participations: readonly Participation[],
): SentenceWork => {
  const markers = sentence.mentions.filter(isMarker);
  const conditions = sentence.mentions.filter(({ type }) => type === 'CONDITION');
  const opening = markers.filter(
    (marker) => marker.type !== 'AND_GATEWAY' && !isChoiceMarker(sentence, marker),
  );
  const limitOf = (marker: LocatedMention): number =>
    opening.find(({ first }) => first > marker.first)?.first ?? sentence.tokens.length;
  const conditionOf = (marker: LocatedMention): LocatedMention | null =>
    conditions.find(({ first, end }) => first >= marker.end && end <= limitOf(marker)) ?? null;
  const attached = new Set(opening.map(conditionOf));
  const [first] = markers;
  const activities = participations.map((step) => step.work.mention);
  return {
    sentence,
    markers,
    steps: inOrderOfWork(participations),
    parts: [...markers, ...activities].toSorted((left, right) => left.first - right.first),
    opensWithBranch:
      first !== undefined && opening.includes(first) && first.first < (activities[0]?.first ?? Infinity),
    conditionOf,
    checkedBefore: (marker) =>
      conditions.findLast((condition) => condition.end <= marker.first && !attached.has(condition)) ?? null,
    hasStepsAfter: (marker) =>
      activities.some((activity) => activity.first > marker.first && activity.first < limitOf(marker)),
  };
};
