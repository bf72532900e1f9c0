/** Slugs: short names for addresses. */

export const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
export const MAX_SLUG_LENGTH = 80;
/** Leaves room for a suffix. */
const MAX_DERIVED_LENGTH = 60;
const WITHOUT_LATIN_LETTERS = 'agent';

/** Letters that do not decompose into a base letter and an accent. */
const FOLDED: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ı: 'i',
};

/** Lower case without accents. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[ßæœøđðłþı]/g, (letter) => FOLDED[letter] ?? letter);
}

/** `Contrôle qualité (v2)` becomes `controle-qualite-v2`. */
export function deriveSlug(name: string): string {
  const slug = foldText(name)
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, MAX_DERIVED_LENGTH)
    .replace(/-$/, '');
  return slug === '' ? WITHOUT_LATIN_LETTERS : slug;
}

/** The base, or the base with the lowest number from 2 that is free. */
export function freeSlug(base: string, taken: ReadonlySet<string>): string {
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}-${number}`)) number += 1;
  return `${base}-${number}`;
}
