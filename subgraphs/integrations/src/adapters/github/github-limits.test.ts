import { expect, it } from 'vitest';
import { readGitHubLimits } from './github-limits.ts';

const NOW = new Date('2026-03-01T10:00:00.000Z');
const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const epoch = (date: Date): string => String(date.getTime() / 1000);
const used = (date: Date, more: Record<string, string> = {}): Record<string, string> => ({
  'x-ratelimit-remaining': '0',
  'x-ratelimit-reset': epoch(date),
  ...more,
});
const SECONDARY = '{"message":"You have exceeded a secondary rate limit. Please wait."}';
const NONE = { pauseUntil: null, reason: null };
const rate = (seconds: number): object => ({ pauseUntil: at(seconds), reason: 'RATE_LIMIT' });
const secondary = (seconds: number): object => ({ pauseUntil: at(seconds), reason: 'SECONDARY_LIMIT' });

it.each([
  ['200 with much left', 200, { 'x-ratelimit-remaining': '4999' }, '{}', NONE],
  ['the last one of the hour', 200, used(at(600)), '{}', rate(600)],
  ['the last search of the minute', 200, used(at(30), { 'x-ratelimit-resource': 'search' }), '{}', NONE],
  ['a used-up search', 403, used(at(30), { 'x-ratelimit-resource': 'search' }), '{}', rate(30)],
  ['a used-up hour', 403, used(at(1800)), '{}', rate(1800)],
  ['a used-up hour as 429', 429, used(at(1800)), '{}', rate(1800)],
  ['retry-after before reset', 403, used(at(1800), { 'retry-after': '20' }), '{}', rate(20)],
  ['a reset that is over', 403, used(at(-5)), '{}', NONE],
  ['a reset that is absurd', 403, used(at(9e6)), '{}', rate(65 * 60)],
  ['a reset that is no number', 403, used(at(0), { 'x-ratelimit-reset': 'soon' }), '{}', rate(60)],
  ['a secondary limit', 403, { 'retry-after': '60' }, SECONDARY, secondary(60)],
  ['a secondary limit as 429', 429, { 'retry-after': '7' }, SECONDARY, secondary(7)],
  ['a secondary limit that names no time', 403, {}, SECONDARY, secondary(60)],
  ['a 429 that says nothing', 429, {}, '', secondary(60)],
  ['a missing permission', 403, {}, '{"message":"Resource not accessible by integration"}', NONE],
  ['a failure with retry-after', 503, { 'retry-after': '60' }, '{}', NONE],
])('%s', async (_name, status, headers: Record<string, string>, body, limits) => {
  const response = new Response(body, { status, headers });

  expect(await readGitHubLimits(response, NOW)).toEqual(limits);
  expect(await response.text()).toBe(body);
});
