import { expect, test } from 'vitest';
import { z } from 'zod';
import { encodeCursor, parsePage, toConnection } from './connection.ts';

const cursor = z.tuple([z.string(), z.uuid()]);

test('without arguments a page has 20 rows from the start', () => {
  expect(parsePage({}, cursor)).toEqual({ first: 20, after: null });
});

test.each([0, -1, 101, 100_000, 1.5])('first: %d is refused', (first) => {
  expect(() => parsePage({ first }, cursor)).toThrow('"first" must be between 1 and 100.');
});

test.each(['', 'x', '%%%', encodeCursor(['a']), encodeCursor({ id: 1 }), encodeCursor(['a', 'b'])])(
  'the cursor %j is refused',
  (after) => {
    expect(() => parsePage({ after }, cursor)).toThrow('"after" is not a cursor of this list');
  },
);

test('the row too many says that there is a next page', () => {
  const page = parsePage({ first: 2 }, cursor);

  const connection = toConnection(['a', 'b', 'c'], page, (node) => [node]);

  expect(connection).toEqual({
    edges: [
      { cursor: encodeCursor(['a']), node: 'a' },
      { cursor: encodeCursor(['b']), node: 'b' },
    ],
    pageInfo: {
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: encodeCursor(['a']),
      endCursor: encodeCursor(['b']),
    },
  });
});
