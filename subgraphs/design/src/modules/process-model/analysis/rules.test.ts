/** Which sentences bind the process, and that each rule can be read without the rest of the text. */
import { describe, expect, test } from 'vitest';
import { analyzeProcessText } from './analyze.ts';

const rules = (text: string): readonly string[] =>
  analyzeProcessText(text).rules.map((rule) => `${rule.kind}: ${rule.description}`);

describe('conditions', () => {
  test.each([
    'If the problem cannot be reproduced, the engineer asks the user for more details.',
    'The engineer asks the user for more details if the problem cannot be reproduced.',
    'When the server cannot be reached, the engineer calls the supplier.',
    'The engineer returns documents that cannot be read.',
    'If the customer answers immediately, the clerk closes the case.',
  ])('what is so only on a condition is no rule: %s', (text) => {
    expect(rules(text)).toEqual([]);
  });

  test.each([
    [
      'If the user does not answer within 14 days, the engineer closes the issue.',
      ['DEADLINE: If the user does not answer within 14 days, the engineer closes the issue'],
    ],
    ['After 14 days, the clerk closes the case.', ['DEADLINE: After 14 days, the clerk closes the case']],
  ])('a period in a condition is a time limit: %s', (text, expected) => {
    expect(rules(text)).toEqual(expected);
  });

  test.each([
    [
      'If the estimate exceeds 5,000 euros, the team lead approves the claim.',
      ['THRESHOLD: If the estimate exceeds 5,000 euros, the team lead approves the claim'],
    ],
    [
      'The team lead must approve the claim if it exceeds 5,000 euros.',
      [
        'OBLIGATION: The team lead must approve the claim if it exceeds 5,000 euros',
        'THRESHOLD: The team lead must approve the claim if it exceeds 5,000 euros',
      ],
    ],
    [
      'The clerk checks the form and, if it is late, must ask the manager.',
      ['OBLIGATION: The clerk checks the form and, if it is late, must ask the manager'],
    ],
    [
      'The clerk opens the case, and if the form is incomplete, the manager must sign it.',
      ['OBLIGATION: if the form is incomplete, the manager must sign it'],
    ],
    [
      'If the report is complete, the clerk files it; otherwise the clerk must not pay the claim.',
      ['PROHIBITION: otherwise the clerk must not pay the claim'],
    ],
  ])('a condition is told with what it governs: %s', (text, expected) => {
    expect(rules(text)).toEqual(expected);
  });
});

describe('statements', () => {
  test.each([
    [
      'The developer must not merge the pull request before the review.',
      ['PROHIBITION: The developer must not merge the pull request before the review'],
    ],
    [
      'The clerk cannot approve a claim of his own.',
      ['PROHIBITION: The clerk cannot approve a claim of his own'],
    ],
    [
      'Refunds above 1,000 euros must be approved by the branch manager.',
      [
        'OBLIGATION: Refunds above 1,000 euros must be approved by the branch manager',
        'THRESHOLD: Refunds above 1,000 euros must be approved by the branch manager',
      ],
    ],
  ])('%s', (text, expected) => {
    expect(rules(`The clerk checks the form. ${text}`)).toEqual(expected);
  });
});

describe('exceptions', () => {
  const exceptions = (text: string): readonly string[] =>
    analyzeProcessText(text).exceptions.map((exception) => exception.description);

  test.each([
    ['If a problem is reported, the clerk opens a case.', ['a problem is reported']],
    ['If the problem cannot be reproduced, the clerk closes the case.', ['the problem cannot be reproduced']],
    ['If the problem is solved, the clerk closes the case.', []],
  ])('%s', (text, expected) => {
    expect(exceptions(text)).toEqual(expected);
  });
});
