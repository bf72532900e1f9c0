/** Who does an activity when the design is in use, and what in the description says so. */
import type {
  ProcessActivity,
  ProcessActor,
  ProcessModel,
  ProcessSystem,
} from '../process-model/process-model.ts';
import type { Performer } from '../proposal/proposal.ts';
import {
  activityTitle,
  findActor,
  isDecision,
  isHumanDecision,
  isPerson,
  startsProcess,
} from './activities.ts';
import { capitalize, listInWords, oneLine, toContentWords, toWords } from './plain-text.ts';
import {
  HANDS_VERBS,
  INFORMATION_VERBS,
  JUDGING_VERBS,
  LASTING_VERBS,
  PHYSICAL_THINGS,
  TELLING_VERBS,
} from './work-words.ts';

export interface Judgement {
  readonly performer: Performer;
  readonly reason: string;
  /** Nobody but the person may decide otherwise: it belongs to people, or has happened already. */
  readonly isFixed: boolean;
}

/** Judgements by the id of the activity. */
export type Automation = ReadonlyMap<string, Judgement>;

export function cutAutomation(model: ProcessModel): Automation {
  return new Map(model.activities.map((activity) => [activity.id, judge(model, activity)]));
}

export function performerOf(model: ProcessModel, activity: ProcessActivity): Performer {
  return judge(model, activity).performer;
}

/** The first of these that has something to say. What belongs to people comes before what agents could do. */
export function judge(model: ProcessModel, activity: ProcessActivity): Judgement {
  const actor = findActor(model, activity.actorId);
  const work: Work = {
    activity,
    actor,
    who: oneLine(actor?.name ?? '', 80),
    title: activityTitle(activity),
    systems: model.systems.filter(({ id }) => activity.systemIds.includes(id)),
    isStart: startsProcess(model, activity),
    isHumanDecision: isHumanDecision(model, activity),
  };
  const certain = judgeOutside(work) ?? judgeDecision(work);
  if (certain !== null) return fixed(certain);
  return judgeHands(work) ?? judgeSystems(work) ?? judgeMessage(work) ?? judgeRest(work);
}

interface Work {
  readonly activity: ProcessActivity;
  readonly actor: ProcessActor | null;
  readonly who: string;
  readonly title: string;
  readonly systems: readonly ProcessSystem[];
  readonly isStart: boolean;
  readonly isHumanDecision: boolean;
}

const by = (performer: Performer, reason: string): Judgement => ({ performer, reason, isFixed: false });
const fixed = (judgement: Judgement): Judgement => ({ ...judgement, isFixed: true });

function judgeOutside({ actor, who, isStart }: Work): Judgement | null {
  if (actor?.kind === 'EXTERNAL') {
    return by(
      'HUMAN',
      `${capitalize(who)} is outside the company and does this${isStart ? '; it starts the process' : ''}.`,
    );
  }
  if (!isStart) return null;
  return by(
    actor?.kind === 'SYSTEM' ? 'SYSTEM' : 'HUMAN',
    `It starts the process${actor === null ? '' : ` and is done by ${who}`}: it has happened when an agent begins.`,
  );
}

function judgeDecision({ activity, who, title, ...work }: Work): Judgement | null {
  if (work.isHumanDecision) {
    return by('HUMAN', `«${title}» is a decision, and the description gives it to ${who}.`);
  }
  if (isDecision(activity) && work.actor === null) {
    return by('HUMAN', `«${title}» is a decision, and the description does not say who takes it.`);
  }
  if (isPerson(work.actor) && JUDGING_VERBS.has(verbOf(activity))) {
    return by(
      'HUMAN',
      `«${title}» is a judgement for which ${who} stands; an agent can put the facts together.`,
    );
  }
  return null;
}

/** A system beside it may keep the record, but lifts nothing. */
function judgeHands({ activity, actor, who, systems }: Work): Judgement | null {
  if (actor?.kind === 'SYSTEM') return null;
  const thing = toContentWords(activity.object ?? '').findLast((word) => PHYSICAL_THINGS.has(word));
  const isOnThing = thing !== undefined && (activity.kind === 'MANUAL' || HANDS_VERBS.has(verbOf(activity)));
  const isByHand = activity.kind === 'MANUAL' && systems.length === 0;
  if (!isOnThing && !isByHand) return null;
  const what = thing === undefined ? `to ${oneLine(activity.verb, 40)}` : `work on a real ${thing}`;
  return by('HUMAN', `It needs hands (${what})${who === '' ? '' : `; ${who} does it`}.`);
}

function judgeSystems({ actor, who, systems }: Work): Judgement | null {
  const performer = systems.find(({ role }) => role === 'PERFORMER');
  if (performer !== undefined && !isPerson(actor)) {
    return by('SYSTEM', `${oneLine(performer.name, 80)} does this by itself.`);
  }
  if (systems.length > 0) {
    const names = listInWords(systems.slice(0, 3).map(({ name }) => oneLine(name, 80)));
    const behalf = isPerson(actor) ? `, for ${who}` : '';
    return by('AGENT', `It is done in ${names}, which a tool can reach${behalf}.`);
  }
  if (actor?.kind !== 'SYSTEM') return null;
  return by('SYSTEM', `${capitalize(who)} is a system and does this by itself.`);
}

function judgeMessage({ activity, actor, who }: Work): Judgement | null {
  const behalf = isPerson(actor) ? `, for ${who}` : '';
  const message = by('AGENT', `It is a message, which an agent can write${behalf}.`);
  if (TELLING_VERBS.has(verbOf(activity))) return message;
  switch (activity.kind) {
    case 'SEND':
      return message;
    case 'RECEIVE':
      return by('AGENT', `It is something that comes in, for which an agent can wait${behalf}.`);
    case 'SERVICE':
      return by('AGENT', 'The description says that it happens automatically, and names no system for it.');
    case 'USER':
    case 'MANUAL':
    case 'DECISION':
      return null;
    default:
      return activity.kind satisfies never;
  }
}

function judgeRest({ activity, actor, who, title }: Work): Judgement {
  if (actor === null && LASTING_VERBS.has(verbOf(activity))) {
    return by(
      'HUMAN',
      `«${title}» is hard to take back, and the description names neither who does it nor a system for it.`,
    );
  }
  if (actor === null) {
    return by(
      'AGENT',
      `The description gives «${title}» to nobody, and it needs neither hands nor a decision.`,
    );
  }
  if (INFORMATION_VERBS.has(verbOf(activity))) {
    return by('AGENT', `«${title}» is work with information alone, which an agent can do for ${who}.`);
  }
  return by(
    'HUMAN',
    `${capitalize(who)} does this, and the description names no system through which an agent could.`,
  );
}

function verbOf({ verb }: ProcessActivity): string {
  return toWords(verb)[0] ?? '';
}
