/**
 * Finds personal data whose shape tells it: addresses, numbers with check digits. Names of people are not found: what finds
 * them in running text also finds departments and products, and misses the rest. As with credentials, every pattern is bounded.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { Range } from './credentials.ts';

export type PersonalKind = 'EMAIL' | 'IBAN' | 'CARD' | 'NATIONAL_ID' | 'IP' | 'PHONE';

interface Rule {
  readonly kind: PersonalKind;
  readonly pattern: RegExp;
  /** How much of the match it is, from its start; 0 when it is none. */
  readonly measure?: (found: string) => number;
}

const whenTrue =
  (test: (found: string) => boolean) =>
  (found: string): number =>
    test(found) ? found.length : 0;

/** What comes first takes what others would find too. */
const RULES: readonly Rule[] = [
  {
    kind: 'EMAIL',
    pattern:
      /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])/gu,
  },
  { kind: 'IBAN', pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}/gu, measure: measureIban },
  {
    kind: 'CARD',
    pattern: /(?<![\d-])[2-6]\d{3}(?:[ -]?\d){8,15}(?!\d)/gu,
    measure: whenTrue((found) => isLuhn(digitsOf(found))),
  },
  // United States: social security number.
  { kind: 'NATIONAL_ID', pattern: /(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])/gu },
  // United Kingdom: national insurance number.
  {
    kind: 'NATIONAL_ID',
    pattern:
      /(?<![A-Za-z0-9])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Za-z0-9])/gu,
  },
  // Italy: codice fiscale.
  {
    kind: 'NATIONAL_ID',
    pattern: /(?<![A-Za-z0-9])[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![A-Za-z0-9])/gu,
  },
  // Switzerland: AHV number, with the check digit of an EAN.
  {
    kind: 'NATIONAL_ID',
    pattern: /(?<![\d.])756\.?\d{4}\.?\d{4}\.?\d{2}(?![\d.]\d)/gu,
    measure: whenTrue((found) => isEan13(digitsOf(found))),
  },
  // Spain: DNI, with its check letter.
  { kind: 'NATIONAL_ID', pattern: /(?<![A-Za-z0-9])\d{8}-?[A-Z](?![A-Za-z0-9])/gu, measure: whenTrue(isDni) },
  // France: NIR, with its key.
  {
    kind: 'NATIONAL_ID',
    pattern: /(?<!\d)[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}(?!\d)/gu,
    measure: whenTrue(isNir),
  },
  { kind: 'IP', pattern: /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)/gu, measure: whenTrue(isIPv4) },
  {
    kind: 'IP',
    pattern: /(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])/giu,
    measure: whenTrue((found) => found.length > 3 && isIPv6(found)),
  },
  { kind: 'PHONE', pattern: /(?<![\w+]|\d[ -])(?:\+|00)[1-9]\d{0,2}(?:[ ./()-]{0,3}\d){6,12}(?!\d)/gu },
  {
    kind: 'PHONE',
    pattern: /(?<![\w+.]|\d[ -])\(?0\d{1,5}\)?[ /-](?:[ ./-]{0,2}\d){5,10}(?!\d)/gu,
    measure: whenTrue((found) => !/^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}/u.test(found)),
  },
  { kind: 'PHONE', pattern: /(?<![\w+.-])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-])/gu },
];

export interface PersonalRange extends Range {
  readonly kind: PersonalKind;
}

/** Where personal data is, in order, without overlaps; nothing of it lies in `taken`, which is sorted. */
export function findPersonalData(text: string, taken: readonly Range[]): readonly PersonalRange[] {
  const isTaken = new Uint8Array(text.length);
  for (const { start, end } of taken) isTaken.fill(1, start, end);
  const found: PersonalRange[] = [];
  for (const { kind, pattern, measure } of RULES) {
    for (const match of text.matchAll(pattern)) {
      const length = measure ? measure(match[0]) : match[0].length;
      const { index: start } = match;
      const end = start + length;
      if (length === 0 || isTaken.subarray(start, end).includes(1)) continue;
      isTaken.fill(1, start, end);
      found.push({ kind, start, end });
    }
  }
  return found.toSorted((a, b) => a.start - b.start);
}

const digitsOf = (text: string): string => text.replaceAll(/\D/gu, '');

const MIN_IBAN_LENGTH = 15;

/** The longest beginning whose check digits are right: the match may have run into the next word. */
function measureIban(found: string): number {
  for (let length = found.length; length >= MIN_IBAN_LENGTH; length -= 1) {
    const candidate = found.slice(0, length);
    const compact = candidate.replaceAll(' ', '');
    if (compact.length < MIN_IBAN_LENGTH) return 0;
    if (!candidate.endsWith(' ') && isIban(compact)) return length;
  }
  return 0;
}

/** ISO 13616: letters are numbers from 10, and the whole leaves 1 when it is divided by 97. */
function isIban(compact: string): boolean {
  let rest = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    for (const digit of String(Number.parseInt(character, 36))) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
}

function isLuhn(digits: string): boolean {
  if (digits.length < 12 || digits.length > 19 || /^(\d)\1*$/u.test(digits)) return false;
  const sum = Array.from(digits)
    .toReversed()
    .reduce((total, digit, index) => {
      const value = index % 2 === 0 ? Number(digit) : Number(digit) * 2;
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}

function isEan13(digits: string): boolean {
  const sum = Array.from(digits).reduce(
    (total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3),
    0,
  );
  return digits.length === 13 && sum % 10 === 0;
}

function isDni(found: string): boolean {
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(found.slice(0, 8)) % 23] === found.at(-1);
}

function isNir(found: string): boolean {
  const digits = digitsOf(found);
  return 97 - (Number(digits.slice(0, 13)) % 97) === Number(digits.slice(13));
}
