import { describe, expect, test } from 'vitest';
import { analyzeProcessText } from './analyze.ts';
import { EXAMPLES } from './example-texts.ts';

const findings = (
  text: string,
): Record<'triggers' | 'rules' | 'exceptions' | 'systems' | 'questions', readonly string[]> => {
  const model = analyzeProcessText(text);
  return {
    triggers: model.triggers.map((trigger) => `${trigger.kind}: ${trigger.description}`),
    rules: model.rules.map((rule) => `${rule.kind}: ${rule.description}`),
    exceptions: model.exceptions.map((exception) => exception.description),
    systems: model.systems.map((system) => `${system.name}: ${system.integrationKind}`),
    questions: model.openQuestions.map((question) => question.question),
  };
};

describe('what surrounds the steps', () => {
  test('a declared start, a deadline, a duty, a threshold and a one-sided decision', () => {
    expect(findings(EXAMPLES.claims)).toEqual({
      triggers: ['MESSAGE: when a customer submits a claim through the web portal'],
      rules: [
        'DEADLINE: If the amount exceeds $10,000, the claims manager must approve the payment within two business days',
        'OBLIGATION: If the amount exceeds $10,000, the claims manager must approve the payment within two business days',
        'THRESHOLD: If the amount exceeds $10,000, the claims manager must approve the payment within two business days',
      ],
      exceptions: [],
      systems: ['web portal: null', 'ServiceNow: SERVICENOW'],
      questions: ['What happens if this does not hold: “the amount exceeds $10,000”?'],
    });
  });

  test('orders without an actor are asked for, trouble is an exception', () => {
    expect(findings(EXAMPLES.triage)).toEqual({
      triggers: [],
      rules: [],
      exceptions: ['the report is incomplete'],
      systems: ['Jira: JIRA', 'GitHub: GITHUB'],
      questions: [
        'What starts the process, so that somebody begins with “read bug report”?',
        'Who does this step: “read bug report”?',
        'What happens if this does not hold: “the report is incomplete”?',
        'Who does this step: “ask details”?',
        'Who does this step: “assign bug”?',
      ],
    });
  });

  test('a clock starts the process, software without a name is asked for', () => {
    expect(
      findings('Every Monday, the planner exports the orders from the system. She never deletes an order.'),
    ).toEqual({
      triggers: ['TIMER: Every Monday'],
      rules: ['PROHIBITION: She never deletes an order'],
      exceptions: [],
      systems: [],
      questions: ['Which software is meant by “system”?'],
    });
  });

  test.each([
    [
      'The process is started manually by the operator. The operator checks the pump.',
      ['MANUAL: manually by the operator'],
    ],
    ['The clerk receives an order and checks it.', ['MESSAGE: The clerk receives an order']],
    ['The clerk checks the order.', []],
    ["Every morning at 7 o'clock, the dispatcher checks the list.", ["TIMER: Every morning at 7 o'clock"]],
    ['At 7 a.m. every day, the dispatcher checks the list.', ['TIMER: At 7 a.m. every day']],
    ['On Mondays at 9 the clerk checks the list.', ['TIMER: On Mondays at 9']],
    [
      'When a customer reports a damage, the clerk records the claim.',
      ['MESSAGE: When a customer reports a damage'],
    ],
  ])('%s', (text, triggers) => {
    expect(findings(text).triggers).toEqual(triggers);
  });

  test.each([
    ['The clerk logs the case in Service Now.', ['ServiceNow: SERVICENOW']],
    ['The clerk opens a JIRA ticket and updates jira.', ['Jira: JIRA']],
    ['The developer pushes the branch to github.', ['GitHub: GITHUB']],
    [
      'The clerk enters the data into the CRM system and into Salesforce.',
      ['CRM system: null', 'Salesforce: null'],
    ],
    ['The teams access the slack and excel at work. The clerk checks the form.', []],
  ])('systems named in: %s', (text, systems) => {
    expect(findings(text).systems).toEqual(systems);
  });
});

describe('single constructions', () => {
  const gateways = (text: string): readonly string[] =>
    analyzeProcessText(text).gateways.map((gateway) => `${gateway.kind}: ${gateway.conditions.join(' / ')}`);
  const steps = (text: string): readonly string[] => {
    const model = analyzeProcessText(text);
    return model.activities.map(
      (activity) =>
        `${model.actors.find((actor) => actor.id === activity.actorId)?.name ?? '?'} ${activity.verb} ${activity.object ?? '-'}`,
    );
  };

  test.each([
    ['The claim is checked by the clerk.', ['clerk check claim']],
    ['The clerk checks and approves the claim.', ['clerk check claim', 'clerk approve claim']],
    ['The claim is checked and approved by the clerk.', ['clerk check claim', 'clerk approve claim']],
    ['The clerk checks the list of delayed shipments.', ['clerk check list of delayed shipments']],
    ['The clerk has to sign the form.', ['clerk sign form']],
    ['1. Check the invoice.\n2. Send it to the customer.', ['? check invoice', '? send invoice']],
    ['After the form is received, the clerk files it.', ['? receive form', 'clerk file form']],
    ['The clerk informs the customer that the claim must be rejected.', ['clerk inform customer']],
    ['The clerk does not check the claim. The manager approves it.', ['manager approve -']],
    ['The clerk opens the file to see whether the claim was paid.', ['clerk open file']],
  ])('%s', (text, expected) => {
    expect(steps(text)).toEqual(expected);
  });

  test.each([
    ['The clerk rejects the claim if it is late.', ['XOR: it is late']],
    ['Unless the claim is late, the clerk pays it.', ['XOR: unless the claim is late']],
    ['The clerk approves the claim or rejects it.', ['XOR: ']],
    ['The cook bakes the pizza and the waiter prepares the drinks in parallel.', ['AND: ']],
    [
      'If the claim is simple, the clerk pays it. If the claim is complex, the expert reviews it.',
      ['XOR: the claim is simple / the claim is complex'],
    ],
    [
      'If the claim is late, the clerk rejects it. She informs the customer. Otherwise, she pays it.',
      ['XOR: the claim is late / otherwise'],
    ],
    ['The clerk checks if the claim is complete.', []],
  ])('%s', (text, expected) => {
    expect(gateways(text)).toEqual(expected);
  });
});

describe('texts without a process', () => {
  test.each([
    '',
    '   \n\t ',
    'Hello world',
    'Invoice',
    'I love sunny days. The mountains are beautiful and the sea is blue.',
    'Our company was founded in 1990. We have 200 employees in three countries.',
  ])('nothing is invented for: %j', (text) => {
    const { openQuestions, revision, ...lists } = analyzeProcessText(text);

    expect(revision).toBe(1);
    expect(lists).toEqual({
      actors: [],
      activities: [],
      gateways: [],
      flows: [],
      ends: [],
      handoffs: [],
      dataObjects: [],
      systems: [],
      triggers: [],
      rules: [],
      exceptions: [],
    });
    expect(openQuestions.map((question) => question.question)).toEqual([
      'Which steps does the process have, and who does them? No step of work was found in this text.',
    ]);
  });
});
