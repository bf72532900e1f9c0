/** Does to a process model what a person asks for, as far as rules can. */
import { activityTitle } from '../../modules/definition/activities.ts';
import {
  asSentence,
  capitalize,
  containsPhrase,
  listInWords,
  oneLine,
  plainLine,
  plainName,
} from '../../modules/definition/plain-text.ts';
import { readDeadline } from '../../modules/process-model/analysis/limits.ts';
import { findKnownSystem } from '../../modules/process-model/analysis/system-names.ts';
import type {
  ProcessActivity,
  ProcessActor,
  ProcessModel,
} from '../../modules/process-model/process-model.ts';
import type { Command, ModelCommand } from './command.ts';
import { createIds, mergePart, withoutActivity } from './edit-flow.ts';
import type { Place } from './edit-flow.ts';
import { findActivities, findAllActivities, findSystem } from './find-target.ts';

export interface Edit {
  readonly model: ProcessModel;
  /** What was done, or why it was not, for the person. */
  readonly said: string;
  readonly isDone: boolean;
}

/** Reads a sentence as a process description. */
export type ReadSteps = (sentence: string) => Promise<ProcessModel>;

const NOWHERE = { start: 0, end: 0 };

const done = (model: ProcessModel, said: string): Edit => ({ model, said, isDone: true });
const failed = (model: ProcessModel, said: string): Edit => ({ model, said, isDone: false });

type ModelEdit = ModelCommand | Extract<Command, { readonly kind: 'UNKNOWN' }>;

export async function editProcess(
  model: ProcessModel,
  command: ModelEdit,
  readSteps: ReadSteps,
): Promise<Edit> {
  switch (command.kind) {
    case 'ADD_STEP':
      return addStep(model, command, readSteps);
    case 'REMOVE':
      return remove(model, command.target);
    case 'DECIDED_BY':
      return giveTo(model, command, 'DECISION');
    case 'DONE_BY':
      return giveTo(model, command, null);
    case 'WITHOUT_SYSTEM':
      return withoutSystem(model, command);
    case 'USE_SYSTEM':
      return useSystem(model, command);
    case 'REPLACE_SYSTEM':
      return replaceSystem(model, command);
    case 'RULE':
      return addRule(model, command);
    case 'UNKNOWN':
      return readOn(model, command, readSteps);
    default:
      return command satisfies never;
  }
}

type Of<Kind extends ModelEdit['kind']> = Extract<ModelEdit, { readonly kind: Kind }>;

async function addStep(model: ProcessModel, { step, place }: Of<'ADD_STEP'>, read: ReadSteps): Promise<Edit> {
  const part = await read(asSentence(step));
  if (part.activities.length === 0) {
    return failed(
      model,
      `«${step}» was not understood as a step. Say who does what: “add a step: the manager signs the contract after …”.`,
    );
  }
  const titles = listInWords(part.activities.map((activity) => `«${activityTitle(activity)}»`));
  if (place.relation === 'END') {
    return done(mergePart(model, part, { relation: 'END', activityId: null }), `Added ${titles} at the end.`);
  }
  const found = findActivities(model, place.target);
  if ('problem' in found) return failed(model, `${titles} was not added. ${found.problem}`);
  const [target] = found.activities;
  if (target === undefined) return failed(model, `${titles} was not added: there is no such step.`);
  const where: Place = { relation: place.relation, activityId: target.id };
  return done(
    mergePart(model, part, where),
    `Added ${titles} ${place.relation.toLowerCase()} «${activityTitle(target)}».`,
  );
}

function remove(model: ProcessModel, target: string): Edit {
  const found = findActivities(model, target);
  const system = findSystem(model, target);
  if (system !== null && ('problem' in found || containsPhrase(system.name, target))) {
    return withoutSystem(model, { kind: 'WITHOUT_SYSTEM', system: system.name, sentence: target });
  }
  if ('problem' in found) return failed(model, `Nothing was removed. ${found.problem}`);
  if (found.activities.length === model.activities.length) {
    return failed(model, `«${target}» was not removed: nothing would be left of the process.`);
  }
  const left = found.activities.reduce((rest, { id }) => withoutActivity(rest, id), model);
  const [first] = found.activities;
  return done(left, `Removed «${first === undefined ? target : activityTitle(first)}».`);
}

function giveTo(
  model: ProcessModel,
  { actor: name, target }: Of<'DECIDED_BY' | 'DONE_BY'>,
  kind: 'DECISION' | null,
): Edit {
  const found = findActivities(model, target);
  if ('problem' in found) return failed(model, `${found.problem} So ${name} was given nothing.`);
  const shown = plainName(name, 80);
  if (shown === '') return failed(model, 'Nobody was named.');
  const known = findActorNamed(model, shown);
  const id = known?.id ?? createIds(model)('actor');
  const actors =
    known === undefined
      ? [...model.actors, { id, span: NOWHERE, name: shown, kind: 'ROLE' as const, mentions: [] }]
      : model.actors;
  const ids = new Set(found.activities.map((activity) => activity.id));
  const edited = changeActivities({ ...model, actors }, ids, (activity) => ({
    ...activity,
    actorId: id,
    ...(kind === null ? {} : { kind }),
  }));
  const titles = `«${found.activities.map(activityTitle)[0] ?? target}»`;
  const who = oneLine(known?.name ?? shown, 80);
  return done(edited, kind === null ? `${titles} is done by ${who}.` : `${titles} is decided by ${who}.`);
}

/** «The clerk» is the claims clerk when there is no other. */
function findActorNamed({ actors }: ProcessModel, name: string): ProcessActor | undefined {
  const alike = actors.filter((actor) => containsPhrase(actor.name, name));
  return (
    actors.find((actor) => actor.name.toLowerCase() === name.toLowerCase()) ??
    (alike.length === 1 ? alike[0] : undefined)
  );
}

function changeActivities(
  model: ProcessModel,
  ids: ReadonlySet<string>,
  change: (activity: ProcessActivity) => ProcessActivity,
): ProcessModel {
  return {
    ...model,
    activities: model.activities.map((activity) => (ids.has(activity.id) ? change(activity) : activity)),
  };
}

/** «Never use cash» names no system of the process: it is a rule. */
function withoutSystem(model: ProcessModel, { system: words, sentence }: Of<'WITHOUT_SYSTEM'>): Edit {
  const system = findSystem(model, words);
  if (system === null) return addRule(model, { kind: 'RULE', rule: 'PROHIBITION', text: sentence });
  const using = model.activities.filter(({ systemIds }) => systemIds.includes(system.id));
  const edited = changeActivities(
    { ...model, systems: model.systems.filter(({ id }) => id !== system.id) },
    new Set(using.map(({ id }) => id)),
    (activity) => ({ ...activity, systemIds: activity.systemIds.filter((id) => id !== system.id) }),
  );
  const titles = listInWords(using.slice(0, 4).map((activity) => `«${activityTitle(activity)}»`));
  const left = titles === '' ? '' : ` ${titles} can be done without it, or by people.`;
  return done(edited, `${oneLine(system.name, 80)} is not used any more.${left}`);
}

function useSystem(model: ProcessModel, { system: words, target }: Of<'USE_SYSTEM'>): Edit {
  const activities = findAllActivities(model, target);
  if (activities.length === 0) {
    return failed(model, `There is no step «${target}», so ${plainName(words, 80)} is used for nothing new.`);
  }
  const { model: known, id, name } = withSystem(model, words);
  const edited = changeActivities(known, new Set(activities.map((activity) => activity.id)), (activity) => ({
    ...activity,
    systemIds: [...new Set([...activity.systemIds, id])],
  }));
  const titles = listInWords(activities.slice(0, 4).map((activity) => `«${activityTitle(activity)}»`));
  return done(edited, `${name} is used for ${titles}.`);
}

interface WithSystem {
  readonly model: ProcessModel;
  readonly id: string;
  readonly name: string;
}

function withSystem(model: ProcessModel, words: string): WithSystem {
  const known = findSystem(model, words);
  if (known !== null) return { model, id: known.id, name: known.name };
  const named = findKnownSystem(words);
  const name = named?.name ?? plainName(words, 80);
  const id = createIds(model)('system');
  const system = {
    id,
    span: NOWHERE,
    name,
    integrationKind: named?.integrationKind ?? null,
    role: 'TOOL' as const,
  };
  return { model: { ...model, systems: [...model.systems, system] }, id, name };
}

function replaceSystem(model: ProcessModel, { system: words, by }: Of<'REPLACE_SYSTEM'>): Edit {
  const old = findSystem(model, words);
  if (old === null)
    return failed(model, `The process does not use ${plainName(words, 80)}, so nothing replaces it.`);
  const { model: known, id, name } = withSystem(model, by);
  const using = new Set(
    known.activities.filter(({ systemIds }) => systemIds.includes(old.id)).map((activity) => activity.id),
  );
  const edited = changeActivities(known, using, (activity) => ({
    ...activity,
    systemIds: [...new Set(activity.systemIds.map((systemId) => (systemId === old.id ? id : systemId)))],
  }));
  const systems = edited.systems.filter((system) => system.id !== old.id);
  return done({ ...edited, systems }, `${name} is used instead of ${oneLine(old.name, 80)}.`);
}

function addRule(model: ProcessModel, { rule: kind, text }: Of<'RULE'>): Edit {
  const description = plainRule(text);
  const rule = {
    id: createIds(model)('rule'),
    span: NOWHERE,
    kind,
    description,
    activityId: null,
    deadline: kind === 'DEADLINE' ? readDeadline(text) : null,
    threshold: null,
  };
  return done({ ...model, rules: [...model.rules, rule] }, `Added the rule: ${asSentence(description)}`);
}

function plainRule(text: string): string {
  return capitalize(plainLine(text, 500));
}

async function readOn(model: ProcessModel, { text, hint }: Of<'UNKNOWN'>, read: ReadSteps): Promise<Edit> {
  if (hint !== null) return failed(model, `«${text}» was not done. ${hint}`);
  const part = await read(asSentence(text));
  if (!describesWork(part, text)) return failed(model, `«${text}» was not understood. ${HOW_TO_SAY}`);
  const titles = listInWords(part.activities.map((activity) => `«${activityTitle(activity)}»`));
  return done(
    mergePart(model, part, { relation: 'END', activityId: null }),
    `Read as a further part of the process, after the rest: ${titles}.`,
  );
}

/** What is said to us, such as «make it nicer», is no step of the process, though it has a verb. */
const SAID_TO_US =
  /^(?:make|change|improve|do|give|let|have|try|be|use|think|consider|redo|fix|undo|update|adjust)\b/i;

function describesWork({ activities }: ProcessModel, text: string): boolean {
  return activities.some(
    ({ actorId, object }) => actorId !== null || (object !== null && !SAID_TO_US.test(text)),
  );
}

const HOW_TO_SAY =
  'Without an AI model these can be said: “add a step: … after …”, “remove the step …”, “the … decides …”, “require approval for …”, ' +
  '“do not use …”, “use … for …”, “rename the agent to …”, “one agent”, “two agents”, “answer in …”, “never …”, “always …”.';
