/** What real descriptions begin with: roles of two words, and an event that is told last. */
import { expect, test } from 'vitest';
import { analyzeProcessText } from './analyze.ts';
import { readModel } from './reading.ts';

test('nouns of two words act and are acted upon, though one of the words is a verb elsewhere', () => {
  const text =
    'The IT service desk picks up the request. A claims handler opens a claim file in the claims system and assigns a claim number. The team lead approves the payment.';

  expect(readModel(analyzeProcessText(text)).activities).toEqual([
    'IT service desk | pick up | request | MANUAL',
    'claims handler | open | claim file @ claims system | USER',
    'claims handler | assign | claim number @ claims system | USER',
    'team lead | approve | payment | USER',
  ]);
});

test('whoever is called by the longer name first is the same by the shorter one', () => {
  const { actors } = analyzeProcessText(
    'The IT service desk records the request. The manager approves the request. The service desk closes the request.',
  );

  expect(actors.map(({ name }) => name)).toEqual(['IT service desk', 'manager']);
});

test('an event that is told last comes first, and starts the process', () => {
  const model = analyzeProcessText(
    'HR creates a request in ServiceNow as soon as the contract has been signed. The manager checks the request.',
  );

  expect(model.triggers).toMatchObject([
    { kind: 'MESSAGE', description: 'as soon as the contract has been signed', activityId: 'activity-2' },
  ]);
  expect(readModel(model).flows).toEqual(['2 > 1', '1 > 3']);
});

test('whoever acts next does not act in the system of the one before', () => {
  const model = analyzeProcessText(
    'When a customer reports a damage through the customer portal, the clerk opens a case in Jira. The manager approves the case.',
  );
  const names = new Map(model.systems.map(({ id, name }) => [id, name]));

  expect(model.activities.map(({ systemIds }) => systemIds.map((id) => names.get(id)))).toEqual([
    ['customer portal'],
    ['Jira'],
    [],
  ]);
});
