import { expect, test } from 'vitest';
import { toItemTime, toItemUrl } from './external-item.ts';

// Attack: one item whose time no database keeps, so that the page that it is on is never written.
test.each([
  ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00.000Z'],
  ['2026-03-01T10:00:00.000+0200', '2026-03-01T08:00:00.000Z'],
  ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ['+010000-01-01T00:00:00Z', undefined],
  ['+275760-09-13T00:00:00Z', undefined],
  ['-000001-01-01T00:00:00Z', undefined],
  ['yesterday', undefined],
  ['', undefined],
  [null, undefined],
])('the time %j is %j', (text, expected) => {
  expect(toItemTime(text)?.toISOString()).toBe(expected);
});

// Attack: an address that makes the event of a change larger than any message may be.
test('an address of an item is short', () => {
  expect(toItemUrl(`https://github.com/${'x'.repeat(1_900)}`)).not.toBeNull();
  expect(toItemUrl(`https://github.com/${'x'.repeat(300_000)}`)).toBeNull();
});
