import { describe, expect, test } from 'vitest';
import { hostileTexts } from '../../testkit/hostile-texts.ts';
import { parseJql } from '../../testkit/jira-jql.ts';
import { fromLocalTime, type JiraWorld } from '../../testkit/jira-world.ts';
import { toJqlMinute, toProjectJql, toProjectKey, toSearchJql, toSyncJql } from './jql.ts';

const world = (timeZone: string): JiraWorld => ({
  edition: 'CLOUD',
  majorVersion: 9,
  timeZone,
  now: () => Date.parse('2026-03-01T10:00:00Z'),
  maxResults: 50,
  tokenAge: 0,
  accounts: new Map(),
  projects: new Map([['OPS', { id: '1', key: 'OPS', types: [], transitions: [] }]]),
  issues: [],
  webhooks: [],
  isTokenOfApp: () => false,
});

// Attack: words that end the text of a query and go on with conditions of their own.
test('no text that is searched for becomes anything but words', () => {
  for (const text of hostileTexts(5_000)) {
    const jql = toSearchJql(text);

    expect(jql, JSON.stringify(text)).toMatch(
      /^(?:updated >= "-730d"|text ~ "[\p{L}\p{N}\p{M}_.][\p{L}\p{N}\p{M}_. ]*") ORDER BY updated DESC$/u,
    );
    expect(parseJql(jql, world('UTC')).isBounded).toBe(true);
  }
});

// Attack: a scope that adds a condition.
test('no scope becomes anything but the key of a project', () => {
  const texts = [...hostileTexts(2_000), 'ops', ' OPS ', 'A_1'];
  const keys = texts.filter((text) => toProjectKey(text) !== null);
  const others = texts.filter((text) => toProjectKey(text) === null);

  for (const text of others) expect(() => toProjectJql(text)).toThrow('no key of a Jira project');
  for (const text of keys) {
    expect(toSyncJql({ scope: text, from: null, zone: 'UTC' })).toMatch(
      /^project = "[A-Z][A-Z0-9_]*" AND updated >= "1970-01-02 00:00" ORDER BY updated ASC, key ASC$/,
    );
  }
  expect(keys).toEqual(expect.arrayContaining(['ops', ' OPS ', 'A_1']));
});

describe('a minute of the zone of the one who asks', () => {
  const HOUR_MS = 3_600_000;
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Pacific/Kiritimati',
    'Pacific/Marquesas',
  ];
  /** Around every change of clocks in these zones, and far from any. */
  const times = [
    '2026-03-29T01:00Z',
    '2026-10-25T01:00Z',
    '2026-11-01T06:00Z',
    '2026-03-08T07:00Z',
    '2026-04-04T15:00Z',
    '2026-07-01T12:00Z',
  ];

  // Else what changed while clocks are put back would be passed over.
  test.each(zones)('is never read as a later one: %s', (zone) => {
    for (const around of times) {
      for (let minutes = -300; minutes <= 300; minutes += 20) {
        const time = Date.parse(around) + minutes * 60_000;

        const read = fromLocalTime(toJqlMinute(time, zone), zone);

        expect(read).toBeLessThanOrEqual(time);
        expect(read).toBeGreaterThan(time - 7 * HOUR_MS);
      }
    }
  });

  test.each(zones)('is the very minute away from changes of the clocks: %s', (zone) => {
    const time = Date.parse('2026-07-01T12:34:56Z');

    expect(fromLocalTime(toJqlMinute(time, zone), zone)).toBe(Date.parse('2026-07-01T12:34:00Z'));
  });

  test.each([null, 'Mars/Olympus'])('is early enough for any zone when that is %j', (unknown) => {
    const time = Date.parse('2026-07-01T12:34:00Z');

    for (const zone of zones)
      expect(fromLocalTime(toJqlMinute(time, unknown), zone)).toBeLessThanOrEqual(time);
  });
});
