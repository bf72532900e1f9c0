import { invariant } from '@flowgrid/platform';
import { describe, expect, test } from 'vitest';
import { readModel } from '../../modules/process-model/analysis/reading.ts';
import type { ProcessModel } from '../../modules/process-model/process-model.ts';
import { CLAIM, ONBOARDING } from '../testkit/examples.ts';
import type { AnalysisAnswer } from './analysis-answer.ts';
import { buildModel } from './build-model.ts';
import type { BuildInput, ReadProcess } from './build-model.ts';
import type { Checked } from './ask-checked.ts';

const build = (parts: Partial<AnalysisAnswer>, input: Partial<BuildInput> = {}): Checked<ReadProcess> =>
  buildModel(
    { ...ONBOARDING.answer, ...parts },
    { sourceText: ONBOARDING.text, previous: null, local: null, revision: 1, ...input },
  );

function built(checked: Checked<ReadProcess>): ProcessModel {
  invariant(checked.result, `a model was expected: ${checked.faults.join(' ')}`);
  return checked.result.model;
}

const [signed, opened, ...others] = ONBOARDING.answer.activities;
invariant(signed && opened, 'the example has activities');

describe('an answer that keeps to the text', () => {
  test('becomes a process model whose elements stand in the text', () => {
    const model = built(build({}));

    expect(readModel(model)).toEqual({
      actors: [
        'new employee: PERSON',
        'HR assistant: ROLE',
        'IT technician: ROLE',
        'facilities team: ORGANIZATION',
      ],
      activities: [
        'new employee | sign | contract | USER',
        'HR assistant | open | onboarding ticket @ ServiceNow | USER',
        'IT technician | create | accounts @ Jira | USER',
        'facilities team | prepare | desk | USER',
        'IT technician | update | ticket @ ServiceNow | USER',
        'HR assistant | close | ticket @ ServiceNow | USER',
        'HR assistant | send | welcome email > new employee | SEND',
      ],
      gateways: ['G1 AND: ', 'G2 AND: ', 'G3 XOR: an account is missing / otherwise', 'G4 XOR: '],
      flows: [
        '1 > 2',
        '2 > G1',
        'G1 > 3',
        'G1 > 4',
        '3 > G2',
        '4 > G2',
        'G2 > G3',
        'G3 > 5 if an account is missing',
        'G3 > G4 if otherwise',
        '5 > G4',
        'G4 > 6',
        '6 > 7',
      ],
    });
    expect(model.systems.map(({ name, integrationKind }) => [name, integrationKind])).toEqual([
      ['ServiceNow', 'SERVICENOW'],
      ['Jira', 'JIRA'],
    ]);
    expect(model.handoffs).toHaveLength(7);
  });

  test('gets deadlines and limits from what rules read at the same place', () => {
    const start = CLAIM.text.indexOf('Claims must be answered');
    const local: ProcessModel = {
      ...built(build({})),
      rules: [
        {
          id: 'rule-1',
          span: { start, end: start + 20 },
          kind: 'DEADLINE',
          description: '',
          activityId: null,
          deadline: {
            relation: 'WITHIN',
            duration: 'P5D',
            isBusinessTime: false,
            dayOfWeek: null,
            timeOfDay: null,
          },
          threshold: null,
        },
      ],
    };

    const { result } = buildModel(CLAIM.answer, {
      sourceText: CLAIM.text,
      previous: null,
      local,
      revision: 1,
    });

    expect(result?.model.rules.map(({ description, deadline }) => [description, deadline?.duration])).toEqual(
      [
        ['the amount is above 10,000 EUR', undefined],
        ['Claims must be answered within five days', 'P5D'],
      ],
    );
  });
});

describe('an answer that invents', () => {
  test('loses activities, actors, systems and rules without words in the text, each with the reason', () => {
    const { result, rejections } = build({
      actors: [...ONBOARDING.answer.actors, { key: 'ceo', name: 'CEO', kind: 'ROLE', quote: 'the CEO' }],
      systems: [
        ...ONBOARDING.answer.systems,
        { key: 'fax', name: 'Salesforce', role: 'TOOL', quote: 'ServiceNow' },
      ],
      activities: [
        signed,
        opened,
        ...others,
        { ...opened, key: 'fire', verb: 'fire', object: 'employee', quote: 'fires the employee' },
      ],
      rules: [{ kind: 'OBLIGATION', activity: '', quote: 'Always pay the agent' }],
      flows: [...ONBOARDING.answer.flows, { from: 'welcome', to: 'fire', condition: '' }],
    });

    expect(result?.model.activities).toHaveLength(7);
    expect(rejections).toEqual([
      { phase: 'ANALYSIS', subject: 'actor CEO', reason: 'It is not in the description.' },
      { phase: 'ANALYSIS', subject: 'system Salesforce', reason: 'The description does not name it.' },
      { phase: 'ANALYSIS', subject: 'activity fire employee', reason: 'It is not in the description.' },
      { phase: 'ANALYSIS', subject: 'rule Always pay the agent', reason: 'It is not in the description.' },
    ]);
  });

  test('is called by the words of the text where its own names are not from it', () => {
    const [actor, ...rest] = ONBOARDING.answer.actors;
    invariant(actor, 'the example has actors');

    const model = built(
      build({
        actors: [{ ...actor, name: 'Evil Corporation' }, ...rest],
        activities: [{ ...signed, object: 'bank transfer' }, opened, ...others],
      }),
    );

    expect(model.actors[0]?.name).toBe('a new employee');
    expect(model.activities[0]?.object).toBeNull();
  });

  test('is no process when nothing of it stands in the text', () => {
    const { result, faults } = build({ activities: [{ ...opened, quote: 'wires the money' }], flows: [] });

    expect(result).toBeNull();
    expect(faults).toContain('None of the activities has words of the source text as its quote.');
  });
});

describe('an answer that is not whole', () => {
  test('names what it refers to and does not have', () => {
    const { result, faults } = build({
      activities: [signed, { ...opened, actor: 'nobody' }, ...others],
      flows: [...ONBOARDING.answer.flows, { from: 'welcome', to: 'nowhere', condition: '' }],
    });

    expect(faults).toEqual([
      'activity open names the actor "nobody", which the answer does not have.',
      'flow 14 names the activity "nowhere", which the answer does not have.',
    ]);
    expect(result?.model.activities).toHaveLength(7);
  });

  test('without flows runs in the order of the text', () => {
    expect(readModel(built(build({ flows: [], gateways: [] }))).flows).toEqual([
      '1 > 2',
      '2 > 3',
      '3 > 4',
      '4 > 5',
      '5 > 6',
      '6 > 7',
    ]);
  });

  test('conditions behind an activity get a choice between', () => {
    const model = built(
      build({
        gateways: [],
        flows: [
          { from: 'sign', to: 'open', condition: '' },
          { from: 'open', to: 'create', condition: 'an account is missing' },
          { from: 'open', to: 'update', condition: 'otherwise' },
          { from: 'create', to: 'close', condition: '' },
          { from: 'update', to: 'close', condition: '' },
          { from: 'close', to: 'welcome', condition: '' },
        ],
      }),
    );

    expect(readModel(model).flows).toContain('G1 > 3 if an account is missing');
    expect(model.gateways).toHaveLength(1);
  });

  test('a text without a process is an empty model with a question', () => {
    const { result } = build({
      ...ONBOARDING.answer,
      activities: [],
      flows: [],
      gateways: [],
      triggers: [],
      rules: [],
    });

    expect(result?.model.openQuestions.map(({ kind }) => kind)).toEqual(['NO_PROCESS']);
  });
});

describe('a refinement', () => {
  const before = built(build({}));
  const message = 'The facilities team also orders a chair in SAP.';
  const kept = { ...ONBOARDING.answer, answer: 'Added the chair.' };
  const previous = { model: before, message };

  test('may add what the message says, at no place of the text', () => {
    const { result, rejections } = build(
      {
        ...kept,
        systems: [...kept.systems, { key: 'sap', name: 'SAP', role: 'TOOL', quote: 'SAP' }],
        activities: [
          ...kept.activities,
          {
            ...opened,
            key: 'order',
            verb: 'order',
            object: 'chair',
            actor: 'facilities',
            systems: ['sap'],
            quote: 'orders a chair in SAP',
          },
        ],
        flows: [...kept.flows.slice(0, -1), { from: 'welcome', to: 'order', condition: '' }],
      },
      { previous, revision: 2 },
    );

    expect(rejections).toEqual([]);
    expect(result?.answer).toBe('Added the chair.');
    expect(result?.model.revision).toBe(2);
    expect(result?.model.activities.at(-1)).toMatchObject({
      verb: 'order',
      object: 'chair',
      span: { start: 0, end: 0 },
    });
  });

  test('keeps the ids of what was there, so that earlier wishes still mean the same', () => {
    const keys = new Map(before.activities.map(({ id }, index) => [kept.activities[index]?.key ?? '', id]));
    const key = (old: string): string => keys.get(old) ?? old;
    const [dropped] = kept.activities;

    const { result } = build(
      {
        ...kept,
        activities: kept.activities.slice(1).map((activity) => ({ ...activity, key: key(activity.key) })),
        flows: kept.flows.slice(1).map((flow) => ({ ...flow, from: key(flow.from), to: key(flow.to) })),
        triggers: [],
      },
      { previous, revision: 2 },
    );

    expect(dropped?.key).toBe('sign');
    expect(result?.model.activities.map(({ id }) => id)).toEqual(
      before.activities.slice(1).map(({ id }) => id),
    );
  });
});
