import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { EVENT_CATALOGUE, isEventType } from './catalogue.ts';
import { toEventsPage } from './events-page.ts';

test('docs/EVENTS.md is as the catalogue; npm run docs:events writes it', async () => {
  const page = await readFile(new URL('../../../../docs/EVENTS.md', import.meta.url), 'utf8');

  expect(page).toBe(toEventsPage());
});

test('types are a resource, perhaps a part of it, and what happened to it', () => {
  const odd = Object.keys(EVENT_CATALOGUE).filter(
    (type) => !/^[a-z]+(_[a-z]+)*\.([a-z]+\.)?([a-z]+(_[a-z]+)*ed|made)$/.test(type),
  );

  expect(odd).toEqual([]);
});

test('names that every object has are no types', () => {
  expect(['constructor', '__proto__', 'toString', ''].filter(isEventType)).toEqual([]);
});
