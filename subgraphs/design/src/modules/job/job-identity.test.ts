import { expect, test } from 'vitest';
import { isId, newId } from '@flowgrid/platform';
import { jobIdFor } from './job-identity.ts';

test('who started a session works under its id', () => {
  const session = { id: newId(), createdByUserId: newId() };

  expect(jobIdFor(session, session.createdByUserId)).toBe(session.id);
});

test('another user works under an id of its own, always the same', () => {
  const session = { id: newId(), createdByUserId: newId() };
  const [first, second] = [newId(), newId()];

  const ids = [first, second, first].map((userId) => jobIdFor(session, userId));

  expect(ids.every(isId)).toBe(true);
  expect(ids[0]).toBe(ids[2]);
  expect(new Set([...ids, session.id]).size).toBe(3);
});
