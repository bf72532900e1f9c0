/** The scorer itself: a relation counts when its type and both ends are exact. */
import { expect, test } from 'vitest';
import { parseDocument } from '../corpus.ts';
import { scoreRelations } from './score-relations.ts';

const line = (relations: readonly object[]): string =>
  JSON.stringify({
    id: 'made-up',
    sentences: [
      {
        tokens: ['The', 'clerk', 'checks', 'the', 'form', '.'],
        tags: ['B-Actor', 'I-Actor', 'B-Activity', 'B-Activity Data', 'I-Activity Data', 'O'],
      },
    ],
    relations,
  });

const PERFORMER = { type: 'actor performer', source: [0, 2], target: [0, 0] };
const USES = { type: 'uses', source: [0, 2], target: [0, 3] };

test('what is found and annotated is right, the rest costs precision or recall', () => {
  const { all, byType } = scoreRelations([
    parseDocument(line([PERFORMER, { type: 'actor recipient', source: [0, 2], target: [0, 0] }])),
  ]);

  expect(all).toEqual({ found: 2, right: 1, gold: 2, precision: 0.5, recall: 0.5, f1: 0.5 });
  expect(byType.find(({ type }) => type === 'USES')).toEqual({
    type: 'USES',
    found: 1,
    right: 0,
    gold: 0,
    precision: 0,
    recall: 0,
    f1: 0,
  });
});

test('a relation that the corpus names twice counts once', () => {
  const { all } = scoreRelations([parseDocument(line([PERFORMER, USES, USES]))]);

  expect(all).toEqual({ found: 2, right: 2, gold: 2, precision: 1, recall: 1, f1: 1 });
});
