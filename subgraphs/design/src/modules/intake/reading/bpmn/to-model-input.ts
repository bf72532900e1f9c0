/** A drawn and written process in the form in which process models are given. */
import { findKnownSystem } from '../../../process-model/analysis/system-names.ts';
import type { ProcessModelInput, RuleInput, TriggerInput } from '../../../process-model/model-input.ts';
import type { Span } from '../../../process-model/process-model.ts';
import type { DataReference, DiagramActor, DiagramTimer } from './diagram.ts';
import type { ActivityStep, DrawnDeadline, DrawnProcess, DrawnStart } from './drawn-process.ts';
import { toTaskWords } from './task-words.ts';
import { keyOf, timerWords, type Places } from './write-process.ts';

const NOWHERE: Span = { start: 0, end: 0 };
const DURATION =
  /^P(?=\d|T\d)(?:\d{1,6}Y)?(?:\d{1,6}M)?(?:\d{1,6}W)?(?:\d{1,6}D)?(?:T(?=\d)(?:\d{1,6}H)?(?:\d{1,6}M)?(?:\d{1,6}S)?)?$/;

export function toModelInput(process: DrawnProcess, places: Places): ProcessModelInput {
  const ids = nameIds(process);
  const activities = process.steps.filter((step) => step.type === 'ACTIVITY');
  const actors = collectActors(process, activities);
  const actorIds = new Map([...actors.keys()].map((key, index) => [key, `actor-${index + 1}`]));
  const actorIdOf = (actor: DiagramActor | null): string | null =>
    actor === null ? null : (actorIds.get(keyOf(actor.name)) ?? null);
  const data = collectData(activities, false);
  const stores = collectData(activities, true);
  const questions = new Map(process.steps.map((step) => [step.id, step.type === 'GATEWAY' ? step.name : '']));
  return {
    actors: [...actors].map(([key, { name, kind }]) => ({
      id: actorIds.get(key),
      name,
      kind,
      span: placeOf(places.actors, key),
      mentions: places.actors.get(key) ?? [],
    })),
    activities: activities.map((step) => ({
      id: ids.get(step.id),
      span: places.steps.get(step.id),
      ...toTaskWords(step.name),
      kind: step.kind,
      actorId: actorIdOf(step.actor),
      recipientId: actorIdOf(step.recipient),
      systemIds: idsOf([...step.inputs, ...step.outputs], stores, 'system'),
      inputIds: idsOf(step.inputs, data, 'data'),
      outputIds: idsOf(step.outputs, data, 'data'),
    })),
    gateways: process.steps.flatMap((step) => {
      if (step.type === 'ACTIVITY') return [];
      const usual = process.ways.findIndex(({ sourceId, isDefault }) => sourceId === step.id && isDefault);
      const defaultFlowId = usual < 0 ? null : `flow-${usual + 1}`;
      return [{ id: ids.get(step.id), span: places.steps.get(step.id), kind: step.kind, defaultFlowId }];
    }),
    flows: process.ways.map(({ sourceId, targetId, condition }, index) => ({
      id: `flow-${index + 1}`,
      span: places.ways.get(index) ?? places.steps.get(targetId),
      sourceId: ids.get(sourceId) ?? '',
      targetId: ids.get(targetId) ?? '',
      condition: conditionWords(questions.get(sourceId), condition),
    })),
    ends: process.ends.map(({ name, sourceId, condition }, index) => ({
      span: places.ends.get(index),
      description: name || 'The process is over',
      sourceId: ids.get(sourceId),
      condition: conditionWords(questions.get(sourceId), condition),
    })),
    dataObjects: [...data].map(([key, name], index) => ({
      id: `data-${index + 1}`,
      name,
      span: placeOf(places.data, key),
      mentions: places.data.get(key) ?? [],
    })),
    systems: [...stores].map(([key, name], index) => ({
      id: `system-${index + 1}`,
      name,
      span: placeOf(places.stores, key),
      integrationKind: findKnownSystem(name)?.integrationKind ?? null,
      role: isWritten(key, activities) ? 'RECORD' : 'SOURCE',
    })),
    triggers: process.starts.map((start) => toTrigger(start, { ids, activities, places })),
    rules: process.deadlines.map((deadline, index) => toRule(deadline, ids, places.deadlines.get(index))),
    exceptions: process.exceptions.map(({ name, stepId }, index) => ({
      span: places.exceptions.get(index),
      description: name,
      activityId: stepId === null ? null : ids.get(stepId),
    })),
  };
}

/** `yes` is a condition only together with what was asked. */
function conditionWords(question: string | undefined, condition: string | null): string | null {
  if (condition === null || question === undefined || question === '') return condition;
  return question.endsWith('?') ? `${question} ${condition}` : `${question}: ${condition}`;
}

/** Ids of files are of any form; the model has its own. */
function nameIds({ steps }: DrawnProcess): ReadonlyMap<string, string> {
  const counts = { ACTIVITY: 0, GATEWAY: 0 };
  return new Map(
    steps.map(({ id, type }) => {
      counts[type] += 1;
      return [id, `${type === 'ACTIVITY' ? 'activity' : 'gateway'}-${counts[type]}`];
    }),
  );
}

function collectActors(
  { starts, outsiders }: DrawnProcess,
  activities: readonly ActivityStep[],
): ReadonlyMap<string, DiagramActor> {
  const actors = new Map<string, DiagramActor>();
  const named = [
    ...outsiders,
    ...starts.map(({ sender }) => sender),
    ...activities.flatMap(({ actor, recipient, sender }) => [actor, recipient, sender]),
  ];
  for (const actor of named) {
    if (actor !== null && !actors.has(keyOf(actor.name))) actors.set(keyOf(actor.name), actor);
  }
  return actors;
}

function collectData(activities: readonly ActivityStep[], isStore: boolean): ReadonlyMap<string, string> {
  const all = activities.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
  const wanted = all.filter((reference) => reference.isStore === isStore);
  return new Map(wanted.map(({ name }) => [keyOf(name), name]));
}

function idsOf(
  references: readonly DataReference[],
  known: ReadonlyMap<string, string>,
  prefix: string,
): readonly string[] {
  const keys = [...known.keys()];
  const places = new Set(references.map(({ name }) => keys.indexOf(keyOf(name))));
  return [...places].filter((index) => index >= 0).map((index) => `${prefix}-${index + 1}`);
}

function isWritten(key: string, activities: readonly ActivityStep[]): boolean {
  return activities.some(({ outputs }) => outputs.some(({ name }) => keyOf(name) === key));
}

function toTrigger(
  start: DrawnStart,
  about: {
    readonly ids: ReadonlyMap<string, string>;
    readonly activities: readonly ActivityStep[];
    readonly places: Places;
  },
): TriggerInput {
  const { name, kind, timer, targetId } = start;
  const startsWork = about.activities.some(({ id }) => id === targetId);
  const interval = timer === null ? null : intervalOf(timer);
  return {
    span: about.places.starts.get(start),
    kind,
    description: name || (timer === null ? 'The process is started' : timerWords(timer)),
    timer: kind === 'TIMER' && interval !== null ? { interval } : null,
    activityId: startsWork && targetId !== null ? about.ids.get(targetId) : null,
  };
}

/** `R/P1D`, `R5/2026-01-01T00:00Z/PT1H`. */
function intervalOf({ kind, value }: DiagramTimer): string | null {
  const duration = kind === 'CYCLE' ? value.split('/').at(-1) : null;
  return duration !== null && duration !== undefined && DURATION.test(duration) ? duration : null;
}

function toRule(
  { name, timer, relation, stepId }: DrawnDeadline,
  ids: ReadonlyMap<string, string>,
  span: Span | undefined,
): RuleInput {
  const isReadable = timer.kind === 'DURATION' && DURATION.test(timer.value);
  const words = name === '' ? timerWords(timer) : `${name} (${timer.value})`;
  const id = ids.get(stepId) ?? '';
  return {
    span,
    kind: 'DEADLINE',
    description: words,
    // A gateway is bound by no rule.
    activityId: id.startsWith('activity-') ? id : null,
    deadline: isReadable ? { relation, duration: timer.value } : null,
  };
}

function placeOf(places: ReadonlyMap<string, readonly Span[]>, key: string): Span {
  return places.get(key)?.[0] ?? NOWHERE;
}
