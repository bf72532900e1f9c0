import { expect, test } from 'vitest';
import { readDeadline, readThreshold } from './limits.ts';
import { readTimer } from './timers.ts';

test.each([
  ['the claim must be approved within two business days', 'WITHIN P2D business'],
  ['must be answered within 48 hours', 'WITHIN PT48H'],
  ['in less than 30 minutes', 'WITHIN PT30M'],
  ['After 14 days, the clerk closes the case', 'AFTER P14D'],
  ['at least three weeks before the meeting', 'BEFORE P3W'],
  ['the report is due two months after the audit', 'WITHIN P2M'],
  ['by 2:30 pm', 'BY 14:30'],
  ['before Friday noon', 'BY FRIDAY 12:00'],
  ['no later than one quarter', 'WITHIN P3M'],
  ['immediately', 'none'],
  ['by the end of the project', 'none'],
])('%s is %s', (words, expected) => {
  const found = readDeadline(words);

  const read =
    found === null
      ? 'none'
      : [
          found.relation,
          found.duration,
          found.isBusinessTime ? 'business' : null,
          found.dayOfWeek,
          found.timeOfDay,
        ]
          .filter((part) => part !== null)
          .join(' ');
  expect(read).toBe(expected);
});

test.each([
  ['if the amount exceeds $10,000, the manager approves', 'ABOVE 10000 USD'],
  ['above 5,000 euros', 'ABOVE 5000 EUR'],
  ['more than EUR 20', 'ABOVE 20 EUR'],
  ['at least 3 items are missing', 'AT_LEAST 3 items'],
  ['under 1.5 million dollars', 'BELOW 1500000 USD'],
  ['does not exceed 10 %', 'AT_MOST 10 percent'],
  ['over 10k', 'ABOVE 10000'],
  ['the loan is for $10,000 or more', 'AT_LEAST 10000 USD'],
  ['below 5.000,50 EUR', 'BELOW 5000.5 EUR'],
  ['the customer is happy', 'none'],
])('%s is %s', (words, expected) => {
  const found = readThreshold(words);

  const read =
    found === null
      ? 'none'
      : [found.comparison, found.amount, found.currency, found.unit]
          .filter((part) => part !== null)
          .join(' ');
  expect(read).toBe(expected);
});

test.each([
  ['Every Monday', 'P1W MONDAY'],
  ['Every weekday morning at 7 a.m.', 'P1D 07:00'],
  ['every 15 minutes', 'PT15M'],
  ['every other week', 'P2W'],
  ['on the first day of each month', 'P1M 1'],
  ['on the last day of the quarter', 'P3M'],
  ['daily at 14:30', 'P1D 14:30'],
  ['On Mondays at 9', 'P1W MONDAY'],
  ['once a year', 'P1Y'],
  ['periodically', 'none'],
])('%s is %s', (words, expected) => {
  const found = readTimer(words);

  const read =
    found === null
      ? 'none'
      : [found.interval, found.dayOfWeek, found.dayOfMonth, found.timeOfDay]
          .filter((part) => part !== null)
          .join(' ');
  expect(read).toBe(expected);
});
