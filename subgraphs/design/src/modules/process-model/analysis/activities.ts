/** Steps become activities: who, what, for whom, in which system, and of which kind. */
import type { ProcessActivity, ProcessActor } from '../process-model.ts';
import type { Actors, DataObjects, DataReference } from './participants.ts';
import type { Step } from './steps.ts';
import { spanOf, tokensAt, withoutArticle } from './source.ts';
import type { Source } from './source.ts';
import type { SystemMention } from './systems.ts';
import {
  CREATE_VERBS,
  DECISION_VERBS,
  JUDGE_VERBS,
  MANUAL_VERBS,
  PARTICLES,
  RECEIVE_VERBS,
  SEND_VERBS,
} from './verb-words.ts';

interface Drafts {
  readonly source: Source;
  readonly actors: Actors;
  readonly data: DataObjects;
}

export interface ActivityDraft {
  readonly activity: Omit<ProcessActivity, 'kind'>;
  readonly step: Step;
  /** Whoever worked before, where nobody is named. */
  readonly guessId: string | null;
}

/** `reports the damage through the portal, the handler opens a file`: whoever acts next does not act there. */
const isOfPrevious = (place: SystemMention['place'], step: Step, since: number): boolean => {
  if (since === 0 || place.end > step.activity.first) return false;
  const { tokens } = step.participation.work.sentence;
  const between = tokens.slice(since, place.first);
  const subjects = step.isPassive ? step.data : [step.performer];
  const hasOwnSubject = subjects.some(
    (subject) => subject !== null && subject.first >= place.end && subject.end <= step.activity.first,
  );
  return hasOwnSubject && between.every(({ lower }) => lower !== ',' && lower !== 'and' && lower !== ';');
};

const systemsOf = (
  step: Step,
  next: Step | undefined,
  { mentions, since }: { readonly mentions: readonly SystemMention[]; readonly since: number },
): readonly string[] => {
  const limit = next?.sentence === step.sentence ? next.activity.first : Infinity;
  const own = mentions.filter(
    ({ place }) =>
      place.sentence === step.sentence && place.first < limit && !isOfPrevious(place, step, since),
  );
  return [...new Set(own.map((mention) => mention.systemId))];
};

/** `set up`, `pick it up`: the particle belongs to the verb. */
const verbWords = (source: Source, step: Step): string => {
  const particle = tokensAt(source, step.activity)
    .slice(1)
    .map((token) => token.lower);
  const [object, after] = tokensAt(source, {
    sentence: step.sentence,
    first: step.activity.end,
    end: step.activity.end + 2,
  });
  const isParted = object?.pos === 'PRON' && after !== undefined && PARTICLES.has(after.lower);
  return [step.verb, ...particle, ...(isParted ? [after.lower] : [])].join(' ');
};

const startOf = (step: Step, previous: Step | undefined): number =>
  previous?.sentence === step.sentence ? previous.activity.end : 0;

/** Actors and objects are numbered in text order, and a pronoun means what stands before it. */
export const draftActivities = (
  steps: readonly Step[],
  systemMentions: readonly SystemMention[],
  drafts: Drafts,
): readonly ActivityDraft[] => {
  const { source, actors } = drafts;
  return steps.map((step, index) => {
    const actorId = step.performer === null ? null : actors.resolve(step.performer, 'PERFORMER');
    const recipientId = step.recipient === null ? null : actors.resolve(step.recipient, 'OTHER');
    if (step.sender !== null) actors.resolve(step.sender, 'OTHER');
    const objects = step.data.flatMap((mention) => drafts.data.resolve(mention) ?? []);
    const span = spanOf(source, step.activity);
    const since = startOf(step, steps[index - 1]);
    const ownSystems = systemMentions.filter((mention) => mention.place.first >= since);
    const systemIds = systemsOf(step, steps[index + 1], { mentions: ownSystems, since });
    const activity = {
      id: `activity-${index + 1}`,
      span,
      verb: verbWords(source, step),
      object: objects[0]?.name ?? personAsObject(drafts, step),
      actorId,
      recipientId,
      systemIds,
      ...inputsAndOutputs(step.verb, objects),
    };
    const guessId = step.guess === null ? null : actors.resolve(step.guess, 'OTHER');
    return { activity, step, guessId };
  });
};

/** `notifies the customer` has nobody else to act upon than the one who gets the news. */
const personAsObject = (drafts: Drafts, step: Step): string | null => {
  if (step.recipient === null || drafts.source.sentences[step.sentence] === undefined) return null;
  const tokens = drafts.source.sentences[step.sentence]?.sentence.tokens ?? [];
  const isDirect = step.isPassive
    ? step.recipient.end <= step.activity.first
    : step.recipient.first === step.activity.end;
  if (!isDirect) return null;
  const place = withoutArticle(drafts.source, step.recipient);
  const word = tokens[place.first];
  return word === undefined || word.pos === 'PRON'
    ? null
    : tokensAt(drafts.source, place)
        .map((token) => token.text)
        .join(' ');
};

const inputsAndOutputs = (
  verb: string,
  objects: readonly DataReference[],
): Pick<ProcessActivity, 'inputIds' | 'outputIds'> => {
  const ids = [...new Set(objects.map((object) => object.id))];
  return CREATE_VERBS.has(verb) ? { inputIds: [], outputIds: ids } : { inputIds: ids, outputIds: [] };
};

export const activityKind = (
  draft: ActivityDraft,
  source: Source,
  actors: readonly ProcessActor[],
): ProcessActivity['kind'] => {
  const { actorId } = draft.activity;
  const { verb } = draft.step;
  const tokens = source.sentences[draft.step.sentence]?.sentence.tokens ?? [];
  const around = tokens
    .slice(Math.max(0, draft.step.activity.first - 3), draft.step.activity.end + 8)
    .map((token) => token.lower);
  const actor = actors.find((candidate) => candidate.id === actorId);
  const asksWhether = tokens
    .slice(draft.step.activity.end, draft.step.activity.end + 2)
    .some((token) => token.lower === 'whether' || token.lower === 'if');
  if (DECISION_VERBS.has(verb) || (JUDGE_VERBS.has(verb) && asksWhether)) return 'DECISION';
  if (SEND_VERBS.has(verb)) return 'SEND';
  if (RECEIVE_VERBS.has(verb)) return 'RECEIVE';
  if (actor?.kind === 'SYSTEM' || around.includes('automatically') || around.includes('automatic'))
    return 'SERVICE';
  return MANUAL_VERBS.has(verb) || around.includes('manually') ? 'MANUAL' : 'USER';
};
