import { expect, test } from 'vitest';
import type { RuleFilter } from './integration-rule.ts';
import { matches } from './rule-filter.ts';

const ALL: RuleFilter = { changes: [], types: [], states: [], words: [], container: null };
const CHANGED = {
  integrationId: '0198b2f0-0000-7000-8000-000000000001',
  source: 'HOOK',
  change: 'CREATED',
  item: {
    key: 'acme/claims#7',
    title: 'Automate the Claims process',
    state: 'open',
    type: 'Issue',
    assignee: null,
    url: null,
    updatedAt: null,
  },
} as const;

test.each<[string, Partial<RuleFilter>, boolean]>([
  ['everything', {}, true],
  ['the change', { changes: ['CREATED', 'DELETED'] }, true],
  ['another change', { changes: ['DELETED'] }, false],
  ['the type, in another case', { types: ['issue'] }, true],
  ['another type', { types: ['Bug'] }, false],
  ['the state', { states: ['Open'] }, true],
  ['all words', { words: ['automate', 'CLAIMS'] }, true],
  ['one word that is missing', { words: ['automate', 'invoices'] }, false],
  ['the repository', { container: 'acme/claims' }, true],
  ['a repository that begins like it', { container: 'acme/claim' }, false],
])('a filter by %s', (_name, filter, isMatch) => {
  expect(matches({ ...ALL, ...filter }, CHANGED)).toBe(isMatch);
});
