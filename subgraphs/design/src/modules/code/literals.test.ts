import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { HOSTILE_TEXT } from '../definition/samples.ts';
import { toJsonText, toLiteral, toMarkdownText, toValueSource } from './literals.ts';

const PIECES = [
  "'",
  '"',
  '`',
  '\\',
  '${x}',
  '*/',
  '//',
  '</script>',
  '\n',
  '\r',
  '\u2028',
  '\u0000',
  '\ud800',
  '😀',
  '__proto__',
  '{{x}}',
  ': ',
  '- ',
  '#',
  HOSTILE_TEXT,
];

/** Every pair of pieces, and each one before, between and after plain text: where escaping goes wrong. */
const TEXTS = [
  '',
  ...PIECES.flatMap((one) => [one, `a${one}`, `${one}a`, `a${one}b`]),
  ...PIECES.flatMap((one) => PIECES.map((other) => one + other)),
];

test('a text comes back from its literal, and nothing else runs', () => {
  for (const text of TEXTS) {
    const literal = toLiteral(text);

    expect(runInNewContext(literal)).toBe(text);
    expect(literal).not.toMatch(/[\n\r\u2028\u2029]/);
  }
});

test('a text comes back from JSON', () => {
  for (const text of TEXTS) expect(JSON.parse(toJsonText(text))).toBe(text);
});

test('a value comes back from its source', () => {
  const value = {
    list: [1, -2.5, true, null, 'it\'s "quoted"', []],
    none: {},
    'with space': { [HOSTILE_TEXT]: HOSTILE_TEXT },
  };

  expect(JSON.parse(JSON.stringify(runInNewContext(`(${toValueSource(value)})`)))).toEqual(value);
});

test('a property named __proto__ is an own property, and no prototype', () => {
  const source = toValueSource(JSON.parse('{"__proto__":{"polluted":true}}'));

  expect(runInNewContext(`Object.keys(${source})`)).toEqual(['__proto__']);
  expect(runInNewContext(`(${source}).polluted`)).toBeUndefined();
});

test('text in markdown is neither markup nor another line', () => {
  for (const text of TEXTS) {
    expect(toMarkdownText(text)).not.toMatch(/[\n\r<>]|(?<!\\)[`*_[\]|#]/);
  }
});
