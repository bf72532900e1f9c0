import { expect, test } from 'vitest';
import { toSlug } from './slug.ts';

test.each([
  ['Claims handling agent', 'claims-handling-agent'],
  ['  Übergabe & Prüfung!  ', 'ubergabe-prufung'],
  ['処理', 'agent'],
  ['long '.repeat(30), 'long-'.repeat(12).slice(0, -1)],
])('%j becomes %s', (name, slug) => {
  expect(toSlug(name)).toBe(slug);
});
