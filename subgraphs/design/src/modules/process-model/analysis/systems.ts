/** Software that the text names, and software that it only hints at. */
import type { ProcessSystem, Span } from '../process-model.ts';
import { POSSESSIVES, singular, SOFTWARE_NOUNS } from './noun-words.ts';
import { spanOf, wordsAt } from './source.ts';
import type { Place, Source } from './source.ts';
import { findKnownSystem } from './system-names.ts';
import type { SystemName } from './system-names.ts';
import type { Token } from './tokenise.ts';

export interface SystemMention {
  readonly place: Place;
  readonly systemId: string;
}

export interface SystemFindings {
  readonly systems: readonly ProcessSystem[];
  readonly mentions: readonly SystemMention[];
  /** `the system`, `a database`: software without a name. */
  readonly unnamed: readonly Span[];
}

const LONGEST_NAME = 3;
const VAGUE = new Set([
  'the',
  'a',
  'an',
  'this',
  'that',
  'our',
  'their',
  'its',
  'his',
  'her',
  'new',
  'existing',
  'internal',
  'external',
  'central',
  'online',
  'company',
  'same',
  'another',
  'own',
  'other',
  'respective',
  'some',
  'any',
  'all',
  'software',
  'it',
]);
// Goods to install and machines to set up, rather than the place where work is done.
const VAGUE_HEADS = new Set(['software', 'server', 'api', 'bot']);
// Capitals of a sentence start or of common words around a name.
const AMBIGUOUS = new Set(['Access', 'Word', 'Excel', 'Teams', 'Slack', 'Oracle', 'Notion', 'Zoom']);

const knownAt = (
  tokens: readonly Token[],
  at: number,
  source: Source,
): { readonly name: SystemName; readonly end: number } | null => {
  for (let size = LONGEST_NAME; size > 0; size -= 1) {
    const first = tokens[at];
    const last = tokens[at + size - 1];
    if (first === undefined || last === undefined) continue;
    const words = source.text.slice(first.start, last.end);
    const name = findKnownSystem(words);
    if (name === null) continue;
    if (
      AMBIGUOUS.has(name.name) &&
      !['in', 'into', 'via', 'on', 'using', 'from', 'through', 'with', 'to', 'an', 'a'].includes(
        tokens[at - 1]?.lower ?? '',
      )
    )
      continue;
    return { name, end: at + size };
  }
  return null;
};

/** `the CRM system`: the words before the software noun that make it a name. */
const genericAt = (
  tokens: readonly Token[],
  head: number,
): { readonly first: number; readonly isNamed: boolean } | null => {
  const token = tokens[head];
  if (
    token === undefined ||
    !(token.pos === 'NOUN' || token.pos === 'PROPN') ||
    !SOFTWARE_NOUNS.has(singular(token.lower))
  )
    return null;
  const next = tokens[head + 1];
  if (
    next !== undefined &&
    (next.pos === 'NOUN' || next.pos === 'PROPN') &&
    !/^system|^database|^portal/u.test(token.lower)
  )
    return null;
  let first = head;
  while (first > 0 && head - first < 4) {
    const before = tokens[first - 1];
    if (
      before === undefined ||
      !['NOUN', 'PROPN', 'ADJ', 'VERB'].includes(before.pos) ||
      VAGUE.has(before.lower) ||
      POSSESSIVES.has(before.lower)
    )
      break;
    if (before.pos === 'VERB' && !before.lower.endsWith('ing')) break;
    first -= 1;
  }
  const isAcronym = /^[A-Z]{2,}$/u.test(token.text);
  return { first, isNamed: first < head || isAcronym };
};

class SystemRegister {
  readonly systems: ProcessSystem[] = [];
  readonly #byKey = new Map<string, string>();

  add(name: SystemName, span: Span): string {
    const key = name.name.toLowerCase().replace(/ (?:system|platform|software|tool|app)$/u, '');
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const id = `system-${this.systems.length + 1}`;
    this.systems.push({ id, span, name: name.name, integrationKind: name.integrationKind, role: 'TOOL' });
    this.#byKey.set(key, id);
    return id;
  }
}

export const findSystems = (source: Source): SystemFindings => {
  const register = new SystemRegister();
  const mentions: SystemMention[] = [];
  const unnamed: Span[] = [];
  source.sentences.forEach(({ sentence }, index) => {
    if (sentence.kind === 'HEADING') return;
    const { tokens } = sentence;
    for (let at = 0; at < tokens.length; at += 1) {
      const known = knownAt(tokens, at, source);
      if (known !== null) {
        const place = { sentence: index, first: at, end: known.end };
        mentions.push({ place, systemId: register.add(known.name, spanOf(source, place)) });
        at = known.end - 1;
        continue;
      }
      const generic = genericAt(tokens, at);
      if (generic === null || isKnownInside(mentions, index, generic.first, at)) continue;
      const place = { sentence: index, first: generic.first, end: at + 1 };
      const span = spanOf(source, place);
      if (generic.isNamed)
        mentions.push({
          place,
          systemId: register.add({ name: wordsAt(source, span), integrationKind: null }, span),
        });
      else if (!VAGUE_HEADS.has(singular(tokens[at]?.lower ?? ''))) unnamed.push(span);
    }
  });
  return { systems: register.systems, mentions, unnamed };
};

const isKnownInside = (
  mentions: readonly SystemMention[],
  sentence: number,
  first: number,
  last: number,
): boolean => {
  const latest = mentions.at(-1);
  return (
    latest !== undefined &&
    latest.place.sentence === sentence &&
    latest.place.end > first - 1 &&
    latest.place.first <= last
  );
};
