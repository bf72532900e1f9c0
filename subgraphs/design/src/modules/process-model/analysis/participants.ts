/** Actors and data objects: one entry per thing, however often and in whatever words it is mentioned. */
import type { ProcessActor, ProcessDataObject, Span } from '../process-model.ts';
import { actorKind, singular } from './noun-words.ts';
import { spanOf, tokensAt, withoutArticle, wordsAt } from './source.ts';
import type { Place, Source } from './source.ts';
import { isKnownSystem } from './system-names.ts';

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly head: string;
  /** A name rather than a role: `Maria`. */
  readonly isProper: boolean;
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
    const head = singular(headWord(tokens.map((token) => token.lower)));
    const known = this.byKey.get(key) ?? this.soleNamesake(key, head, tokens.length);
    if (known !== null && known !== undefined) return this.mention(known, span);
    const entry: Entry = {
      id: `${this.prefix}-${this.entries.length + 1}`,
      name: wordsAt(source, span),
      key,
      head,
      isProper:
        tokens.at(-1)?.pos === 'PROPN' &&
        named.first === place.first &&
        !/^[A-Z]{2,}$/u.test(tokens.at(-1)?.text ?? ''),
      span,
      mentions: [],
    };
    this.entries.push(entry);
    this.byKey.set(key, entry);
    this.byHead.set(head, [...(this.byHead.get(head) ?? []), entry]);
    return this.mention(entry, span);
  }

  /** `the manager` after `the warehouse manager`, `the service desk` after `the IT service desk`, when there is only one. */
  soleNamesake(key: string, head: string, size: number): Entry | null {
    const namesakes = this.byHead.get(head) ?? [];
    const [sole, other] =
      size === 1
        ? namesakes
        : namesakes.filter(
            ({ key: longer, name }) => longer.endsWith(` ${key}`) && /^[A-Z]{2,} /u.test(name),
          );
    return other === undefined && sole !== undefined ? sole : null;
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
]);

const REFLEXIVES = new Set(['himself', 'herself', 'itself', 'themselves', 'yourself', 'myself']);
const HUMAN: ReadonlySet<ProcessActor['kind']> = new Set<ProcessActor['kind']>([
  'PERSON',
  'ROLE',
  'EXTERNAL',
]);

/** Several steps may share a mention; it is read once. */
const keyOf = (place: Place): string => `${place.sentence} ${place.first}`;

export class Actors {
  readonly #known = new Map<string, string | null>();
  readonly #source: Source;
  readonly #register = new Register('actor');
  #lastPerformer: Entry | null = null;
  #lastHuman: Entry | null = null;

  constructor(source: Source) {
    this.#source = source;
  }

  /** The id of the actor meant, or null if the words name nobody. */
  resolve(place: Place, role: 'PERFORMER' | 'OTHER'): string | null {
    const known = this.#known.get(keyOf(place));
    if (known !== undefined) return known;
    const id = this.#read(place, role);
    this.#known.set(keyOf(place), id);
    return id;
  }

  #read(place: Place, role: 'PERFORMER' | 'OTHER'): string | null {
    const word = tokensAt(this.#source, place)[0]?.lower ?? '';
    const isSingle = place.end - place.first === 1;
    if (isSingle && NOBODY.has(word)) return null;
    const entry =
      isSingle && PRONOUNS.has(word)
        ? this.#antecedent(word, place)
        : this.#register.add(this.#source, place);
    if (entry === null) return null;
    if (HUMAN.has(this.#kindOf(entry))) this.#lastHuman = entry;
    if (role === 'PERFORMER') this.#lastPerformer = entry;
    return entry.id;
  }

  #antecedent(word: string, place: Place): Entry | null {
    const { last } = this.#register;
    const performer = this.#lastPerformer;
    let meant = last;
    if (['he', 'she', 'him', 'her'].includes(word)) {
      meant =
        performer !== null && HUMAN.has(this.#kindOf(performer)) ? performer : (this.#lastHuman ?? last);
    } else if (['they', 'it'].includes(word)) {
      meant = performer ?? last;
    }
    return meant === null ? null : this.#register.mention(meant, spanOf(this.#source, place));
  }

  #kindOf(entry: Entry): ProcessActor['kind'] {
    return isKnownSystem(entry.name) ? 'SYSTEM' : actorKind(entry.head, entry.isProper);
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
  readonly #known = new Map<string, DataReference | null>();
  readonly #source: Source;
  readonly #register = new Register('data');

  constructor(source: Source) {
    this.#source = source;
  }

  resolve(place: Place): DataReference | null {
    const known = this.#known.get(keyOf(place));
    if (known !== undefined) return known;
    const reference = this.#read(place);
    this.#known.set(keyOf(place), reference);
    return reference;
  }

  #read(place: Place): DataReference | null {
    const word = tokensAt(this.#source, place)[0]?.lower ?? '';
    if (REFLEXIVES.has(word)) return null;
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
