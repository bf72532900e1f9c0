/** Work that is done again leads back, and what is said about it can be edited and stored. */
import { expect, test } from 'vitest';
import { checkProcessModel } from '../edit-model.ts';
import { analyzeProcessText } from './analyze.ts';

const backFlows = (text: string): readonly string[] => {
  const model = analyzeProcessText(text);
  const verbs = new Map(model.activities.map(({ id, verb }) => [id, verb]));
  return model.flows
    .filter(({ isBack }) => isBack)
    .map(({ targetId, condition }) => `${verbs.get(targetId) ?? targetId} if ${condition ?? '-'}`);
};

test.each([
  [
    'The clerk checks the form. The clerk corrects the form until it is complete. The manager signs the form.',
    ['correct if -'],
  ],
  [
    'The clerk checks the form. The manager signs the form. If the signature is wrong, the process goes back to the check of the form.',
    ['check if the signature is wrong'],
  ],
  ['The clerk checks the form until Friday. The manager signs the form.', []],
])('%s', (text, expected) => {
  expect(backFlows(text)).toEqual(expected);
  expect(checkProcessModel(analyzeProcessText(text), text)).toEqual([]);
});

test('a way back of which nobody says where it leads is asked for', () => {
  const text = 'The clerk checks the form. If the budget is missing, the process goes back to planning.';

  const { openQuestions } = analyzeProcessText(text);

  expect(openQuestions.map(({ question }) => question)).toContain(
    'To which step does the process go back here?',
  );
});
