/** Who does each step, for whom and on what, decided from the mentions alone. */
import type { Mention, TaggedSentence } from './mentions.ts';
import type { Token } from './tokenise.ts';
import { isParticiple, workVerbBase } from './verb-words.ts';

export interface Step {
  readonly sentence: number;
  readonly activity: Mention;
  readonly verb: string;
  readonly isPassive: boolean;
  readonly performer: Mention | null;
  /** `checks and approves`: the second step is done by whoever does the first. */
  readonly sharesPerformer: boolean;
  readonly recipient: Mention | null;
  /** Whom it comes from: `receives an email from a customer`. */
  readonly sender: Mention | null;
  readonly data: readonly Mention[];
}

interface Scope {
  readonly tokens: readonly Token[];
  readonly mentions: readonly Mention[];
  readonly activities: readonly Mention[];
  readonly steps: Step[];
}

const BE_FORMS = new Set([
  'be',
  'is',
  'are',
  'was',
  'were',
  'been',
  'being',
  "'s",
  "'re",
  'am',
  'gets',
  'get',
]);
const isBe = (token: Token | undefined): boolean => token !== undefined && BE_FORMS.has(token.lower);

const hasPassiveForm = (tokens: readonly Token[], head: number): boolean => {
  if (!isParticiple(tokens[head]?.lower ?? '')) return false;
  for (let at = head - 1; at >= 0; at -= 1) {
    const token = tokens[at];
    if (isBe(token)) return true;
    if (token === undefined || !['ADV', 'PART', 'AUX'].includes(token.pos)) return false;
  }
  return false;
};

const between = (scope: Scope, type: Mention['type'], from: number, to: number): readonly Mention[] =>
  scope.mentions.filter((mention) => mention.type === type && mention.first >= from && mention.end <= to);

const isJoined = (scope: Scope, from: number, to: number): boolean => {
  const words = scope.tokens.slice(from, to);
  return words.some((token) => ['and', 'or', 'but', ',', '/', 'then', ';'].includes(token.lower));
};

const RECIPIENT_WORDS = new Set(['to', 'by', 'from', 'with', 'for', 'of']);
const isAgentOf = (scope: Scope, actor: Mention, word: string): boolean =>
  scope.tokens[actor.first - 1]?.lower === word;

const performerOf = (scope: Scope, activity: Mention, isPassive: boolean): Mention | null => {
  const index = scope.activities.indexOf(activity);
  const nextStart = scope.activities[index + 1]?.first ?? scope.tokens.length;
  if (isPassive)
    return (
      between(scope, 'ACTOR', activity.end, nextStart).find((actor) => isAgentOf(scope, actor, 'by')) ??
      laterAgent(scope, index)
    );
  const previousEnd = scope.activities[index - 1]?.end ?? 0;
  const candidates = between(scope, 'ACTOR', previousEnd, activity.first).filter(
    (actor) =>
      !RECIPIENT_WORDS.has(scope.tokens[actor.first - 1]?.lower ?? '') &&
      !isObjectBefore(scope, actor, activity),
  );
  return candidates.findLast((actor) => !hasClauseBreak(scope, actor.end, activity.first)) ?? null;
};

const standsRightAfter = (scope: Scope, actor: Mention, activity: Mention): boolean =>
  actor.first >= activity.end &&
  scope.tokens.slice(activity.end, actor.first).every((token) => token.pos === 'ADV');

/** `informs the user and closes the issue`: the user belongs to the first verb, not to the one joined to it. */
const isObjectBefore = (scope: Scope, actor: Mention, activity: Mention): boolean => {
  const previous = scope.activities[scope.activities.indexOf(activity) - 1];
  return (
    previous !== undefined &&
    standsRightAfter(scope, actor, previous) &&
    isJoined(scope, actor.end, activity.first)
  );
};

/** `is checked and approved by the clerk`: the agent stands behind the last of the verbs. */
const laterAgent = (scope: Scope, index: number): Mention | null => {
  const current = scope.activities[index];
  const next = scope.activities[index + 1];
  if (
    current === undefined ||
    next === undefined ||
    next.first - current.end > 2 ||
    !isParticiple(scope.tokens[next.first]?.lower ?? '')
  )
    return null;
  const after = scope.activities[index + 2]?.first ?? scope.tokens.length;
  return between(scope, 'ACTOR', next.end, after).find((actor) => isAgentOf(scope, actor, 'by')) ?? null;
};

/** An imperative after a comma does not take the actor of the condition before it. */
const hasClauseBreak = (scope: Scope, from: number, to: number): boolean => {
  const words = scope.tokens.slice(from, to);
  const comma = words.findLastIndex((token) => [',', ';', ':'].includes(token.lower));
  return comma >= 0 && words.slice(0, comma).some((token) => token.pos === 'VERB' || token.pos === 'AUX');
};

const recipientOf = (scope: Scope, activity: Mention, performer: Mention | null): Mention | null => {
  const nextStart = scope.activities[scope.activities.indexOf(activity) + 1]?.first ?? scope.tokens.length;
  return (
    between(scope, 'ACTOR', activity.end, nextStart).find(
      (actor) =>
        actor !== performer &&
        !isAgentOf(scope, actor, 'by') &&
        !isAgentOf(scope, actor, 'from') &&
        !isSubjectOfNext(scope, actor),
    ) ?? null
  );
};

const senderOf = (scope: Scope, activity: Mention): Mention | null => {
  const nextStart = scope.activities[scope.activities.indexOf(activity) + 1]?.first ?? scope.tokens.length;
  return (
    between(scope, 'ACTOR', activity.end, nextStart).find((actor) => isAgentOf(scope, actor, 'from')) ?? null
  );
};

const isSubjectOfNext = (scope: Scope, actor: Mention): boolean => {
  const next = scope.activities.find((activity) => activity.first >= actor.end);
  const before = scope.tokens[actor.first - 1];
  if (
    next !== undefined &&
    before?.lower !== 'to' &&
    scope.tokens.slice(actor.end, next.first).every((token) => ['ADV', 'AUX', 'PART'].includes(token.pos))
  )
    return true;
  return (
    next !== undefined &&
    before !== undefined &&
    ['and', 'or', ',', ';', 'then', 'but', 'while', 'once', 'after', 'when'].includes(before.lower)
  );
};

const dataOf = (scope: Scope, activity: Mention, isPassive: boolean): readonly Mention[] => {
  const index = scope.activities.indexOf(activity);
  const next = scope.activities[index + 1];
  const previous = scope.activities[index - 1];
  if (isPassive) {
    const before = between(scope, 'ACTIVITY_DATA', previous?.end ?? 0, activity.first).filter((mention) =>
      ownsSubject(scope, mention, activity),
    );
    const previousStep = scope.steps.at(-1);
    if (
      before.length === 0 &&
      previousStep !== undefined &&
      previousStep.activity === previous &&
      isJoined(scope, previous.end, activity.first)
    )
      return previousStep.data;
    return before.slice(-1);
  }
  const limit = next?.first ?? scope.tokens.length;
  const own = between(scope, 'ACTIVITY_DATA', activity.end, limit).filter(
    (mention) =>
      next === undefined || !hasPassiveForm(scope.tokens, next.first) || !isNextSubject(scope, mention, next),
  );
  const isSharedObject =
    next !== undefined &&
    own.length === 0 &&
    next.first - activity.end <= 3 &&
    isJoined(scope, activity.end, next.first) &&
    !between(scope, 'ACTOR', activity.end, next.first).some((actor) => isObjectBefore(scope, actor, next));
  return isSharedObject ? dataOf(scope, next, false) : own;
};

const ownsSubject = (scope: Scope, mention: Mention, activity: Mention): boolean => {
  const words = scope.tokens.slice(mention.end, activity.first);
  return (
    !words.some((token) => [';', ':', '('].includes(token.lower)) &&
    !scope.activities.some((other) => other.first >= mention.end && other.end <= activity.first)
  );
};

const isNextSubject = (scope: Scope, mention: Mention, next: Mention): boolean =>
  ['and', 'or', ',', ';', 'then', 'but'].includes(scope.tokens[mention.first - 1]?.lower ?? '') &&
  mention.end <= next.first;

const relateSentence = (tagged: TaggedSentence, sentence: number): readonly Step[] => {
  const { tokens } = tagged.sentence;
  const activities = tagged.mentions.filter((mention) => mention.type === 'ACTIVITY');
  const scope: Scope = { tokens, mentions: tagged.mentions, activities, steps: [] };
  for (const activity of activities) {
    const previous = scope.steps.at(-1);
    const isBareParticiple =
      isParticiple(tokens[activity.first]?.lower ?? '') &&
      previous?.isPassive === true &&
      activity.first - previous.activity.end <= 3 &&
      !isBe(tokens[activity.first - 1]);
    const isPassive = hasPassiveForm(tokens, activity.first) || isBareParticiple;
    const performer = performerOf(scope, activity, isPassive) ?? informedBefore(scope, activity, isPassive);
    const token = tokens[activity.first];
    const sharesPerformer =
      performer === null &&
      previous !== undefined &&
      previous.isPassive === isPassive &&
      isJoined(scope, previous.activity.end, activity.first) &&
      (!isPassive || isBareParticiple);
    const data = dataOf(scope, activity, isPassive);
    const recipient = recipientOf(scope, activity, performer) ?? passiveAddressee(scope, activity, isPassive);
    const verb = workVerbBase(token?.lower ?? '') ?? token?.lemma ?? '';
    scope.steps.push({
      sentence,
      activity,
      verb,
      isPassive,
      performer,
      sharesPerformer,
      recipient,
      sender: senderOf(scope, activity),
      data,
    });
  }
  return scope.steps;
};

/** `The developer is notified and fixes the code`: who gets the news does the next step. */
const informedBefore = (scope: Scope, activity: Mention, isPassive: boolean): Mention | null => {
  const previous = scope.steps.at(-1);
  if (
    isPassive ||
    previous?.isPassive !== true ||
    previous.recipient === null ||
    previous.recipient.end > previous.activity.first
  )
    return null;
  const words = scope.tokens.slice(previous.activity.end, activity.first);
  return words.length <= 3 && words.some((token) => ['and', 'then'].includes(token.lower))
    ? previous.recipient
    : null;
};

/** `The customer is informed`: the subject of a passive verb is the one who gets something. */
const passiveAddressee = (scope: Scope, activity: Mention, isPassive: boolean): Mention | null => {
  if (!isPassive) return null;
  const previousEnd = scope.activities[scope.activities.indexOf(activity) - 1]?.end ?? 0;
  return (
    between(scope, 'ACTOR', previousEnd, activity.first).findLast(
      (actor) => !RECIPIENT_WORDS.has(scope.tokens[actor.first - 1]?.lower ?? ''),
    ) ?? null
  );
};

export const relate = (tagged: readonly TaggedSentence[]): readonly Step[] =>
  tagged.flatMap((sentence, index) => relateSentence(sentence, index));
