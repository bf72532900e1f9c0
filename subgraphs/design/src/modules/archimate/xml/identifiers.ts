/** Ids as XML Schema wants them, `xs:ID`: a name without a colon. Other tools begin ids with digits or braces. */

/** NameStartChar and NameChar of XML 1.0, fifth edition. */
const START = String.raw`A-Z_a-z\u{c0}-\u{d6}\u{d8}-\u{f6}\u{f8}-\u{2ff}\u{370}-\u{37d}\u{37f}-\u{1fff}\u{200c}\u{200d}\u{2070}-\u{218f}\u{2c00}-\u{2fef}\u{3001}-\u{d7ff}\u{f900}-\u{fdcf}\u{fdf0}-\u{fffd}\u{10000}-\u{effff}`;
const PART = String.raw`${START}.0-9\u{b7}\u{300}-\u{36f}\u{203f}\u{2040}\-`;
const VALID = new RegExp(`^[${START}][${PART}]*$`, 'u');
const INVALID_CHARACTER = new RegExp(`[^${PART}]`, 'gu');

export function isXmlId(id: string): boolean {
  return VALID.test(id);
}

/** The id itself where it is valid; else one that is made of it, always the same. */
export function toXmlId(id: string): string {
  return isXmlId(id) ? id : `id-${id.replace(INVALID_CHARACTER, '_')}`;
}
