import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDesignTenant, startDesignService, type DesignService } from './design-service.ts';

let service: DesignService;

beforeAll(async () => {
  service = await startDesignService();
  await service.platform.start('design-worker');
});
afterAll(() => service[Symbol.asyncDispose]());

test('a description becomes an agent with code and an ArchiMate model, with an event for every phase', async () => {
  const tenant = await createDesignTenant(service);

  const id = await tenant.start();
  const session = await tenant.reaches(id, 'SUCCEEDED');

  expect(
    session.events.map(({ sequence, phase, state, percent }) => [sequence, phase, state, percent]),
  ).toEqual([
    [1, 'CONTEXT', 'QUEUED', 0],
    [2, 'CONTEXT', 'RUNNING', 0],
    [3, 'CONTEXT', 'RUNNING', 10],
    [4, 'ANALYSIS', 'RUNNING', 40],
    [5, 'DESIGN', 'RUNNING', 60],
    [6, 'VALIDATION', 'RUNNING', 70],
    [7, 'CODE', 'RUNNING', 85],
    [8, 'MODEL', 'RUNNING', 95],
    [9, 'DONE', 'SUCCEEDED', 100],
  ]);
  expect(session.events[3]?.message).toMatch(/^\d+ activities, \d+ actors?, /);
  expect(session.processModel?.activities.length).toBeGreaterThan(3);
  expect(session.definition?.instructions).not.toBe('');
  expect(session.artifacts.map(({ mediaType }) => mediaType).toSorted()).toEqual([
    'application/json',
    'application/xml',
    'application/zip',
  ]);
});
