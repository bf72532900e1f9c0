import { expect, it } from 'vitest';
import { readJiraLimits } from './jira-limits.ts';

const NOW = new Date('2026-03-01T10:00:00.000Z');
const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const NONE = { pauseUntil: null, reason: null };
const rate = (seconds: number): object => ({ pauseUntil: at(seconds), reason: 'RATE_LIMIT' });
const secondary = (seconds: number): object => ({ pauseUntil: at(seconds), reason: 'SECONDARY_LIMIT' });

const QUOTA = 'jira-quota-tenant-based';

it.each([
  ['nothing said', 200, {}, NONE],
  ['much left', 200, { 'x-ratelimit-remaining': '349' }, NONE],
  ['a nearly used-up quota', 200, { 'x-ratelimit-nearlimit': 'true', 'x-ratelimit-remaining': '40' }, NONE],
  [
    'the last one of a quota',
    200,
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at(900).toISOString() },
    rate(900),
  ],
  ['the last one of a bucket', 200, { 'x-ratelimit-remaining': '0', 'retry-after': '4' }, rate(4)],
  [
    'the last one of a bucket that is filled at once',
    200,
    { 'x-ratelimit-remaining': '0', 'retry-after': '0' },
    NONE,
  ],
  ['the last one, and no word of more', 200, { 'x-ratelimit-remaining': '0' }, NONE],
  ['a bucket of Data Center', 200, { 'x-ratelimit-remaining': '3', 'retry-after': '0' }, NONE],
  ['a burst', 429, { 'retry-after': '3', 'ratelimit-reason': 'jira-burst-based' }, secondary(3)],
  [
    'writes to one issue',
    429,
    { 'retry-after': '9', 'ratelimit-reason': 'jira-per-issue-on-write' },
    secondary(9),
  ],
  ['a used-up quota', 429, { 'retry-after': '1800', 'ratelimit-reason': QUOTA }, rate(1800)],
  [
    'a used-up quota by its reset',
    429,
    { 'x-ratelimit-reset': at(60).toISOString(), 'ratelimit-reason': QUOTA },
    rate(60),
  ],
  ['a date', 429, { 'retry-after': at(20).toUTCString() }, secondary(20)],
  ['no time', 429, {}, secondary(10)],
  ['nonsense', 429, { 'retry-after': 'soon' }, secondary(10)],
  ['a time that is over', 429, { 'x-ratelimit-reset': at(-5).toISOString() }, NONE],
  ['a time that is absurd', 429, { 'retry-after': '999999999' }, secondary(65 * 60)],
  ['an outage that ends', 503, { 'retry-after': '30' }, secondary(30)],
  ['an outage', 503, {}, NONE],
  ['a missing permission', 403, {}, NONE],
])('%s', (_name, status, headers: Record<string, string>, limits) => {
  expect(readJiraLimits(new Response('{}', { status, headers }), NOW)).toEqual(limits);
});
