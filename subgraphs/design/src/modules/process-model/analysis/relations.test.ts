/** Who does each of several steps that one sentence joins, for whom and on what. */
import { describe, expect, test } from 'vitest';
import { analyzeProcessText } from './analyze.ts';
import { readModel } from './reading.ts';

const steps = (text: string): readonly string[] => readModel(analyzeProcessText(text)).activities;

describe('joined verbs keep the subject of their clause', () => {
  test.each([
    [
      'The engineer asks the user for more details and sets the issue to waiting.',
      ['engineer | ask | more details > user | USER', 'engineer | set | issue | USER'],
    ],
    [
      'After the release, the support engineer informs the user and closes the issue.',
      ['support engineer | inform | user > user | SEND', 'support engineer | close | issue | USER'],
    ],
    [
      'The dispatcher calls the carrier and records the reason of the delay in the transport system.',
      [
        'dispatcher | call | carrier > carrier | MANUAL',
        'dispatcher | record | reason of the delay @ transport system | USER',
      ],
    ],
    [
      'The clerk informs the customer, checks the file and then closes it.',
      [
        'clerk | inform | customer > customer | SEND',
        'clerk | check | file | USER',
        'clerk | close | file | USER',
      ],
    ],
    [
      'The clerk sends the customer a letter and files a copy.',
      ['clerk | send | letter > customer | SEND', 'clerk | file | copy | USER'],
    ],
    [
      'The clerk forwards the claim to the assessor and closes the case.',
      ['clerk | forward | claim > assessor | SEND', 'clerk | close | case | USER'],
    ],
    [
      'The developer informs the tester and does not delete the branch but opens a ticket.',
      ['developer | inform | tester > tester | SEND', 'developer | open | ticket | USER'],
    ],
  ])('%s', (text, expected) => {
    expect(steps(text)).toEqual(expected);
  });
});

describe('a subject of its own goes before the one told earlier', () => {
  test.each([
    [
      'The clerk informs the customer and the manager signs the form.',
      ['clerk | inform | customer > customer | SEND', 'manager | sign | form | MANUAL'],
    ],
    [
      'The clerk checks and the manager approves the claim.',
      ['clerk | check | claim | USER', 'manager | approve | claim | USER'],
    ],
    [
      'The manager is informed and signs the form.',
      ['? | inform | manager > manager | SEND', 'manager | sign | form | MANUAL'],
    ],
  ])('%s', (text, expected) => {
    expect(steps(text)).toEqual(expected);
  });
});

test('either and or part the ways of one actor', () => {
  const reading = readModel(
    analyzeProcessText(
      'The dispatcher calls the customer. The customer either accepts the new date or cancels the order.',
    ),
  );

  expect(reading.activities.slice(1)).toEqual([
    'customer | accept | new date | USER',
    'customer | cancel | order | USER',
  ]);
  expect(reading.gateways).toEqual(['G1 XOR: ']);
  expect(reading.flows).toEqual(['1 > G1', 'G1 > 2', 'G1 > 3']);
});

describe('duties with a time limit', () => {
  test.each([
    [
      'Tickets must be fixed within one working day. A developer fixes the bug.',
      ['developer | fix | bug | USER'],
    ],
    [
      'Tickets must be fixed within one working day. A developer opens a pull request.',
      ['? | fix | Tickets | USER', 'developer | open | pull request | USER'],
    ],
    [
      'Tickets must be fixed by a developer within one day. A tester fixes the test.',
      ['developer | fix | Tickets | USER', 'tester | fix | test | USER'],
    ],
    [
      'If the priority is critical, the ticket must be fixed within one day. A developer fixes the bug.',
      ['? | fix | ticket | USER', 'developer | fix | bug | USER'],
    ],
  ])(
    'one that nobody is named for is a step only when no step follows that does it: %s',
    (text, expected) => {
      expect(steps(text)).toEqual(expected);
    },
  );
});
