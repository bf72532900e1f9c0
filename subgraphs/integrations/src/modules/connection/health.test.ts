import { expect, test } from 'vitest';
import { judgeHealth, type Observation } from './health.ts';
import type { ConnectionFacts } from './turn-store.ts';

const NOW = new Date('2026-11-23T10:00:00Z');

function judge(how: Observation['how'], facts: Partial<ConnectionFacts> = {}): string | null {
  const all = {
    status: 'HEALTHY',
    troubles: 0,
    refusals: 0,
    successes: 0,
    pauseLeftMs: 0,
    ...facts,
  } as const;
  return judgeHealth('Jira', { how, message: 'It fails.', facts: all }, NOW)?.status ?? null;
}

test.each<[string, Observation['how'], Partial<ConnectionFacts>, string | null]>([
  [
    'the first answer of an untested one',
    'ANSWERED',
    { status: 'UNTESTED', successes: 1, troubles: 1 },
    'HEALTHY',
  ],
  ['an answer of a healthy one', 'ANSWERED', { successes: 9 }, null],
  ['one answer amid trouble', 'ANSWERED', { status: 'DEGRADED', successes: 1, troubles: 3 }, null],
  ['three answers in a row', 'ANSWERED', { status: 'DEGRADED', successes: 3, troubles: 3 }, 'HEALTHY'],
  ['an answer after the trouble', 'ANSWERED', { status: 'BROKEN', successes: 1 }, 'HEALTHY'],
  ['two failures', 'OUTAGE', { troubles: 2 }, null],
  ['three failures', 'OUTAGE', { troubles: 3 }, 'DEGRADED'],
  ['failures of a broken one', 'OUTAGE', { status: 'BROKEN', troubles: 9 }, null],
  ['three refusals to serve', 'LIMITED', { troubles: 3 }, 'DEGRADED'],
  ['a short pause', 'LIMITED', { troubles: 1, pauseLeftMs: 60_000 }, null],
  ['a long pause', 'LIMITED', { troubles: 1, pauseLeftMs: 600_000 }, 'DEGRADED'],
  ['the last answer before a long pause', 'ANSWERED', { successes: 9, pauseLeftMs: 600_000 }, 'DEGRADED'],
  ['a credential that is not accepted', 'UNAUTHORIZED', {}, 'BROKEN'],
  ['a sign-in that is refused', 'SIGN_IN_REFUSED', {}, 'BROKEN'],
  ['the same again', 'UNAUTHORIZED', { status: 'BROKEN' }, null],
  ['two forbidden things', 'REFUSED', { refusals: 2, troubles: 9 }, null],
  ['three forbidden things', 'REFUSED', { refusals: 3, troubles: 3 }, 'BROKEN'],
  ['an address that leads nowhere', 'MISDIRECTED', { troubles: 3, status: 'DEGRADED' }, 'BROKEN'],
  ['nobody who waited', 'NOTHING', { troubles: 9 }, null],
])('%s', (_name, how, facts, expected) => {
  expect(judge(how, facts)).toBe(expected);
});

test('a long pause is told with its end', () => {
  const facts = { status: 'HEALTHY', troubles: 1, refusals: 0, successes: 0, pauseLeftMs: 600_000 } as const;

  const health = judgeHealth('GitHub', { how: 'LIMITED', message: '', facts }, NOW);

  expect(health?.reason).toBe('GitHub limits its requests: they wait until 2026-11-23 10:10:00 UTC.');
});
