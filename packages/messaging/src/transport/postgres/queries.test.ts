import { expect, test } from 'vitest';
import { toDescription } from './queries.ts';

// PostgreSQL reads no half of a character out of JSON: with one, nothing of the source could be settled any more.
test.each([
  ['cut within a character', `${'x'.repeat(3_999)}\u{1F600}`],
  ['with half a character', 'name \uD83D is taken'],
])('an error message %s becomes a description that PostgreSQL keeps', (_name, message) => {
  const description = toDescription(new Error(message));

  expect(description.isWellFormed()).toBe(true);
  expect(description.slice(0, 5)).toBe(message.slice(0, 5));
});
