import { expect, test } from 'vitest';
import { toSearchTerm, toSearchText } from './search-text.ts';

test('wildcards of LIKE stand for themselves', () => {
  expect(toSearchTerm(' 100%_\\ ')).toBe('100\\%\\_\\\\');
});

test('case and form of characters make no difference', () => {
  expect(toSearchText(['Überweisung', 'ＡＢＣ'])).toBe(toSearchText(['ÜBERWEISUNG', 'abc']));
});
