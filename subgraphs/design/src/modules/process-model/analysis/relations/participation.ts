/** Who does each activity, for whom, on what and how: decided within the sentence, but for a performer that is carried on. */
import { isRightBefore, subjectsBetween, thingBefore } from './verb-forms.ts';
import type { Work } from './verb-forms.ts';
import { actorKind } from '../noun-words.ts';
import { lowerAt, mentionsBetween, wordsBetween } from './located.ts';
import type { LocatedMention } from './located.ts';

export interface Participation {
  readonly work: Work;
  readonly performers: readonly LocatedMention[];
  /** The performer of earlier work, taken over because this sentence names nobody. */
  readonly carried: readonly LocatedMention[];
  /** Whoever works on when later sentences name nobody. */
  readonly goingOn: readonly LocatedMention[];
  readonly recipients: readonly LocatedMention[];
  /** Whom it comes from: `receives an email from a customer`. */
  readonly senders: readonly LocatedMention[];
  readonly data: readonly LocatedMention[];
  readonly specifications: readonly LocatedMention[];
}

const startOf = (work: Work): number => work.previous?.mention.end ?? 0;
const endOf = (work: Work, next: Work | undefined): number =>
  next?.mention.first ?? work.sentence.tokens.length;

/** `the kitchen and the sommelier are doing`: all actors that are joined to the last one. */
const joinedGroup = (work: Work, actors: readonly LocatedMention[]): readonly LocatedMention[] => {
  const group: LocatedMention[] = [];
  for (const actor of actors.toReversed()) {
    const last = group[0];
    if (last !== undefined) {
      const words = wordsBetween(work.sentence, actor.end, last.first);
      const isList = words.length <= 2 && words.some((word) => ['and', 'or', ',', '/', '&'].includes(word));
      if (!isList) break;
    }
    group.unshift(actor);
  }
  return group;
};

const isAgent = (work: Work, actor: LocatedMention): boolean =>
  lowerAt(work.sentence, actor.first - 1) === 'by';
const isSender = (work: Work, actor: LocatedMention): boolean =>
  lowerAt(work.sentence, actor.first - 1) === 'from';

const subjectOf = (work: Work): readonly LocatedMention[] =>
  joinedGroup(work, subjectsBetween(work.sentence, work.previous?.mention ?? null, work.mention));

/** Actors behind the verb that are not the subject of the next one. */
const actorsAfter = (work: Work, next: Work | undefined): readonly LocatedMention[] => {
  const found = mentionsBetween(work.sentence, 'ACTOR', work.mention.end, endOf(work, next));
  if (next === undefined) return found;
  const subjects = joinedGroup(next, subjectsBetween(work.sentence, work.mention, next.mention));
  return found.filter((actor) => !subjects.includes(actor));
};

/** `the form as well as the copy are filed`: all things that are joined to the last one. */
const joinedThings = (work: Work, things: readonly LocatedMention[]): readonly LocatedMention[] => {
  const group: LocatedMention[] = [];
  for (const thing of things.toReversed()) {
    const last = group[0];
    const words = last === undefined ? [] : wordsBetween(work.sentence, thing.end, last.first);
    if (last !== undefined && !['and', 'or', 'as well as'].includes(words.join(' '))) break;
    group.unshift(thing);
  }
  return group;
};

const dataBefore = (work: Work): readonly LocatedMention[] => {
  const found = mentionsBetween(work.sentence, 'ACTIVITY_DATA', startOf(work), work.mention.first);
  // `signs the form and the copy is filed`: the form belongs to the verb right before it.
  const isObject = work.previous?.isPassive === false && found[0]?.first === work.previous.mention.end;
  return joinedThings(work, isObject && found.length > 1 ? found.slice(1) : found);
};

/** `signs the form and the form is filed`: the second `form` is the subject of what follows. */
const isSubjectOf = (work: Work, data: LocatedMention): boolean =>
  thingBefore(work.sentence, work.previous?.mention ?? null, work.mention) === data;

const dataAfter = (work: Work, next: Work | undefined): readonly LocatedMention[] =>
  mentionsBetween(work.sentence, 'ACTIVITY_DATA', work.mention.end, endOf(work, next)).filter(
    (data) => next === undefined || !isSubjectOf(next, data),
  );

const isRightAfter = (work: Work, actor: LocatedMention): boolean => actor.first === work.mention.end;

/** `prepares and sends a letter`, `the clerk checks and the manager signs the form`. */
const sharesObject = (work: Work, next: Work): boolean =>
  next.isJoined || ['and', 'or'].includes(lowerAt(work.sentence, work.mention.end));

const dataOf = (
  works: readonly Work[],
  index: number,
  earlier: Participation | null,
): readonly LocatedMention[] => {
  const work = works[index];
  if (work === undefined) return [];
  const next = works[index + 1];
  const after = dataAfter(work, next);
  const inherited = earlier !== null && work.previous !== null ? earlier.data : [];
  if (work.isPassive) {
    const before = dataBefore(work);
    if (before.length > 0) return before;
    if (inherited.length > 0 && work.isJoined) return inherited;
    return after.length > 0 || work.previous?.isPassive !== true ? after : inherited;
  }
  if (after.length > 0) return after;
  const thing = thingBefore(work.sentence, work.previous?.mention ?? null, work.mention);
  if (thing !== null) return dataBefore(work);
  const addressee = mentionsBetween(work.sentence, 'ACTOR', work.mention.end, endOf(work, next))[0];
  const hasAddressee = addressee !== undefined && isRightAfter(work, addressee);
  if (!hasAddressee && next !== undefined && !next.isPassive && sharesObject(work, next)) {
    const shared = dataAfter(next, works[index + 2]);
    if (shared.length > 0) return shared;
  }
  return work.isJoined && !hasAddressee ? inherited : [];
};

const specificationsOf = (works: readonly Work[], index: number): readonly LocatedMention[] => {
  const work = works[index];
  if (work === undefined) return [];
  return work.sentence.mentions.filter((mention) => {
    if (mention.type !== 'FURTHER_SPECIFICATION') return false;
    const owner =
      works.find((other) => other.mention.first === mention.end) ??
      works.findLast((other) => other.mention.first < mention.first) ??
      works[0];
    return owner === work;
  });
};

interface People {
  readonly performers: readonly LocatedMention[];
  readonly recipients: readonly LocatedMention[];
  readonly senders: readonly LocatedMention[];
}

const HANDING_OVER = new Set(
  'hand hands handed return returns returned pass passes passed transfer transfers transferred'.split(' '),
);

const VAGUE_OPENERS = new Set(['a', 'an', 'any', 'some', 'one', 'it', 'who', 'which', 'you']);

/** Customers, systems and whoever is named only in passing (`an employee`) do not go on with the work. */
const isPassing = ({ sentence }: Work, actor: LocatedMention): boolean => {
  if (actor.sentence !== sentence.index) return false;
  const kind = actorKind(lowerAt(sentence, actor.end - 1), false);
  return kind === 'EXTERNAL' || kind === 'SYSTEM' || VAGUE_OPENERS.has(lowerAt(sentence, actor.first));
};

const SUBORDINATORS = new Set(['once', 'after', 'when', 'whenever', 'soon', 'until', 'before']);

/** `once the form is filed`: tells of work, and asks nobody to do it. */
const isSubordinate = (work: Work): boolean => {
  const words = wordsBetween(work.sentence, startOf(work), work.mention.first);
  const at = words.findLastIndex((word) => SUBORDINATORS.has(word));
  // `after which the form is filed` goes on with the work.
  return at >= 0 && words[at + 1] !== 'which' && !words.slice(at).includes(',');
};

/** Whoever works on when later sentences name nobody: the last performer, or the one who was handed the work. */
const goingOnAfter = (
  work: Work,
  people: People,
  before: readonly LocatedMention[],
): readonly LocatedMention[] => {
  if (HANDING_OVER.has(lowerAt(work.sentence, work.mention.first)) && people.recipients.length > 0)
    return people.recipients;
  const receivers = work.isReceiving ? people.recipients : [];
  const active = (people.performers.length > 0 ? people.performers : receivers).filter(
    (actor) => !isPassing(work, actor),
  );
  return active.length > 0 ? active : before;
};

/** `is checked and approved by the clerk`: the agent stands behind the last of the verbs. */
const laterAgents = (works: readonly Work[], index: number): readonly LocatedMention[] => {
  const next = works[index + 1];
  if (next?.isPassive !== true || !next.isJoined) return [];
  return actorsAfter(next, works[index + 2]).filter((actor) => isAgent(next, actor));
};

/** `at the office, cards are produced`: who does it is told by where it is done. */
const placesOf = (work: Work, next: Work | undefined): readonly LocatedMention[] =>
  mentionsBetween(work.sentence, 'ACTOR', startOf(work), endOf(work, next)).filter(
    (actor) => lowerAt(work.sentence, actor.first - 1) === 'at',
  );

const peopleOf = (works: readonly Work[], index: number, earlier: Participation | null): People => {
  const work = works[index];
  if (work === undefined) return { performers: [], recipients: [], senders: [] };
  const subject = subjectOf(work);
  const after = actorsAfter(work, works[index + 1]);
  const agents = after.filter((actor) => isAgent(work, actor));
  const senders = after.filter((actor) => isSender(work, actor));
  const addressees = after.filter((actor) => !agents.includes(actor) && !senders.includes(actor));
  const inSentence = work.previous === null ? null : earlier;
  if (work.isReceiving) {
    const receivers = work.isPassive ? agents : subject;
    const known =
      receivers.length > 0 || !(work.isJoined || work.isGerund)
        ? receivers
        : inSentence === null
          ? []
          : doersOf(inSentence);
    return { performers: senders, recipients: known, senders };
  }
  if (work.isPassive) {
    const isDirect = subject.some((actor) => isRightBefore(work.sentence, actor, work.mention));
    const places = placesOf(work, works[index + 1]);
    const named = agents.length > 0 ? agents : places;
    const performers = named.length > 0 || isDirect ? named : [...subject, ...laterAgents(works, index)];
    const joined =
      performers.length === 0 && work.isJoined && inSentence !== null ? inSentence.performers : performers;
    return {
      performers: joined,
      recipients: [...(isDirect ? subject : []), ...addressees.filter((actor) => !places.includes(actor))],
      senders,
    };
  }
  return { performers: activePerformers(works, index, subject, inSentence), recipients: addressees, senders };
};

/** Whoever goes on in the same sentence: who worked, who got something, or who was told (`is informed and signs`). */
const doersOf = ({ work, performers, recipients }: Participation): readonly LocatedMention[] => {
  if (performers.length > 0) return performers;
  if (work.isReceiving) return recipients;
  return work.isPassive ? recipients.filter((actor) => actor.end <= work.mention.first) : [];
};

const activePerformers = (
  works: readonly Work[],
  index: number,
  subject: readonly LocatedMention[],
  earlier: Participation | null,
): readonly LocatedMention[] => {
  const work = works[index];
  const next = works[index + 1];
  if (work === undefined || subject.length > 0) return subject;
  // `After returning, the waiter debits the account`.
  if (work.previous === null && work.isGerund && next !== undefined) return subjectOf(next);
  if (earlier === null) return [];
  const since = wordsBetween(work.sentence, earlier.work.mention.end, work.mention.first);
  const isRelative = since.some((word) => ['that', 'who', 'which'].includes(word));
  if (isRelative && earlier.recipients.length > 0) return earlier.recipients;
  return work.isJoined || work.isGerund ? doersOf(earlier) : [];
};

const carriedFor = (work: Work, people: People, earlier: Participation | null): readonly LocatedMention[] => {
  const isWithoutSubject =
    work.isPassive || work.isGerund || lowerAt(work.sentence, work.mention.first - 1) === 'to';
  const isOpen = (isWithoutSubject || work.isJoined) && !work.isReceiving && people.performers.length === 0;
  const isAboutPerson = people.recipients.some((actor) => actor.end <= work.mention.first);
  if (!isOpen || isAboutPerson || isSubordinate(work) || earlier === null) return [];
  if (work.isJoined && earlier.work.sentence === work.sentence && earlier.carried.length > 0)
    return earlier.carried;
  return isWithoutSubject ? earlier.goingOn : [];
};

export const participationsOf = (
  works: readonly Work[],
  before: Participation | null,
): readonly Participation[] => {
  let earlier = before;
  return works.map((work, index) => {
    const people = peopleOf(works, index, earlier);
    earlier = {
      work,
      ...people,
      carried: carriedFor(work, people, earlier),
      goingOn: goingOnAfter(work, people, earlier?.goingOn ?? []),
      data: dataOf(works, index, earlier),
      specifications: specificationsOf(works, index),
    };
    return earlier;
  });
};
