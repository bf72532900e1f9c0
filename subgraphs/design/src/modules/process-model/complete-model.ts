/** Completes a model that a person or a program gave: ids, places, hand-offs, ends and questions that were left out. */
import {
  toActivity,
  toActor,
  toDataObject,
  toEnd,
  toException,
  toGateway,
  toQuestion,
  toRule,
  toSystem,
  toTrigger,
  words,
} from './complete-elements.ts';
import type { Placed } from './complete-elements.ts';
import { deriveHandoffs, findBackFlows, nodesInOrder, targetsBySource } from './model-graph.ts';
import type { EndInput, FlowInput, ProcessModelInput, QuestionInput } from './model-input.ts';
import {
  activityWords,
  askOtherSide,
  askStart,
  askWhichSteps,
  askWho,
  numberQuestions,
} from './open-questions.ts';
import type { Question } from './open-questions.ts';
import type { ProcessFlow, ProcessModel, ProcessQuestion, Span } from './process-model.ts';

/** What a person adds stands nowhere in the text. */
const NOWHERE: Span = { start: 0, end: 0 };

interface Loose {
  readonly id?: string | null | undefined;
  readonly span?: Span | null | undefined;
}

const LISTS = [
  'actors',
  'activities',
  'gateways',
  'flows',
  'ends',
  'dataObjects',
  'systems',
  'triggers',
  'rules',
  'exceptions',
  'openQuestions',
] as const;

type Complete = <Input extends Loose, Output>(
  list: readonly Input[] | null | undefined,
  prefix: string,
  toElement: (element: Input, place: Placed) => Output,
) => readonly Output[];

/** Gives each element a place, and an id that the model does not have yet. */
const createCompletion = (input: ProcessModelInput): Complete => {
  const taken = new Set(LISTS.flatMap((name) => (input[name] ?? []).flatMap(({ id }) => id ?? [])));
  return (list, prefix, toElement) => {
    let number = 0;
    const freeId = (): string => {
      do number += 1;
      while (taken.has(`${prefix}-${number}`));
      return `${prefix}-${number}`;
    };
    return (list ?? []).map((element) => {
      const span = element.span ? { start: element.span.start, end: element.span.end } : NOWHERE;
      return toElement(element, { id: element.id ?? freeId(), span });
    });
  };
};

type Drawn = Pick<ProcessModel, 'activities' | 'gateways' | 'flows'>;

/** Activities, gateways and flows: everything else is about them. */
const drawModel = (input: ProcessModelInput, complete: Complete): Drawn => {
  const activities = complete(input.activities, 'activity', toActivity);
  const places = complete(input.gateways, 'gateway', (gateway, place) => ({ gateway, place }));
  const bare = places.map(({ gateway, place }) => toGateway(gateway, place, []));
  const order = nodesInOrder({ activities, gateways: bare }).map(({ id }) => id);
  const back = findBackFlows(order, input.flows ?? []);
  const flows = complete(input.flows, 'flow', (flow: FlowInput, place) => ({ ...flow, ...place })).map(
    (flow, index): ProcessFlow => ({
      id: flow.id,
      span: flow.span,
      sourceId: flow.sourceId,
      targetId: flow.targetId,
      condition: words(flow.condition),
      isBack: flow.isBack ?? back.has(index),
    }),
  );
  const outgoing = targetsBySource(flows);
  const gateways = places.map(({ gateway, place }) =>
    toGateway(gateway, place, outgoing.get(place.id) ?? []),
  );
  return { activities, gateways, flows };
};

/** Nothing follows an activity: the process is over there. */
const deriveEnds = (model: Drawn): readonly EndInput[] => {
  const outgoing = targetsBySource(model.flows);
  return model.activities
    .filter(({ id }) => !outgoing.has(id))
    .map((activity) => ({
      span: activity.span,
      description: `After “${activityWords(activity)}”`,
      sourceId: activity.id,
    }));
};

const oneSidedQuestions = (model: Drawn): readonly Question[] => {
  const outgoing = targetsBySource(model.flows);
  return model.gateways.flatMap((gateway) => {
    const flows = outgoing.get(gateway.id) ?? [];
    const condition = flows[0]?.condition ?? null;
    return flows.length === 1 && condition !== null && gateway.kind === 'XOR'
      ? [askOtherSide({ span: gateway.span, condition, gatewayId: gateway.id })]
      : [];
  });
};

const deriveQuestions = (model: Omit<ProcessModel, 'openQuestions'>): readonly ProcessQuestion[] => {
  const [first] = model.activities;
  if (first === undefined) return numberQuestions([askWhichSteps(NOWHERE)]);
  return numberQuestions([
    ...model.activities.filter(({ actorId }) => actorId === null).map((activity) => askWho(activity)),
    ...(model.triggers.length === 0 ? [askStart(first)] : []),
    ...oneSidedQuestions(model),
  ]);
};

/** Questions about what is gone or answered are dropped. */
const keepOpen = (
  questions: readonly QuestionInput[],
  model: Omit<ProcessModel, 'openQuestions'>,
): readonly QuestionInput[] => {
  const { revision: _revision, ...lists } = model;
  const known = new Set(Object.values(lists).flatMap((list) => list.map(({ id }) => id)));
  const actors = new Map(model.activities.map(({ id, actorId }) => [id, actorId]));
  return questions.flatMap((question) => {
    const about = question.elementIds ?? [];
    const elementIds = about.filter((id) => known.has(id));
    const isGone = about.length > 0 && elementIds.length === 0;
    const isAnswered =
      (question.kind === 'MISSING_ACTOR' && elementIds.every((id) => actors.get(id) !== null)) ||
      (question.kind === 'MISSING_TRIGGER' && model.triggers.length > 0) ||
      (question.kind === 'NO_PROCESS' && model.activities.length > 0);
    return isGone || isAnswered ? [] : [{ ...question, elementIds }];
  });
};

/** Total over what the input type allows. Elements keep their order, so paths into the model are paths into the input. */
export function completeProcessModel(input: ProcessModelInput, revision: number): ProcessModel {
  const complete = createCompletion(input);
  const drawn: Drawn = drawModel(input, complete);
  const model = {
    revision,
    actors: complete(input.actors, 'actor', toActor),
    ...drawn,
    ends: complete(input.ends ?? deriveEnds(drawn), 'end', toEnd),
    handoffs: deriveHandoffs(drawn),
    dataObjects: complete(input.dataObjects, 'data', toDataObject),
    systems: complete(input.systems, 'system', toSystem),
    triggers: complete(input.triggers, 'trigger', toTrigger),
    rules: complete(input.rules, 'rule', toRule),
    exceptions: complete(input.exceptions, 'exception', toException),
  };
  const openQuestions = input.openQuestions
    ? complete(keepOpen(input.openQuestions, model), 'question', toQuestion)
    : deriveQuestions(model);
  return { ...model, openQuestions };
}
