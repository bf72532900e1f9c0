import { EVENT_CATALOGUE } from '@flowgrid/messaging';
import { expect, test } from 'vitest';
import { WEBHOOK_EVENT_TYPES, filtersFor, isKnownFilter } from './event-filter.ts';
import { exampleOf } from './example-data.ts';

test.each(WEBHOOK_EVENT_TYPES)('the example of %s is what the catalogue says', (type) => {
  const example = exampleOf(type);

  expect(EVENT_CATALOGUE[type].data.parse(example)).toEqual(example);
});

test('endpoints can be told of what the subscription takes, and of nothing else', () => {
  expect(WEBHOOK_EVENT_TYPES).toContain('agent.published');
  expect(WEBHOOK_EVENT_TYPES).toContain('external.item.changed');
  expect(WEBHOOK_EVENT_TYPES.filter((type) => type.startsWith('design_request.'))).toEqual([]);
});

test.each(['agent.published', 'agent.*', 'external.*', '*'])('%s is a filter', (filter) => {
  expect(isKnownFilter(filter)).toBe(true);
});

test.each([
  'agent',
  'agent.',
  'agent.*.*',
  'agent.flown',
  'design_request.*',
  '**',
  '',
  'constructor',
  'Agent.*',
])('%s is no filter', (filter) => {
  expect(isKnownFilter(filter)).toBe(false);
});

test('an event is taken by its type, its resource and by everything', () => {
  expect(filtersFor('external.item.changed')).toEqual(['external.item.changed', 'external.*', '*']);
});
