/** One contract over every implementation of pub/sub. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryPubSub, createPostgresPubSub, type PubSub } from '@flowgrid/shared-state';
import { createLogger } from '@flowgrid/platform';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { until } from '../../testkit/wait.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const openPostgres = (): PubSub => createPostgresPubSub({ url: database.url('flowgrid_router'), logger });

describe.each([
  ['memory', createMemoryPubSub],
  ['postgres', openPostgres],
])('%s pub/sub', (_name, open) => {
  test('announcements arrive once and in order', async () => {
    await using pubsub = open();
    const received: string[] = [];
    await pubsub.subscribe('design-progress', { onMessage: (message) => received.push(message) });

    for (let index = 0; index < 50; index += 1) await pubsub.publish('design-progress', String(index));

    await until('50 announcements', () => received.length >= 50);
    expect(received).toEqual(Array.from({ length: 50 }, (_, index) => String(index)));
  });

  test('a channel hears nothing of another', async () => {
    await using pubsub = open();
    const received: string[] = [];
    await pubsub.subscribe('design-jobs', { onMessage: (message) => received.push(message) });

    await pubsub.publish('epochs', 'other');
    await pubsub.publish('design-jobs', 'own');

    await until('an announcement', () => received.length > 0);
    expect(received).toEqual(['own']);
  });

  test('nothing arrives after unsubscribe', async () => {
    await using pubsub = open();
    const ended: string[] = [];
    const open_: string[] = [];
    const subscription = await pubsub.subscribe('design-jobs', {
      onMessage: (message) => ended.push(message),
    });
    await pubsub.subscribe('design-jobs', { onMessage: (message) => open_.push(message) });

    subscription.unsubscribe();
    await pubsub.publish('design-jobs', 'late');

    await until('the other subscriber hears it', () => open_.length > 0);
    expect(ended).toEqual([]);
  });
});

test('processes hear each other over PostgreSQL', async () => {
  await using sender = openPostgres();
  await using receiver = openPostgres();
  const received: string[] = [];
  await receiver.subscribe('epochs', { onMessage: (message) => received.push(message) });

  await sender.publish('epochs', 'session');

  await until('the announcement', () => received.length > 0);
  expect(received).toEqual(['session']);
});

test('after a cut connection the subscriber is told of the gap and hears what follows', async () => {
  await using receiver = openPostgres();
  const received: string[] = [];
  let gaps = 0;
  await receiver.subscribe('epochs', {
    onMessage: (message) => received.push(message),
    onGap: () => (gaps += 1),
  });

  await database.cutConnections();
  await until('the gap is announced', () => gaps === 1);
  await using sender = openPostgres();
  await sender.publish('epochs', 'after');

  await until('the announcement after the gap', () => received.length > 0);
  expect(received).toEqual(['after']);
});
