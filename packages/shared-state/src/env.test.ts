import { readEnv } from '@flowgrid/platform';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { SHARED_STATE_CONTRADICTIONS, sharedStateEnv } from './env.ts';

const read = (source: Readonly<Record<string, string>>): unknown =>
  readEnv(z.object(sharedStateEnv), source, SHARED_STATE_CONTRADICTIONS);

test('Redis and a PostgreSQL for announcements together are a contradiction that names both', () => {
  const both = { REDIS_URL: 'redis://cache', PUBSUB_URL: 'postgresql://database' };

  expect(() => read(both)).toThrow('REDIS_URL and PUBSUB_URL: both say how processes share what they know');
});

test('an empty variable counts as left out', () => {
  expect(read({ REDIS_URL: 'redis://cache', PUBSUB_URL: '' })).toEqual({ REDIS_URL: 'redis://cache' });
});

test('an address of Redis that is none stops the start without telling the password', () => {
  expect(() => read({ REDIS_URL: 'redis://:hidden@@cache' })).toThrow(/REDIS_URL: must be redis(?!.*hidden)/);
});
