import { expect, test } from 'vitest';
import { MAX_BODY_BYTES, toMessageBody } from './message-body.ts';

const time = '2026-05-04T10:00:00.000Z';

test('a message says its type, when it was, and the data of the event', () => {
  const body = toMessageBody({ type: 'agent.created', time, data: { agent: { id: 'a1' } } });

  expect(JSON.parse(body)).toEqual({ type: 'agent.created', timestamp: time, data: { agent: { id: 'a1' } } });
});

test('data that is too large is reduced to ids and says so', () => {
  const data = {
    agent: { id: 'a1', ownerId: 'u1', description: 'x'.repeat(MAX_BODY_BYTES) },
    item: { key: 'OPS-1', title: 'x' },
    changedFields: ['description'],
    newVersion: 7,
    isRecorded: true,
    integrationId: 'i1',
    note: 'x',
    nothing: null,
  };

  const body = toMessageBody({ type: 'agent.updated', time, data });

  expect(JSON.parse(body)).toEqual({
    type: 'agent.updated',
    timestamp: time,
    data: {
      agent: { id: 'a1', ownerId: 'u1' },
      item: { key: 'OPS-1' },
      newVersion: 7,
      isRecorded: true,
      integrationId: 'i1',
      truncated: true,
    },
  });
});

test.each([['x'], ['ü'], ['𝄞'], ['"']])('no body of %s reaches the limit in bytes', (character) => {
  const sizes = [MAX_BODY_BYTES / 8, MAX_BODY_BYTES / 2, MAX_BODY_BYTES - 70, MAX_BODY_BYTES].map((count) =>
    Buffer.byteLength(toMessageBody({ type: 'a.b', time, data: { text: character.repeat(count) } })),
  );

  expect(Math.max(...sizes)).toBeLessThan(MAX_BODY_BYTES);
});
