import { expect, test } from 'vitest';
import { parseDocument } from './corpus.ts';

const sentence = {
  tokens: ['The', 'clerk', 'signs', 'the', 'form', '.'],
  tags: ['B-Actor', 'I-Actor', 'B-Activity', 'B-Activity Data', 'I-Activity Data', 'O'],
};
const line = (overrides: object): string =>
  JSON.stringify({ id: 'doc-1', sentences: [sentence], relations: [], ...overrides });

test('tags become mentions and relations point at them', () => {
  const document = parseDocument(line({ relations: [{ type: 'uses', source: [0, 2], target: [0, 3] }] }));

  expect(document).toEqual({
    id: 'doc-1',
    sentences: [
      {
        tokens: sentence.tokens,
        mentions: [
          { type: 'ACTOR', first: 0, end: 2 },
          { type: 'ACTIVITY', first: 2, end: 3 },
          { type: 'ACTIVITY_DATA', first: 3, end: 5 },
        ],
      },
    ],
    relations: [{ type: 'USES', source: { sentence: 0, mention: 1 }, target: { sentence: 0, mention: 2 } }],
  });
});

test('two mentions of one type side by side stay two, and an inside tag without a start opens one', () => {
  const tags = ['B-Actor', 'B-Actor', 'O', 'I-Activity', 'I-Actor', 'O'];

  expect(parseDocument(line({ sentences: [{ ...sentence, tags }] })).sentences[0]?.mentions).toEqual([
    { type: 'ACTOR', first: 0, end: 1 },
    { type: 'ACTOR', first: 1, end: 2 },
    { type: 'ACTIVITY', first: 3, end: 4 },
    { type: 'ACTOR', first: 4, end: 5 },
  ]);
});

test.each([
  [
    'an unknown tag',
    { sentences: [{ ...sentence, tags: ['B-Nonsense', 'O', 'O', 'O', 'O', 'O'] }] },
    /no tag of PET/u,
  ],
  [
    'a tag of an inherited name',
    { sentences: [{ ...sentence, tags: ['B-toString', 'O', 'O', 'O', 'O', 'O'] }] },
    /no tag/u,
  ],
  ['too few tags', { sentences: [{ ...sentence, tags: ['O'] }] }, /one tag per token/u],
  [
    'an unknown relation',
    { relations: [{ type: 'likes', source: [0, 0], target: [0, 2] }] },
    /no relation of PET/u,
  ],
  [
    'a relation beside the mentions',
    { relations: [{ type: 'uses', source: [0, 2], target: [0, 4] }] },
    /no mention starts/u,
  ],
])('%s is refused', (_name, overrides, message) => {
  expect(() => parseDocument(line(overrides))).toThrow(message);
});
