/**
 * Finds typed word spans by rules of English alone. Their findings are hints for the trained tagger, which has seen too few texts to know
 * every construction, and its guard where the corpus has nothing to teach: lists of orders, headings, the first person.
 */
import { nounPhrases, verbGroups } from './chunks.ts';
import type { NounPhrase, VerbGroup } from './chunks.ts';
import { findCues } from './conditions.ts';
import type { Cue, SentenceParts } from './conditions.ts';
import { PROCESS_NOUNS, THING_NOUNS } from './noun-words.ts';
import {
  headOf,
  isActingSubject,
  isActivity,
  isActorPhrase,
  lowerAt,
  objectOf,
  subjectOf,
  withOf,
} from './syntax.ts';
import type { Context } from './syntax.ts';
import { repairTags } from './tagging.ts';
import type { Sentence } from './tokenise.ts';
import { ADDRESSEE_VERBS, workVerbBase } from './verb-words.ts';
import type { Mention, MentionType } from './mentions.ts';

/** What the rules know of a sentence. */
export interface RuleSentence extends SentenceParts {
  readonly cues: readonly Cue[];
  /** In text order, without overlaps. */
  readonly mentions: readonly Mention[];
}

const PARALLEL_PHRASES: readonly (readonly string[])[] = [
  ['in', 'parallel'],
  ['at', 'the', 'same', 'time'],
  ['in', 'the', 'meantime'],
  ['simultaneously'],
  ['concurrently'],
  ['meanwhile'],
  ['whereas'],
];

class MentionList {
  readonly mentions: Mention[] = [];
  readonly taken = new Set<number>();

  add(type: MentionType, first: number, end: number): void {
    if (end <= first) return;
    for (let at = first; at < end; at += 1) if (this.taken.has(at)) return;
    for (let at = first; at < end; at += 1) this.taken.add(at);
    this.mentions.push({ type, first, end });
  }
}

const addObjects = (context: Context, group: VerbGroup, list: MentionList): void => {
  const verb = workVerbBase(lowerAt(context, group.head)) ?? '';
  let object = group.isPassive ? null : objectOf(context, group);
  if (
    object === null &&
    !group.isPassive &&
    context.sentence.tokens[group.end]?.pos === 'ADP' &&
    !['to', 'by', 'within', 'until'].includes(lowerAt(context, group.end))
  ) {
    object =
      context.phrases.find((phrase) => phrase.first === group.end + 1 && !isActorPhrase(context, phrase)) ??
      null;
  }
  let at = group.end;
  if (object !== null) {
    const isAddressee = ADDRESSEE_VERBS.has(verb) && isActorPhrase(context, object);
    const full = isAddressee ? object : withOf(context, object);
    list.add(isAddressee ? 'ACTOR' : 'ACTIVITY_DATA', full.first, full.end);
    at = full.end;
    if (isAddressee) addTopic(context, at, list);
  }
  addRecipients(context, at, list);
};

/** `informs the customer about the delay`, `sends the customer a letter`. */
const addTopic = (context: Context, at: number, list: MentionList): void => {
  const isTopic = ['about', 'of', 'with', 'for'].includes(lowerAt(context, at));
  const phrase = context.phrases.find((candidate) => candidate.first === (isTopic ? at + 1 : at));
  if (phrase === undefined || isActorPhrase(context, phrase)) return;
  const full = withOf(context, phrase);
  list.add('ACTIVITY_DATA', full.first, full.end);
};

const addRecipients = (context: Context, from: number, list: MentionList): void => {
  const limit = context.groups.find((group) => group.first >= from)?.first ?? context.sentence.tokens.length;
  for (let at = from; at < limit; at += 1) {
    if (!['to', 'by', 'from', 'with'].includes(lowerAt(context, at))) continue;
    const phrase = context.phrases.find((candidate) => candidate.first === at + 1);
    if (
      phrase === undefined ||
      !(isActorPhrase(context, phrase) || (lowerAt(context, at) === 'by' && isAgent(context, phrase)))
    )
      continue;
    list.add('ACTOR', phrase.first, phrase.end);
  }
};

/** `by the workflow engine` names an actor; `by email`, `by Friday`, `by 5 pm` do not. */
const isAgent = (context: Context, phrase: NounPhrase): boolean => {
  const first = context.sentence.tokens[phrase.first];
  if (first === undefined || first.pos !== 'DET') return false;
  const head = headOf(context, phrase);
  return (
    !THING_NOUNS.has(head) &&
    !PROCESS_NOUNS.has(head) &&
    !['mean', 'end', 'way', 'deadline', 'morning', 'evening', 'help'].includes(head)
  );
};

const addSubject = (context: Context, group: VerbGroup, list: MentionList): void => {
  const subject = subjectOf(context, group);
  if (subject === null) return;
  const isPlainActor = isActorPhrase(context, subject);
  const verb = workVerbBase(lowerAt(context, group.head)) ?? '';
  if (group.isPassive) {
    const full = withOf(context, subject);
    list.add(
      isPlainActor && ADDRESSEE_VERBS.has(verb) ? 'ACTOR' : 'ACTIVITY_DATA',
      subject.first,
      isPlainActor ? subject.end : full.end,
    );
    return;
  }
  if (!isActingSubject(context, subject)) return;
  list.add('ACTOR', subject.first, subject.end);
  const joined = ['and', 'or'].includes(lowerAt(context, subject.first - 1))
    ? context.phrases.find((phrase) => phrase.end === subject.first - 1)
    : undefined;
  if (joined !== undefined && isActorPhrase(context, joined)) list.add('ACTOR', joined.first, joined.end);
};

const addMarkers = (context: Context, list: MentionList): void => {
  for (const cue of context.cues) {
    list.add('XOR_GATEWAY', cue.first, cue.end);
    list.add('CONDITION', cue.end, cue.conditionEnd);
  }
  const { tokens } = context.sentence;
  tokens.forEach((_, at) => {
    const phrase = PARALLEL_PHRASES.find((words) =>
      words.every((word, offset) => tokens[at + offset]?.lower === word),
    );
    if (phrase !== undefined) list.add('AND_GATEWAY', at, at + phrase.length);
  });
};

/** `approves or rejects`: a choice between two steps. */
const addChoices = (context: Context, activities: readonly VerbGroup[], list: MentionList): void => {
  const { tokens } = context.sentence;
  tokens.forEach((token, at) => {
    if (token.lower !== 'or' || list.taken.has(at)) return;
    const before = activities.findLast((group) => group.head < at);
    const after = activities.find((group) => group.head > at);
    if (before === undefined || after === undefined) return;
    const subject = subjectOf(context, after);
    if (after.first !== at + 1 && subject?.first !== at + 1 && tokens[at + 1]?.pos !== 'ADV') return;
    const isInclusive = tokens[at - 1]?.lower === '/' || tokens[at - 1]?.lower === 'and';
    list.add(isInclusive ? 'OR_GATEWAY' : 'XOR_GATEWAY', at, at + 1);
  });
};

const readSentence = (raw: Sentence, seen: Set<string>): RuleSentence => {
  const sentence = repairTags(raw);
  const parts: SentenceParts = { sentence, phrases: nounPhrases(sentence), groups: verbGroups(sentence) };
  const context: Context = { ...parts, cues: findCues(parts), seen };
  const list = new MentionList();
  if (sentence.kind === 'HEADING') return { ...parts, cues: context.cues, mentions: [] };
  addMarkers(context, list);
  const activities = context.groups.filter((group) => isActivity(context, group));
  for (const group of activities) {
    list.add('ACTIVITY', group.head, group.end);
    const token = sentence.tokens[group.head];
    if (token !== undefined) seen.add(workVerbBase(token.lower) ?? token.lemma);
  }
  for (const group of activities) addSubject(context, group, list);
  for (const group of activities) addObjects(context, group, list);
  addChoices(context, activities, list);
  const mentions = list.mentions.toSorted((left, right) => left.first - right.first);
  return { ...parts, cues: context.cues, mentions };
};

export const readByRules = (sentences: readonly Sentence[]): readonly RuleSentence[] => {
  const seen = new Set<string>();
  return sentences.map((sentence) => readSentence(sentence, seen));
};
