/** Models that people write: what is completed, and what is refused with how to mend it. */
import { describe, expect, test } from 'vitest';
import type { ProcessModelInput as GraphqlInput } from '../../generated/graphql.ts';
import { checkProcessModel, completeProcessModel } from './edit-model.ts';
import type { ProcessModelInput } from './edit-model.ts';

const TEXT = 'The clerk checks the form. The manager signs it.';

const WRITTEN: ProcessModelInput = {
  actors: [
    { id: 'clerk', name: ' clerk ', span: { start: 4, end: 9 } },
    { id: 'boss', name: 'manager' },
  ],
  activities: [
    { id: 'check', verb: 'check', object: 'form', actorId: 'clerk', span: { start: 10, end: 16 } },
    { id: 'sign', verb: 'sign', object: 'form', actorId: 'boss', kind: 'MANUAL' },
    { id: 'return', verb: 'return', object: ' ', actorId: 'clerk' },
  ],
  gateways: [{ id: 'complete' }],
  flows: [
    { sourceId: 'check', targetId: 'complete' },
    { id: 'yes', sourceId: 'complete', targetId: 'sign', condition: 'the form is complete' },
    { sourceId: 'complete', targetId: 'return', condition: 'otherwise' },
    { sourceId: 'return', targetId: 'check' },
  ],
  triggers: [{ kind: 'TIMER', description: 'every day', timer: { interval: 'P1D' }, activityId: 'check' }],
};

const NOWHERE = { start: 0, end: 0 };

const errorsOf = (change: ProcessModelInput, text = TEXT): readonly string[] =>
  checkProcessModel(completeProcessModel({ ...WRITTEN, ...change }, 2), text).map(
    ({ code, path, message }) => `${code} ${path.join('.')}: ${message}`,
  );

describe('completion', () => {
  test('ids, places, conditions, back flows, hand-offs, ends and questions are derived', () => {
    const model = completeProcessModel(WRITTEN, 2);

    expect(model).toEqual({
      revision: 2,
      actors: [
        { id: 'clerk', name: 'clerk', kind: 'ROLE', span: { start: 4, end: 9 }, mentions: [] },
        { id: 'boss', name: 'manager', kind: 'ROLE', span: NOWHERE, mentions: [] },
      ],
      activities: [
        {
          id: 'check',
          span: { start: 10, end: 16 },
          verb: 'check',
          object: 'form',
          kind: 'USER',
          actorId: 'clerk',
          recipientId: null,
          systemIds: [],
          inputIds: [],
          outputIds: [],
        },
        {
          id: 'sign',
          span: NOWHERE,
          verb: 'sign',
          object: 'form',
          kind: 'MANUAL',
          actorId: 'boss',
          recipientId: null,
          systemIds: [],
          inputIds: [],
          outputIds: [],
        },
        {
          id: 'return',
          span: NOWHERE,
          verb: 'return',
          object: null,
          kind: 'USER',
          actorId: 'clerk',
          recipientId: null,
          systemIds: [],
          inputIds: [],
          outputIds: [],
        },
      ],
      gateways: [
        {
          id: 'complete',
          span: NOWHERE,
          kind: 'XOR',
          conditions: ['the form is complete', 'otherwise'],
          defaultFlowId: null,
        },
      ],
      flows: [
        {
          id: 'flow-1',
          span: NOWHERE,
          sourceId: 'check',
          targetId: 'complete',
          condition: null,
          isBack: false,
        },
        {
          id: 'yes',
          span: NOWHERE,
          sourceId: 'complete',
          targetId: 'sign',
          condition: 'the form is complete',
          isBack: false,
        },
        {
          id: 'flow-2',
          span: NOWHERE,
          sourceId: 'complete',
          targetId: 'return',
          condition: 'otherwise',
          isBack: false,
        },
        { id: 'flow-3', span: NOWHERE, sourceId: 'return', targetId: 'check', condition: null, isBack: true },
      ],
      ends: [
        { id: 'end-1', span: NOWHERE, description: 'After “sign form”', sourceId: 'sign', condition: null },
      ],
      handoffs: [
        {
          id: 'handoff-1',
          span: NOWHERE,
          fromActorId: 'clerk',
          toActorId: 'boss',
          sourceActivityId: 'check',
          targetActivityId: 'sign',
        },
      ],
      dataObjects: [],
      systems: [],
      triggers: [
        {
          id: 'trigger-1',
          span: NOWHERE,
          kind: 'TIMER',
          description: 'every day',
          timer: { interval: 'P1D', dayOfWeek: null, dayOfMonth: null, timeOfDay: null },
          activityId: 'check',
        },
      ],
      rules: [],
      exceptions: [],
      openQuestions: [],
    });
    expect(checkProcessModel(model, TEXT)).toEqual([]);
  });

  test('ids that are made never meet those that were given', () => {
    const model = completeProcessModel(
      {
        activities: [{ verb: 'check' }, { id: 'activity-1', verb: 'sign' }],
        actors: [{ id: 'activity-2', name: 'x' }],
      },
      1,
    );

    expect(model.activities.map(({ id }) => id)).toEqual(['activity-3', 'activity-1']);
  });

  test('questions that are answered or about nothing any more are dropped, others kept', () => {
    const { openQuestions } = completeProcessModel(
      {
        ...WRITTEN,
        openQuestions: [
          { question: 'Who signs?', kind: 'MISSING_ACTOR', elementIds: ['sign'] },
          { question: 'What is it?', kind: 'OTHER', elementIds: ['gone'] },
          { question: 'And then?', elementIds: ['sign', 'gone'] },
        ],
      },
      2,
    );

    expect(openQuestions).toEqual([
      { id: 'question-1', span: NOWHERE, question: 'And then?', kind: 'OTHER', elementIds: ['sign'] },
    ]);
  });

  test('what a model leaves open is asked', () => {
    const { openQuestions } = completeProcessModel(
      {
        activities: [
          { id: 'a', verb: 'check' },
          { id: 'b', verb: 'sign' },
        ],
        gateways: [{ id: 'g' }],
        flows: [
          { sourceId: 'a', targetId: 'g' },
          { sourceId: 'g', targetId: 'b', condition: 'it is fine' },
        ],
      },
      1,
    );

    expect(openQuestions.map(({ kind, elementIds }) => [kind, elementIds])).toEqual([
      ['MISSING_ACTOR', ['a']],
      ['MISSING_ACTOR', ['b']],
      ['MISSING_TRIGGER', ['a']],
      ['DANGLING_BRANCH', ['g']],
    ]);
  });

  test('takes what the GraphQL schema takes', () => {
    const input: GraphqlInput = { activities: [{ verb: 'check' }] };

    expect(completeProcessModel(input, 1).activities).toHaveLength(1);
  });
});

describe('refusals name the place, the missing id and how to mend it', () => {
  test.each<readonly [string, ProcessModelInput, readonly string[]]>([
    [
      'an unknown actor',
      { activities: [{ verb: 'check', actorId: 'nobody' }], flows: [], triggers: [] },
      [
        'UNKNOWN_REFERENCE activities.0.actorId: There is no actor with the id "nobody". Add one with this id, or name another.',
      ],
    ],
    [
      'an activity that nothing leads to',
      { activities: [...(WRITTEN.activities ?? []), { id: 'x', verb: 'archive', object: 'form' }] },
      [
        'UNREACHABLE activities.3: No flow from the start of the process reaches the activity x, “archive form”. Add a flow that leads to it, name it as the activityId of a trigger, or remove it.',
      ],
    ],
    [
      'a cycle that nothing leads to',
      {
        activities: [
          { id: 'a', verb: 'check' },
          { id: 'b', verb: 'sign' },
          { id: 'c', verb: 'file' },
        ],
        gateways: [],
        triggers: [],
        flows: [
          { sourceId: 'b', targetId: 'c' },
          { sourceId: 'c', targetId: 'b' },
        ],
      },
      [
        'UNREACHABLE activities.1: No flow from the start of the process reaches the activity b, “sign”. Add a flow that leads to it, name it as the activityId of a trigger, or remove it.',
        'UNREACHABLE activities.2: No flow from the start of the process reaches the activity c, “file”. Add a flow that leads to it, name it as the activityId of a trigger, or remove it.',
      ],
    ],
    [
      'a condition out of an activity',
      { flows: [...(WRITTEN.flows ?? []), { sourceId: 'sign', targetId: 'return', condition: 'late' }] },
      [
        'INVALID flows.4.condition: Only a flow out of a gateway has a condition, and "sign" is none. Put a gateway between, or remove the condition.',
      ],
    ],
    [
      'a flow to itself',
      { flows: [...(WRITTEN.flows ?? []), { sourceId: 'sign', targetId: 'sign' }] },
      [
        'INVALID flows.4.targetId: A flow leads from "sign" to itself. Let it lead to a gateway before it, or remove it.',
      ],
    ],
    [
      'the same flow twice',
      { flows: [...(WRITTEN.flows ?? []), { sourceId: 'return', targetId: 'check' }] },
      ['INVALID flows.4: This flow from "return" to "check" is there twice. Remove one of them.'],
    ],
    [
      'one id for two elements',
      { gateways: [{ id: 'complete' }, { id: 'clerk' }] },
      [
        'TAKEN gateways.1.id: The id "clerk" is already that of actors.0. Give one of the two another id, or leave it out.',
      ],
    ],
    [
      'an id that is none',
      { systems: [{ id: '../etc', name: 'x' }] },
      [
        'INVALID systems.0.id: The id "../etc" is not well-formed: it begins with a letter and has at most 64 letters, digits, hyphens and underscores. Leave it out to get one.',
      ],
    ],
    [
      'a place outside the text',
      { actors: [...(WRITTEN.actors ?? []), { name: 'x', span: { start: 40, end: 49 } }] },
      [
        'INVALID actors.2.span: The place from 40 to 49 is not in the text, which has 48 characters. Leave the span out of what the text does not say.',
      ],
    ],
    [
      'a default flow of another gateway',
      {
        gateways: [{ id: 'complete', defaultFlowId: 'flow-3' }],
        flows: [
          ...(WRITTEN.flows ?? []).slice(0, 3),
          { id: 'flow-3', sourceId: 'return', targetId: 'check' },
        ],
      },
      [
        'INVALID gateways.0.defaultFlowId: The flow "flow-3" does not lead out of "complete". Name one that does.',
      ],
    ],
    [
      'times and amounts that cannot be read',
      {
        rules: [
          { kind: 'DEADLINE', description: 'soon', deadline: { duration: '2 days', timeOfDay: '25:00' } },
          {
            kind: 'OBLIGATION',
            description: 'x',
            threshold: { amount: 1, comparison: 'ABOVE', currency: 'euro' },
          },
        ],
      },
      [
        'INVALID rules.0.deadline.duration: This cannot be read. It is written like PT48H or P2D.',
        'INVALID rules.0.deadline.timeOfDay: This cannot be read. It is written like 14:30.',
        'INVALID rules.1.threshold: Only kind THRESHOLD has this. Change the kind, or remove it.',
        'INVALID rules.1.threshold.currency: This cannot be read. It is written like EUR.',
      ],
    ],
    [
      'nothing to do',
      { activities: [], gateways: [], flows: [], triggers: [] },
      ['REQUIRED activities: A process has at least one activity. Add what is done first.'],
    ],
    [
      'an empty name and a NUL, which the database cannot store',
      { actors: [...(WRITTEN.actors ?? []), { name: ' ' }, { name: 'a\u0000b' }, { name: '\uD800' }] },
      [
        'REQUIRED actors.2.name: This must not be empty. Say it in a few words.',
        'INVALID actors.3.name: This holds control characters or half of a character. Type it anew.',
        'INVALID actors.4.name: This holds control characters or half of a character. Type it anew.',
      ],
    ],
  ])('%s', (_name, change, expected) => {
    expect(errorsOf(change)).toEqual(expected);
  });

  test('several starts are allowed when a trigger names each', () => {
    const other = { id: 'x', verb: 'archive' };
    const activities = [...(WRITTEN.activities ?? []), other];
    const triggers = [
      ...(WRITTEN.triggers ?? []),
      { kind: 'MANUAL' as const, description: 'on demand', activityId: 'x' },
    ];

    expect(errorsOf({ activities, triggers })).toEqual([]);
  });

  // A model as large as a request may be must not keep the service from answering others.
  test('hostile sizes are refused at once, and errors are limited in number', () => {
    const many = Array.from({ length: 5_001 }, () => ({ verb: 'x' }));
    const long = 'x'.repeat(5_001);

    expect(errorsOf({ activities: many })).toEqual([
      'TOO_LONG activities: A model has at most 5,000 activities, but these are 5,001. Describe one process at a time.',
    ]);
    expect(errorsOf({ systems: [{ name: long }] })).toEqual([
      'TOO_LONG systems.0.name: This has 5,001 characters; 5,000 are allowed. Shorten it.',
    ]);
    expect(errorsOf({ activities: many.slice(0, 5_000), flows: [], triggers: [] })).toHaveLength(50);
  });

  // `__proto__` and the like are only ever texts.
  test('names of object prototypes are no ids that exist', () => {
    expect(errorsOf({ ends: [{ description: 'over', sourceId: 'constructor' }] })).toEqual([
      'UNKNOWN_REFERENCE ends.0.sourceId: There is no activity or gateway with the id "constructor". Add one with this id, or name another.',
    ]);
  });
});
