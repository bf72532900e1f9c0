import { expect, test } from 'vitest';
import { analyzeProcessText } from './analyze.ts';
import { readModel } from './reading.ts';

const activitiesOf = (text: string): readonly string[] => readModel(analyzeProcessText(text)).activities;

test.each([
  'Never send the form to the customer.',
  'Note: Never send the form to the customer.',
  'Do not archive the form.',
  "Don't call the customer.",
])('what must not be done is no step: %s', (ban) => {
  const told = 'The clerk checks the form. The clerk signs the letter.';

  expect(activitiesOf(`${told} ${ban}`)).toEqual(activitiesOf(told));
});

test('a ban is kept as a rule that binds no step', () => {
  const { rules } = analyzeProcessText(
    '1. Receive the invoice.\n2. Pay the invoice.\nNever pay an invoice without approval.',
  );

  expect(rules).toMatchObject([
    { kind: 'PROHIBITION', description: 'Never pay an invoice without approval', activityId: null },
  ]);
});

test('what is not only done is done', () => {
  const text =
    'The manager approves the order. The clerk not only checks the form but also signs the letter.';

  expect(activitiesOf(text)).toHaveLength(3);
});

test('work that is named again to say when the next begins is one step', () => {
  expect(
    activitiesOf(
      'The manager approves the payment. Once the payment is approved, accounting transfers the amount.',
    ),
  ).toEqual(['manager | approve | payment | USER', 'accounting | transfer | amount | USER']);
});

test('the same work on another thing is a step of its own', () => {
  expect(
    activitiesOf(
      'The manager approves the payment. Once the contract is approved, accounting transfers the amount.',
    ),
  ).toHaveLength(3);
});
