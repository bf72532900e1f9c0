import { expect, test } from 'vitest';
import {
  KEY_AGE_LIMIT_MS,
  PUBLISH_LEAD_MS,
  RETENTION_MS,
  planRotation,
  signingKeyAt,
} from './plan-rotation.ts';
import type { KeyTimes } from './signing-key.ts';

const START = new Date('2026-01-01T00:00:00Z');
const NOTHING = { create: [], retire: [], remove: [] };

function at(milliseconds: number): Date {
  return new Date(START.getTime() + milliseconds);
}

function keys(...access: Partial<KeyTimes>[]): KeyTimes[] {
  return [
    ...access.map((times, index) => ({
      id: `access-${index}`,
      use: 'access' as const,
      signsFrom: START,
      retiresAt: null,
      ...times,
    })),
    { id: 'context-0', use: 'context', signsFrom: at(KEY_AGE_LIMIT_MS), retiresAt: null },
  ];
}

test('the first keys sign at once', () => {
  expect(planRotation([], START, false)).toEqual({
    create: [
      { use: 'access', signsFrom: START },
      { use: 'context', signsFrom: START },
    ],
    retire: [],
    remove: [],
  });
});

test('a key that is not old stays', () => {
  expect(planRotation(keys({}), at(KEY_AGE_LIMIT_MS - 1), false)).toEqual(NOTHING);
});

test('the successor of an old key is published before it signs, and the old key stays until its tokens are over', () => {
  const signsFrom = at(KEY_AGE_LIMIT_MS + PUBLISH_LEAD_MS);

  expect(planRotation(keys({}), at(KEY_AGE_LIMIT_MS), false)).toEqual({
    create: [{ use: 'access', signsFrom }],
    retire: [{ id: 'access-0', retiresAt: new Date(signsFrom.getTime() + RETENTION_MS) }],
    remove: [],
  });
});

test('a successor that waits for its turn is not followed by another, even by force', () => {
  const waiting = keys({ retiresAt: at(RETENTION_MS) }, { signsFrom: at(1000) });

  expect(planRotation(waiting, at(999), true).create).toEqual([]);
});

test('by force, a young key gets a successor', () => {
  expect(planRotation(keys({}), at(1), true).create).toEqual([
    { use: 'access', signsFrom: at(1 + PUBLISH_LEAD_MS) },
  ]);
});

test('a retired key is removed', () => {
  const retired = keys({ retiresAt: at(5) }, { signsFrom: at(1) });

  expect(planRotation(retired, at(5), false)).toEqual({ ...NOTHING, remove: ['access-0'] });
  expect(planRotation(retired, at(4), false)).toEqual(NOTHING);
});

test('the newest key whose turn has come signs', () => {
  const both = keys({}, { signsFrom: at(1000) });

  expect(signingKeyAt(both, 'access', at(999))?.id).toBe('access-0');
  expect(signingKeyAt(both, 'access', at(1000))?.id).toBe('access-1');
  expect(signingKeyAt(both, 'access', at(-1))).toBeUndefined();
});
