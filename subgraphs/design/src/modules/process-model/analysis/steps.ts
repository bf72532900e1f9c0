/** Steps of a process, as the analyser goes on with them: who, for whom and on what, one of each. */
import type { LocatedMention } from './relations/located.ts';
import type { Participation } from './relations/participation.ts';
import { workVerbBase } from './verb-words.ts';

export interface Step {
  readonly participation: Participation;
  readonly sentence: number;
  readonly activity: LocatedMention;
  readonly verb: string;
  readonly isPassive: boolean;
  readonly performer: LocatedMention | null;
  /** Who worked last, where nobody is named for this step: a guess that is asked about, never stored as a fact. */
  readonly guess: LocatedMention | null;
  readonly recipient: LocatedMention | null;
  /** Whom it comes from: `receives an email from a customer`. */
  readonly sender: LocatedMention | null;
  readonly data: readonly LocatedMention[];
}

export const toStep = (participation: Participation): Step => {
  const { work, performers, carried, recipients, senders, data } = participation;
  const token = work.sentence.tokens[work.mention.first];
  // Whoever receives something is the one who acts in this step, though it is done for them.
  const [performer = null] = work.isReceiving ? recipients : performers;
  return {
    participation,
    sentence: work.sentence.index,
    activity: work.mention,
    verb: workVerbBase(token?.lower ?? '') ?? token?.lemma ?? '',
    isPassive: work.isPassive,
    performer,
    guess: performer === null ? (carried[0] ?? null) : null,
    recipient: work.isReceiving ? null : (recipients[0] ?? null),
    sender: senders[0] ?? null,
    data,
  };
};
