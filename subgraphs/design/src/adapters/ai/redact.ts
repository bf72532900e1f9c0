/** Takes credentials, and personal data where the tenant asks for it, out of texts before they leave, and puts the latter back. */
import { findCredentials, replaceRanges, type Range } from './credentials.ts';
import { findPersonalData, type PersonalKind } from './personal-data.ts';

type Kind = PersonalKind | 'CREDENTIAL';

export interface Redacted {
  /** The texts, in their order, with placeholders such as `[EMAIL_1]`: the same for the same value. */
  readonly texts: readonly string[];
  /** How much was taken out, by kind. */
  readonly counts: Readonly<Partial<Record<Kind, number>>>;
  /** The value with personal data in the place of its placeholders, in all its texts. Credentials stay away. */
  restore(value: unknown): unknown;
  /** The same in JSON text, which may be incomplete. */
  restoreJson(json: string): string;
}

const PLACEHOLDER = /\[[A-Z]{2,12}(?:_[A-Z]{2,12})?_\d{1,6}\]/gu;

export function redact(texts: readonly string[], options: { readonly personalData: boolean }): Redacted {
  const names = new PlaceholderNames(texts);
  const redacted = texts.map((text) => redactOne(text, options.personalData, names));
  const { restorable } = names;
  const restore = (text: string): string =>
    text.replaceAll(PLACEHOLDER, (placeholder) => restorable.get(placeholder) ?? placeholder);
  return {
    texts: redacted,
    counts: names.counts,
    restore: (value) => (restorable.size === 0 ? value : mapTexts(value, restore)),
    restoreJson: (json) =>
      restorable.size === 0
        ? json
        : json.replaceAll(PLACEHOLDER, (placeholder) => {
            const value = restorable.get(placeholder);
            return value === undefined ? placeholder : JSON.stringify(value).slice(1, -1);
          }),
  };
}

function redactOne(text: string, hasPersonalData: boolean, names: PlaceholderNames): string {
  const credentials = findCredentials(text).map((range) => ({ ...range, kind: 'CREDENTIAL' as const }));
  const personal = hasPersonalData ? findPersonalData(text, credentials) : [];
  const kinds = new Map<number, Kind>([...credentials, ...personal].map(({ start, kind }) => [start, kind]));
  const ranges: Range[] = [...credentials, ...personal].toSorted((a, b) => a.start - b.start);
  let index = 0;
  return replaceRanges(text, ranges, (found) => {
    const kind = kinds.get(ranges[index]?.start ?? -1) ?? 'CREDENTIAL';
    index += 1;
    return names.nameOf(kind, found);
  });
}

/** Numbers values by kind. A placeholder that somebody wrote into a text is not given to anything. */
class PlaceholderNames {
  readonly counts: Partial<Record<Kind, number>> = {};
  /** What may be put back. */
  readonly restorable = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #taken: ReadonlySet<string>;
  readonly #last = new Map<Kind, number>();

  constructor(texts: readonly string[]) {
    this.#taken = new Set(texts.flatMap((text) => text.match(PLACEHOLDER) ?? []));
  }

  nameOf(kind: Kind, value: string): string {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    const key = `${kind} ${value}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.#next(kind);
    this.#names.set(key, name);
    if (kind !== 'CREDENTIAL') this.restorable.set(name, value);
    return name;
  }

  #next(kind: Kind): string {
    for (;;) {
      const number = (this.#last.get(kind) ?? 0) + 1;
      this.#last.set(kind, number);
      const name = `[${kind}_${number}]`;
      if (!this.#taken.has(name)) return name;
    }
  }
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [map(name), mapTexts(member, map)]),
  );
}
