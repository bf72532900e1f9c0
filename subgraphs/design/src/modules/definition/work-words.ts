/** Words that say what kind of work an activity is. */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Verbs that only look; what they start needs nobody's approval. */
export const READING_VERBS = words(
  'check look read get search find view verify review monitor inspect compare retrieve query consult examine analyze analyse see validate fetch',
);

/** Done with information alone: who has the texts at hand can do it without any system. */
export const INFORMATION_VERBS = words(`
  analyse analyze answer calculate categorise categorize check classify compare compile complete compose compute correlate count cross-check draft
  estimate extract filter fill gather formulate identify list look match outline prepare prioritise prioritize read recalculate recheck reply
  respond review search sort specify structure summarise summarize tag translate transcribe triage validate verify write
`);

/** Tell somebody something, or ask for it. */
export const TELLING_VERBS = words(
  'ask inform request remind tell notify confirm thank invite propose recommend suggest explain apologise apologize',
);

/** The considered opinion of someone who knows the trade and stands for it. */
export const JUDGING_VERBS = words(`
  appraise assess certify choose countersign diagnose discuss evaluate examine interview investigate judge negotiate prescribe select sign
`);

/** Needs hands, whatever it is done to. */
export const HANDS_VERBS = words(`
  assemble bake carry clean collect cook count deliver dismount dispatch drive hand inspect install load manufacture mount move pack package pick prepare print
  repair replace restock ship sign stamp stock store take transport unload unpack visit weigh wrap harvest fix deposit
`);

/** Things that lie in a room: work on them needs hands. */
export const PHYSICAL_THINGS = words(`
  accessory box building bottle car card cargo carton container cup customer-site desk device dish drink drug engine equipment food furniture goods hardware
  house keyboard laptop lorry luggage machine material meal medicine monitor mouse package pallet parcel patient pc phone
  pipe plant printer room sample shelf shipment stock tool truck tyre vehicle wheel workplace workspace badge keycard
`);

/** What is done with these cannot be taken back, or is felt outside the company. */
export const LASTING_VERBS = words(`
  activate award cancel charge credit debit deactivate deduct delete deploy discharge disburse drop erase execute grant hire merge order pay place publish
  purchase rebook refund reimburse release remove revoke settle sign terminate transfer waive withdraw
`);
