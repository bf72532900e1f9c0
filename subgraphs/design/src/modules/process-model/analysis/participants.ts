/** Actors and data objects: one entry per thing, however often and in whatever words it is mentioned. */
import type { ProcessActor, ProcessDataObject, Span } from '../process-model.ts';
import { actorKind, isPersonPronoun, singular } from './noun-words.ts';
import { spanOf, tokensAt, withoutArticle, wordsAt } from './source.ts';
import type { Place, Source } from './source.ts';
import { isKnownSystem } from './system-names.ts';

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly head: string;
  readonly span: Span;
  readonly mentions: Span[];
}

class Register {
  readonly entries: Entry[] = [];
  readonly byKey = new Map<string, Entry>();
  readonly byHead = new Map<string, Entry[]>();
  readonly prefix: string;
  last: Entry | null = null;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  mention(entry: Entry, span: Span): Entry {
    entry.mentions.push(span);
    this.last = entry;
    return entry;
  }

  add(source: Source, place: Place): Entry {
    const named = withoutArticle(source, place);
    const tokens = tokensAt(source, named);
    const span = spanOf(source, named);
    const key = tokens.map((token) => singular(token.lower)).join(' ');
    const known = this.byKey.get(key) ?? this.soleNamesake(key, tokens.length);
    if (known !== null && known !== undefined) return this.mention(known, span);
    const head = singular(headWord(tokens.map((token) => token.lower)));
    const entry: Entry = {
      id: `${this.prefix}-${this.entries.length + 1}`,
      name: wordsAt(source, span),
      key,
      head,
      span,
      mentions: [],
    };
    this.entries.push(entry);
    this.byKey.set(key, entry);
    this.byHead.set(head, [...(this.byHead.get(head) ?? []), entry]);
    return this.mention(entry, span);
  }

  /** `the manager` after `the warehouse manager`, when there is only one manager. */
  soleNamesake(key: string, size: number): Entry | null {
    const namesakes = size === 1 ? this.byHead.get(key) : undefined;
    return namesakes?.length === 1 ? (namesakes[0] ?? null) : null;
  }
}

const headWord = (words: readonly string[]): string => {
  const of = words.findIndex((word) => word === 'of' || word === 'at');
  return (of > 0 ? words[of - 1] : words.at(-1)) ?? '';
};

const NOBODY = new Set([
  'someone',
  'somebody',
  'anyone',
  'anybody',
  'everyone',
  'everybody',
  'nobody',
  'one',
  'you',
]);
const PRONOUNS = new Set([
  'he',
  'she',
  'they',
  'it',
  'who',
  'him',
  'her',
  'them',
  'this',
  'that',
  'these',
  'those',
  'which',
  'all',
  'each',
  'both',
  'us',
  'me',
  'himself',
  'herself',
  'itself',
  'themselves',
]);

export class Actors {
  readonly #source: Source;
  readonly #register = new Register('actor');

  constructor(source: Source) {
    this.#source = source;
  }

  /** The id of the actor meant, or null if the words name nobody. */
  resolve(place: Place): string | null {
    const word = tokensAt(this.#source, place)[0]?.lower ?? '';
    const isSingle = place.end - place.first === 1;
    if (isSingle && NOBODY.has(word)) return null;
    if (!isSingle || !PRONOUNS.has(word)) return this.#register.add(this.#source, place).id;
    const antecedent = this.#antecedent(word);
    return antecedent === null ? null : this.#register.mention(antecedent, spanOf(this.#source, place)).id;
  }

  #antecedent(word: string): Entry | null {
    const { last, entries } = this.#register;
    if (!isPersonPronoun(word) || last === null || this.#kindOf(last) !== 'SYSTEM') return last;
    return entries.findLast((entry) => this.#kindOf(entry) !== 'SYSTEM') ?? null;
  }

  #kindOf(entry: Entry): ProcessActor['kind'] {
    if (isKnownSystem(entry.name)) return 'SYSTEM';
    const isProper = /^\p{Lu}/u.test(entry.name) && !/^(?:I|We)$/u.test(entry.name) && entry.span.start > 0;
    return actorKind(entry.head, isProper);
  }

  list(): readonly ProcessActor[] {
    return this.#register.entries.map((entry) => ({
      id: entry.id,
      span: entry.span,
      name: entry.name,
      kind: this.#kindOf(entry),
      mentions: entry.mentions,
    }));
  }
}

export interface DataReference {
  readonly id: string;
  readonly name: string;
}

export class DataObjects {
  readonly #source: Source;
  readonly #register = new Register('data');

  constructor(source: Source) {
    this.#source = source;
  }

  resolve(place: Place): DataReference | null {
    const word = tokensAt(this.#source, place)[0]?.lower ?? '';
    if (place.end - place.first === 1 && PRONOUNS.has(word)) {
      const { last } = this.#register;
      return last === null ? null : this.#register.mention(last, spanOf(this.#source, place));
    }
    return this.#register.add(this.#source, place);
  }

  list(): readonly ProcessDataObject[] {
    return this.#register.entries.map((entry) => ({
      id: entry.id,
      span: entry.span,
      name: entry.name,
      mentions: entry.mentions,
    }));
  }
}
