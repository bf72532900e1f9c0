import { expect, it } from 'vitest';
import { readServiceNowLimits } from './servicenow-limits.ts';

const NOW = new Date('2026-03-01T10:00:00.000Z');
const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const reset = (seconds: number): string => String(at(seconds).getTime() / 1000);
const rule = { 'x-ratelimit-limit': '100', 'x-ratelimit-rule': '6b2a5f1a9f330200' };
const NONE = { pauseUntil: null, reason: null };
const rate = (seconds: number): object => ({ pauseUntil: at(seconds), reason: 'RATE_LIMIT' });
const busy = (seconds: number): object => ({ pauseUntil: at(seconds), reason: 'SECONDARY_LIMIT' });

it.each([
  ['an answer within the limit', 200, { ...rule, 'x-ratelimit-reset': reset(600) }, NONE],
  ['a missing right', 403, {}, NONE],
  ['a failure', 503, { 'retry-after': '5' }, NONE],
  ['a used-up hour', 429, { ...rule, 'x-ratelimit-reset': reset(900), 'retry-after': '840' }, rate(840)],
  ['a used-up hour that names its end alone', 429, { ...rule, 'x-ratelimit-reset': reset(900) }, rate(900)],
  ['a used-up hour by a clock that is behind', 429, { ...rule, 'x-ratelimit-reset': reset(-5) }, rate(10)],
  ['a time that is absurd', 429, { ...rule, 'retry-after': '999999999' }, rate(65 * 60)],
  ['a time that is no number', 429, { ...rule, 'retry-after': 'soon' }, rate(10)],
  ['a busy node', 429, {}, busy(10)],
  ['a busy node that names a time', 429, { 'retry-after': '3' }, busy(3)],
])('%s', (_name, status, headers, expected) => {
  expect(readServiceNowLimits(new Response('{}', { status, headers }), NOW)).toEqual(expected);
});
