import { expect, test } from 'vitest';
import { cpuGrowth } from '../../testkit/cpu-growth.ts';
import { QuoteLocator } from './locate-quotes.ts';

const TEXT = 'The clerk  checks\r\nthe “claim”. Then the clerk checks it again – and so does the manager.';

const found = (quote: string, from = 0): string | null => {
  const span = new QuoteLocator(TEXT).locate(quote, from);
  return span && TEXT.slice(span.start, span.end);
};

test('spaces, line ends, capitals, quotation marks and dashes do not matter', () => {
  expect(found('the CLERK checks the "claim".')).toBe('The clerk  checks\r\nthe “claim');
  expect(found('again - and')).toBe('again – and');
});

test('invisible characters in the text or the quote do not matter', () => {
  const span = new QuoteLocator('a cl\u{200b}aim\u{e0041} is made').locate('claim\u{2060} is');

  expect(span).toEqual({ start: 2, end: 13 });
});

test('the same words again mean their next place', () => {
  const locator = new QuoteLocator(TEXT);

  const places = ['the clerk', 'the clerk', 'the clerk'].map((quote) => locator.locate(quote)?.start);

  expect(places).toEqual([0, 37, 0]);
});

test('of several places the one after the step before is meant', () => {
  expect(new QuoteLocator(TEXT).locate('checks', 30)?.start).toBe(47);
});

test.each(['he', 'clerk pays', '', ' ', '...', 'CLERK-CHECKS'])('%j stands nowhere', (quote) => {
  expect(found(quote)).toBeNull();
});

test('capitals that lower-case to two letters move nothing', () => {
  const text = 'İİİ the clerk';

  expect(new QuoteLocator(text).locate('the clerk')).toEqual({ start: 4, end: 13 });
});

// Attack: a text that has the model quote a single letter again and again, each time found thousands of times within words.
test('quotes that stand within words everywhere take a bounded time', () => {
  const text = `${'ee '.repeat(33_000)} the clerk pays`;
  const ask = (count: number) => (): unknown => {
    const locator = new QuoteLocator(text);
    return Array.from({ length: count }, () => locator.has('e'));
  };

  expect(new QuoteLocator(text).has('clerk pays')).toBe(true);
  expect(cpuGrowth({ small: ask(50), large: ask(400) })).toBeLessThan(3);
});
