/** Ids and what refers to them: each is there once, and each reference leads to an element of the right kind. */
import type { UserError } from '@flowgrid/platform';
import type { ProcessModel } from './process-model.ts';

const ID = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/u;

interface Reference {
  readonly id: string | null;
  readonly path: readonly string[];
  readonly to: ReadonlySet<string>;
  /** What it leads to, in words. */
  readonly kind: string;
}

/** What is shown of an id that may be anything. */
const shown = (id: string): string => JSON.stringify(id.length > 80 ? `${id.slice(0, 80)}…` : id);

const checkIds = (model: ProcessModel): readonly UserError[] => {
  const { revision: _revision, ...lists } = model;
  const first = new Map<string, string>();
  return Object.entries(lists).flatMap(([name, list]) =>
    list.flatMap(({ id }, index): readonly UserError[] => {
      const place = `${name}.${index}`;
      const path = [name, String(index), 'id'];
      const known = first.get(id);
      first.set(id, known ?? place);
      if (!ID.test(id))
        return [
          {
            code: 'INVALID',
            message: `The id ${shown(id)} is not well-formed: it begins with a letter and has at most 64 letters, digits, hyphens and underscores. Leave it out to get one.`,
            path,
          },
        ];
      return known === undefined
        ? []
        : [
            {
              code: 'TAKEN',
              message: `The id ${shown(id)} is already that of ${known}. Give one of the two another id, or leave it out.`,
              path,
            },
          ];
    }),
  );
};

const idsOf = (elements: readonly { readonly id: string }[]): ReadonlySet<string> =>
  new Set(elements.map(({ id }) => id));

const referencesOf = (model: ProcessModel): readonly Reference[] => {
  const actors = idsOf(model.actors);
  const activities = idsOf(model.activities);
  const systems = idsOf(model.systems);
  const data = idsOf(model.dataObjects);
  const flows = idsOf(model.flows);
  const nodes = idsOf([...model.activities, ...model.gateways]);
  const { revision: _revision, ...lists } = model;
  const all = idsOf(Object.values(lists).flat());
  const references: Reference[] = [];
  const add = (id: string | null, path: readonly string[], to: ReadonlySet<string>, kind: string): void => {
    references.push({ id, path, to, kind });
  };
  model.activities.forEach((activity, index) => {
    const path = ['activities', String(index)];
    add(activity.actorId, [...path, 'actorId'], actors, 'actor');
    add(activity.recipientId, [...path, 'recipientId'], actors, 'actor');
    activity.systemIds.forEach((id, at) => add(id, [...path, 'systemIds', String(at)], systems, 'system'));
    activity.inputIds.forEach((id, at) => add(id, [...path, 'inputIds', String(at)], data, 'data object'));
    activity.outputIds.forEach((id, at) => add(id, [...path, 'outputIds', String(at)], data, 'data object'));
  });
  model.flows.forEach((flow, index) => {
    add(flow.sourceId, ['flows', String(index), 'sourceId'], nodes, 'activity or gateway');
    add(flow.targetId, ['flows', String(index), 'targetId'], nodes, 'activity or gateway');
  });
  model.gateways.forEach((gateway, index) =>
    add(gateway.defaultFlowId, ['gateways', String(index), 'defaultFlowId'], flows, 'flow'),
  );
  model.ends.forEach((end, index) =>
    add(end.sourceId, ['ends', String(index), 'sourceId'], nodes, 'activity or gateway'),
  );
  for (const name of ['triggers', 'rules', 'exceptions'] as const)
    model[name].forEach(({ activityId }, index) =>
      add(activityId, [name, String(index), 'activityId'], activities, 'activity'),
    );
  model.openQuestions.forEach(({ elementIds }, index) =>
    elementIds.forEach((id, at) =>
      add(id, ['openQuestions', String(index), 'elementIds', String(at)], all, 'element'),
    ),
  );
  return references;
};

const checkDangling = (model: ProcessModel): readonly UserError[] =>
  referencesOf(model).flatMap(({ id, path, to, kind }) =>
    id === null || to.has(id)
      ? []
      : [
          {
            code: 'UNKNOWN_REFERENCE',
            message: `There is no ${kind} with the id ${shown(id)}. Add one with this id, or name another.`,
            path,
          },
        ],
  );

const checkFlows = (model: ProcessModel): readonly UserError[] => {
  const gateways = idsOf(model.gateways);
  const sources = new Map(model.flows.map(({ id, sourceId }) => [id, sourceId]));
  const seen = new Set<string>();
  const invalid = (message: string, ...path: string[]): UserError => ({ code: 'INVALID', message, path });
  const flows = model.flows.flatMap(({ sourceId, targetId, condition }, index): readonly UserError[] => {
    const at = String(index);
    const key = JSON.stringify([sourceId, targetId, condition]);
    const isRepeated = seen.has(key);
    seen.add(key);
    if (sourceId === targetId)
      return [
        invalid(
          `A flow leads from ${shown(sourceId)} to itself. Let it lead to a gateway before it, or remove it.`,
          'flows',
          at,
          'targetId',
        ),
      ];
    if (condition !== null && !gateways.has(sourceId))
      return [
        invalid(
          `Only a flow out of a gateway has a condition, and ${shown(sourceId)} is none. Put a gateway between, or remove the condition.`,
          'flows',
          at,
          'condition',
        ),
      ];
    return isRepeated
      ? [
          invalid(
            `This flow from ${shown(sourceId)} to ${shown(targetId)} is there twice. Remove one of them.`,
            'flows',
            at,
          ),
        ]
      : [];
  });
  const defaults = model.gateways.flatMap(({ id, defaultFlowId }, index) =>
    defaultFlowId === null || !sources.has(defaultFlowId) || sources.get(defaultFlowId) === id
      ? []
      : [
          invalid(
            `The flow ${shown(defaultFlowId)} does not lead out of ${shown(id)}. Name one that does.`,
            'gateways',
            String(index),
            'defaultFlowId',
          ),
        ],
  );
  const ends = model.ends.flatMap(({ sourceId, condition }, index) =>
    condition === null || (sourceId !== null && gateways.has(sourceId))
      ? []
      : [
          invalid(
            'Only an end after a gateway has a condition. Name the gateway as its sourceId, or remove the condition.',
            'ends',
            String(index),
            'condition',
          ),
        ],
  );
  return [...flows, ...defaults, ...ends];
};

export const checkReferences = (model: ProcessModel): readonly UserError[] => [
  ...checkIds(model),
  ...checkDangling(model),
  ...checkFlows(model),
];
