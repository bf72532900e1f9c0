/** What is wrong with a process model that a person or a program made, and how it is mended. */
import { invariant } from '@flowgrid/platform';
import type { UserError } from '@flowgrid/platform';
import { checkReferences } from './check-references.ts';
import { checkValues } from './check-values.ts';
import { nodesInOrder, reachableFrom } from './model-graph.ts';
import { activityWords } from './open-questions.ts';
import type { ProcessModel } from './process-model.ts';

const MAX_ERRORS = 50;
const MAX_ELEMENTS = 5_000;
// One element may have a question of each kind, and more than one flow.
const MAX_FLOWS_OR_QUESTIONS = 10_000;

const checkSizes = (model: ProcessModel): readonly UserError[] => {
  const { revision: _revision, handoffs: _handoffs, ...lists } = model;
  return Object.entries(lists).flatMap(([name, list]) => {
    const isLong = name === 'flows' || name === 'openQuestions';
    const limit = isLong ? MAX_FLOWS_OR_QUESTIONS : MAX_ELEMENTS;
    return list.length <= limit
      ? []
      : [
          {
            code: 'TOO_LONG',
            message: `A model has at most ${limit.toLocaleString('en')} ${name}, but these are ${list.length.toLocaleString('en')}. Describe one process at a time.`,
            path: [name],
          },
        ];
  });
};

/** Where the process begins: what triggers start, and else the earliest that nothing leads to. */
const startsOf = (model: ProcessModel): readonly string[] => {
  const nodes = nodesInOrder(model);
  const entered = new Set(model.flows.filter(({ isBack }) => !isBack).map(({ targetId }) => targetId));
  const triggered = model.triggers.flatMap(({ activityId }) => activityId ?? []);
  const opening = nodes.find(({ id }) => !entered.has(id)) ?? nodes[0];
  const hasOpening = triggered.some((id) => !entered.has(id));
  return hasOpening || opening === undefined ? triggered : [opening.id, ...triggered];
};

const checkReach = (model: ProcessModel): readonly UserError[] => {
  const reached = reachableFrom(startsOf(model), model.flows);
  return model.activities.flatMap((activity, index) =>
    reached.has(activity.id)
      ? []
      : [
          {
            code: 'UNREACHABLE',
            message: `No flow from the start of the process reaches the activity ${activity.id}, “${activityWords(activity)}”. Add a flow that leads to it, name it as the activityId of a trigger, or remove it.`,
            path: ['activities', String(index)],
          },
        ],
  );
};

/**
 * Empty when the model can be stored; at most 50 errors, with paths into the model. Expects what `completeProcessModel` gave.
 * Sizes come first: a hostile model is not looked at more closely than needed.
 */
export function checkProcessModel(model: ProcessModel, sourceText: string): readonly UserError[] {
  invariant(Number.isInteger(model.revision), 'the revision of a model is a whole number');
  const sizes = checkSizes(model);
  // What is derived from a list that is too long is too long as well.
  if (sizes.length > 0) return sizes.slice(0, 1);
  if (model.activities.length === 0)
    return [
      {
        code: 'REQUIRED',
        message: 'A process has at least one activity. Add what is done first.',
        path: ['activities'],
      },
    ];
  const errors = [...checkValues(model, sourceText), ...checkReferences(model)];
  // Reachability over broken references would only repeat what they say.
  return (errors.length > 0 ? errors : checkReach(model)).slice(0, MAX_ERRORS);
}
