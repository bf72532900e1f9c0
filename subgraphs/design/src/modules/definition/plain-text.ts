/** Small, deterministic operations on text that people wrote. */

const COMBINING_MARKS = /\p{M}+/gu;
const CONTROL_CHARACTERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu;
const MARKUP = /[<>`[\]{}|\\]|\bhttps?:\/\/\S*|\bjavascript:/gi;
const LINK = /!?\[([^\]]{0,500})\]\([^()]{0,1000}\)/g;
const TAG = /<[/!]?[a-z][^<>]{0,1000}>/gi;
const STOP_WORDS = new Set(
  'a an the this that these those of for to in on at by with from and or its their his her our'.split(' '),
);

/** On one line, without control or invisible characters, well-formed and at most `maxLength` long. */
export function oneLine(text: string, maxLength = 300): string {
  return clip(text.toWellFormed().replace(CONTROL_CHARACTERS, ' ').trim(), maxLength);
}

/** A name without what markdown and HTML would take for theirs. */
export function plainName(text: string, maxLength = 100): string {
  const bare = oneLine(text, 2_000)
    .replace(/<\/?[a-z][^<>]*>/gi, ' ')
    .replace(MARKUP, ' ');
  return oneLine(bare.replace(/\s+/g, ' '), maxLength);
}

/** A sentence without what markdown and HTML would make of it. Comparisons stay: `amount < 5` is no tag. */
export function plainLine(text: string, maxLength = 300): string {
  const bare = oneLine(text, 10_000)
    .replace(LINK, '$1')
    .replace(TAG, ' ')
    .replace(/`|\bjavascript:/gi, ' ');
  return oneLine(bare.replace(/ {2,}/g, ' '), maxLength);
}

/** Cut to a length in UTF-16 units, never through a surrogate pair. */
export function clip(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const cut = text.slice(0, maxLength - 1);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A sentence's full stop, when the text has no end of its own. */
export function asSentence(text: string): string {
  const line = plainLine(text);
  if (line === '') return '';
  return /[.!?…]$/.test(line) ? capitalize(line) : `${capitalize(line)}.`;
}

/** The first two sentences: whoever describes a process begins with what it is about. */
export function firstSentences(text: string): string {
  const sentences = oneLine(text, 2_000).match(/[^.!?]+(?:[.!?]+(?=\s|$)|[.!?]|$)+/g) ?? [];
  return clip(sentences.slice(0, 2).join('').trim(), 600);
}

/** Words in lower-case ASCII letters and digits. */
export function toWords(text: string): readonly string[] {
  const plain = text.normalize('NFKD').replace(COMBINING_MARKS, '').toLowerCase();
  return plain.match(/[a-z0-9]+/g) ?? [];
}

export function toContentWords(text: string): readonly string[] {
  return toWords(text).filter((word) => !STOP_WORDS.has(word));
}

/** `[a-z][a-z0-9_]*`, at most `maxLength` long; `fallback` when nothing of the words can be used. */
export function toIdentifier(words: readonly string[], fallback: string, maxLength = 60): string {
  const joined = words.join('_').slice(0, maxLength).replace(/_+$/, '');
  if (joined === '') return fallback;
  return /^[a-z]/.test(joined) ? joined : `${fallback}_${joined}`.slice(0, maxLength);
}

/** The name itself, or the name with the lowest free number behind it. Takes it from then on. */
export function takeUnique(name: string, taken: Set<string>, separator = '_'): string {
  let candidate = name;
  for (let number = 2; taken.has(candidate.toLowerCase()); number += 1) {
    candidate = `${name}${separator}${number}`;
  }
  taken.add(candidate.toLowerCase());
  return candidate;
}

/** Whether the words of `phrase` follow each other in `text`. */
export function containsPhrase(text: string, phrase: string): boolean {
  const words = toWords(phrase);
  return words.length > 0 && ` ${toWords(text).join(' ')} `.includes(` ${words.join(' ')} `);
}

/** A crude stem, enough to see that `creates`, `created` and `create` are one word. */
export function toStem(word: string): string {
  const stem = word.replace(/(?:ies|ied|ing|ed|es|s|e|y)$/, '');
  return stem.length >= 3 ? stem : word;
}

export function listInWords(items: readonly string[]): string {
  const last = items.at(-1);
  if (last === undefined) return '';
  return items.length === 1 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}
