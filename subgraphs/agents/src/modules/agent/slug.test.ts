import { describe, expect, test } from 'vitest';
import { MAX_SLUG_LENGTH, SLUG, deriveSlug, foldText, freeSlug } from './slug.ts';

describe('a slug made from a name', () => {
  test.each([
    ['Claims triage', 'claims-triage'],
    ['  Contrôle -- qualité (v2)!  ', 'controle-qualite-v2'],
    ['Straße Ærø Łódź Đà Nẵng', 'strasse-aero-lodz-da-nang'],
    ['ﬁle № ①', 'file-no-1'],
    ['審査エージェント', 'agent'],
    ['🚀', 'agent'],
    ['İstanbul', 'istanbul'],
  ])('%s is %s', (name, slug) => {
    expect(deriveSlug(name)).toBe(slug);
  });

  test.each(['x'.repeat(200), 'ab '.repeat(100), 'ß'.repeat(200)])('stays a slug when %s is long', (name) => {
    const slug = deriveSlug(name);

    expect(slug).toMatch(SLUG);
    expect(`${slug}-0123456789ab`.length).toBeLessThanOrEqual(MAX_SLUG_LENGTH);
  });

  test('takes the lowest number that is free', () => {
    expect(freeSlug('a', new Set())).toBe('a');
    expect(freeSlug('a', new Set(['a-2']))).toBe('a');
    expect(freeSlug('a', new Set(['a', 'a-2', 'a-4']))).toBe('a-3');
  });
});

test('folded text has neither case nor accents', () => {
  expect(foldText('ÄÖÜ é Ø')).toBe('aou e o');
});
