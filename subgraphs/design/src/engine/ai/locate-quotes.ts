/** Finds the words that a model quotes in the text that it was given. */
import type { Span } from '../../modules/process-model/process-model.ts';

const SAME: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '‛': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '–': '-',
  '—': '-',
  '‑': '-',
  '‹': '<',
};
const INVISIBLE = /[\p{Cf}\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]/u;
const WORD = /[\p{L}\p{N}]/u;
const EDGES = /^[\s"'.,;:…]+|[\s"'.,;:…]+$/g;

interface Normal {
  readonly text: string;
  /** Where each character stood. */
  readonly places: readonly number[];
}

/**
 * Places that are looked at for all quotes together: far more than answers about a real text need. A model that is talked into
 * quoting one letter thousands of times would hold up every job of its worker.
 */
const MAX_PLACES = 500_000;

export class QuoteLocator {
  readonly #source: Normal;
  #placesLeft = MAX_PLACES;
  /** Where the latest search for the same words ended: the next one goes on from there. */
  readonly #used = new Map<string, number>();

  constructor(sourceText: string) {
    this.#source = normalize(sourceText);
  }

  /** The first place at or after `from`, else the first of all; the same words again mean their next place. Null when they are nowhere. */
  locate(quote: string, from = 0): Span | null {
    const wanted = normalize(quote).text.replace(EDGES, '');
    if (wanted === '' || !WORD.test(wanted)) return null;
    const after = Math.max(this.#used.get(wanted) ?? 0, this.#indexOf(from));
    const index = this.#find(wanted, after) ?? this.#find(wanted, 0);
    if (index === null) return null;
    this.#used.set(wanted, index + wanted.length);
    const { places } = this.#source;
    const last = places[index + wanted.length - 1] ?? 0;
    return { start: places[index] ?? 0, end: last + 1 };
  }

  has(words: string): boolean {
    const wanted = normalize(words).text.replace(EDGES, '');
    return wanted !== '' && this.#find(wanted, 0) !== null;
  }

  #indexOf(place: number): number {
    if (place <= 0) return 0;
    const index = this.#source.places.findIndex((start) => start >= place);
    return index < 0 ? 0 : index;
  }

  /** Whole words only: `he` does not stand in `the`. */
  #find(wanted: string, from: number): number | null {
    const { text } = this.#source;
    for (let index = text.indexOf(wanted, from); index >= 0; index = text.indexOf(wanted, index + 1)) {
      this.#placesLeft -= 1;
      if (this.#placesLeft < 0) return null;
      const before = text[index - 1] ?? '';
      const after = text[index + wanted.length] ?? '';
      const opens = WORD.test(before) && WORD.test(wanted[0] ?? '');
      const closes = WORD.test(after) && WORD.test(wanted.at(-1) ?? '');
      if (!opens && !closes) return index;
    }
    return null;
  }
}

function normalize(text: string): Normal {
  const characters: string[] = [];
  const places: number[] = [];
  let next = 0;
  for (const character of text) {
    const index = next;
    next += character.length;
    if (INVISIBLE.test(character)) continue;
    const isSpace = /[\s\p{Cc}]/u.test(character);
    if (isSpace && characters.at(-1) === ' ') continue;
    const lower = character.toLowerCase();
    // A capital that has two small letters would move everything behind it.
    const plain = SAME[character] ?? (lower.length === character.length ? lower : character);
    const units = isSpace ? [' '] : Array.from({ length: plain.length }, (_, at) => plain.charAt(at));
    units.forEach((unit, at) => {
      characters.push(unit);
      places.push(index + at);
    });
  }
  return { text: characters.join(''), places };
}
