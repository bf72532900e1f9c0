/**
 * Finds credentials in texts. Of the libraries that know their shapes, the best kept one (secretlint) is made to accuse
 * nobody wrongly in a repository and lets JSON Web Tokens, keys of Google and unknown tokens pass; before text leaves, the
 * other mistake is the worse one. Every pattern is bounded and begins at a place that it does not visit again, so that the
 * time grows with the text alone.
 */

export interface Range {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** What is put in the place of a credential where nothing counts them. */
const HIDDEN = '[CREDENTIAL]';

const TOKEN_START = '(?<![A-Za-z0-9])';

/** Tokens that tell their maker. */
const KNOWN_TOKENS = new RegExp(
  `${TOKEN_START}(?:${[
    '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])',
    'gh[pousr]_[A-Za-z0-9_]{20,255}',
    'github_pat_[A-Za-z0-9_]{20,255}',
    'gl(?:pat|dt|rt|cbt|ptt|soat)-[\\w.-]{16,255}',
    'x(?:ox[abceoprs]|app)-[\\w-]{10,255}',
    'sk-[\\w-]{16,255}',
    '[rs]k_(?:live|test)_[A-Za-z0-9]{10,255}',
    'whsec_[A-Za-z0-9+/=]{16,255}',
    'AIza[\\w-]{30,45}',
    'ya29\\.[\\w.-]{16,512}',
    'GOCSPX-[\\w-]{20,64}',
    'ATATT3[\\w=-]{20,512}',
    'npm_[A-Za-z0-9]{30,64}',
    'pypi-[\\w-]{30,512}',
    'hf_[A-Za-z0-9]{30,64}',
    'SG\\.[\\w-]{16,64}\\.[\\w-]{16,128}',
    'do[opr]_v1_[a-f0-9]{64}',
    'SK[0-9a-f]{32}(?![0-9a-f])',
    'eyJ[\\w-]{8,4096}\\.[\\w-]{8,8192}\\.[\\w-]{0,4096}',
  ].join('|')})`,
  'gu',
);

/** `https://user:password@host`: the password. */
const URL_PASSWORD = /:\/\/[^\s/:@?#]{0,128}:(?<secret>[^\s/@?#]{1,256})@/dgu;

/** Addresses that are a secret as a whole. */
const SECRET_URL = /\bhooks\.slack\.com\/(?:services|workflows|triggers)\/(?<secret>[\w/-]{10,256})/dgu;

const AUTHORIZATION = /\b(?:Bearer|Basic)[ \t]{1,4}(?<secret>[A-Za-z0-9+/._~-]{12,4096}={0,2})/dgu;

const SECRET_NAME =
  '(?:pass(?:word|wd|phrase|code)?|pwd|secret(?:[_-]?key)?|api[_-]?key|access[_-]?key(?:[_-]?id)?|account[_-]?key|' +
  'shared[_-]?access[_-]?key|private[_-]?key|(?:auth|access|refresh|bearer|id)[_-]?token|token|credentials?)';
/** `password=hunter2`, `"clientSecret": "..."`. */
const ASSIGNMENT = new RegExp(
  `${SECRET_NAME}["'\`]?[ \\t]{0,4}(?<sign>:=|=>|=|:)[ \\t]{0,4}(?:"(?<double>[^"\\n]{3,256})"|'(?<single>[^'\\n]{3,256})'|(?<bare>[^\\s"'\`,;<>]{3,256}))`,
  'dgiu',
);

/** Long runs without a space that no word is made of. */
const RUN = /(?<![A-Za-z0-9+_-])[A-Za-z0-9+_-]{20,}={0,2}/gu;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/iu;

/** Where credentials are, in order, without overlaps. */
export function findCredentials(text: string): readonly Range[] {
  return merge([
    ...findPrivateKeys(text),
    ...[...text.matchAll(KNOWN_TOKENS)].map((match) => whole(match)),
    ...[URL_PASSWORD, SECRET_URL].flatMap((pattern) => findGroup(text, pattern, 'secret')),
    ...findGroup(text, AUTHORIZATION, 'secret').filter((range) =>
      /\d/u.test(text.slice(range.start, range.end)),
    ),
    ...findAssigned(text),
    ...[...text.matchAll(RUN)].filter(([run]) => isRandom(run)).map((match) => whole(match)),
  ]);
}

export function redactCredentials(text: string): string {
  return replaceRanges(text, findCredentials(text), () => HIDDEN);
}

export function replaceRanges(
  text: string,
  ranges: readonly Range[],
  replace: (found: string) => string,
): string {
  let result = '';
  let position = 0;
  for (const { start, end } of ranges) {
    result += text.slice(position, start) + replace(text.slice(start, end));
    position = end;
  }
  return result + text.slice(position);
}

/** Sorted, those that touch or overlap as one. */
export function merge(ranges: readonly Range[]): readonly Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last && range.start < last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    } else {
      merged.push(range);
    }
  }
  return merged;
}

const whole = (match: RegExpExecArray): Range => ({ start: match.index, end: match.index + match[0].length });

function findGroup(text: string, pattern: RegExp, group: string): readonly Range[] {
  return [...text.matchAll(pattern)].flatMap(({ indices }) => {
    const range = indices?.groups?.[group];
    return range ? [{ start: range[0], end: range[1] }] : [];
  });
}

const KEY_START = /-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----/gu;
const KEY_END = /-----END [A-Z0-9 ]{1,64}-----/gu;
const KEY_LETTERS = /[A-Za-z0-9+/=\s]*/uy;

/** From BEGIN to END; without an END, as far as what looks like a key goes. */
function findPrivateKeys(text: string): readonly Range[] {
  const found: Range[] = [];
  const ends = [...text.matchAll(KEY_END)].map((match) => whole(match));
  let next = 0;
  for (const match of text.matchAll(KEY_START)) {
    const { start, end: headEnd } = whole(match);
    if (start < (found.at(-1)?.end ?? 0)) continue;
    while ((ends[next]?.start ?? Infinity) < headEnd) next += 1;
    KEY_LETTERS.lastIndex = headEnd;
    const end = ends[next]?.end ?? headEnd + (KEY_LETTERS.exec(text)?.[0].length ?? 0);
    found.push({ start, end });
  }
  return found;
}

function findAssigned(text: string): readonly Range[] {
  return [...text.matchAll(ASSIGNMENT)].flatMap(({ indices, groups }) => {
    const quoted = indices?.groups?.['double'] ?? indices?.groups?.['single'];
    if (quoted) return [{ start: quoted[0], end: quoted[1] }];
    const bare = indices?.groups?.['bare'];
    if (!bare) return [];
    const [start, end] = bare;
    const value = groups?.['bare'] ?? '';
    // `Password: the customer chooses one` is prose; `Password: swordfish` at the end of its line is not.
    const isProse =
      groups?.['sign'] === ':' &&
      /^\p{L}+\.?$/u.test(value) &&
      /^[ \t]+\p{L}/u.test(text.slice(end, end + 8));
    return isProse ? [] : [{ start, end }];
  });
}

const MIN_RANDOM_LENGTH = 24;
const MIN_HEX_LENGTH = 32;
/** How often the kind of character changes: in random text at two of three places, in `customerInvoiceReport2026` seldom. */
const MIN_CHANGES = 0.35;
const MIN_ENTROPY = 3.7;

function isRandom(run: string): boolean {
  if (UUID.test(run)) return false;
  if (/^[0-9a-f]+$/iu.test(run))
    return run.length >= MIN_HEX_LENGTH && /\d/u.test(run) && /[a-f]/iu.test(run);
  if (run.length < MIN_RANDOM_LENGTH || !/\d/u.test(run) || !/[A-Z]/u.test(run) || !/[a-z]/u.test(run))
    return false;
  return changes(run) >= MIN_CHANGES && entropy(run) >= MIN_ENTROPY;
}

function changes(run: string): number {
  const kinds = Array.from(run, (character) => {
    if (/\d/u.test(character)) return 'digit';
    if (/[a-z]/u.test(character)) return 'lower';
    return /[A-Z]/u.test(character) ? 'upper' : 'other';
  });
  return kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length / run.length;
}

/** Bits per character, by Shannon. */
function entropy(run: string): number {
  const counts = new Map<string, number>();
  for (const character of run) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce(
    (sum, count) => sum - (count / run.length) * Math.log2(count / run.length),
    0,
  );
}
