import { expect, test } from 'vitest';
import { toItemUrl } from './external-item.ts';

// Attack: a link of a ticket that runs a script in the browser of whoever opens it here.
test.each([
  ['https://github.com/acme/claims/issues/1', 'https://github.com/acme/claims/issues/1'],
  ['http://jira.internal/browse/CLM-1', 'http://jira.internal/browse/CLM-1'],
  ['javascript:alert(1)', null],
  ['data:text/html,x', null],
  ['/browse/CLM-1', null],
])('%j leads a person to %j', (text, expected) => {
  expect(toItemUrl(text)).toBe(expected);
});
