/** Text of others, without what is not text: what a person cannot see must not be read by a model either. */

const LINE_ENDS = /\r\n?|[\u2028\u2029\u0085\v\f]/g;
/** Control characters but line feeds and tabs; overrides of direction; marks without width; invisible "tag" letters. */
const INVISIBLE =
  /(?![\n\t])\p{Cc}|[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

export function cleanText(text: string): string {
  return text.toWellFormed().replaceAll(LINE_ENDS, '\n').replaceAll(INVISIBLE, '');
}

/** One line of at most so many characters; never half of a surrogate pair. */
export function cleanLine(text: string, maxLength: number): string {
  const line = cleanText(text).replaceAll(/\s+/g, ' ').trim();
  return line.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '');
}
