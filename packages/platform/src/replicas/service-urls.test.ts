import { expect, test } from 'vitest';
import { serviceUrls } from './service-urls.ts';

const problemOf = (text: string): string | undefined => serviceUrls.safeParse(text).error?.issues[0]?.message;

test('one address is a list of one, several are separated by commas, and slashes at the end do not count', () => {
  expect(serviceUrls.parse('http://auth:3002/')).toEqual(['http://auth:3002']);
  expect(serviceUrls.parse('https://a/base/ , https://b:8443/base')).toEqual([
    'https://a/base',
    'https://b:8443/base',
  ]);
});

test.each([
  ['auth:3002', 'must be an http or https address, or several separated by commas'],
  [
    'http://a,ftp://b,http://c',
    'must be an http or https address, or several separated by commas (number 2 of 3 is not)',
  ],
  ['http://a,', 'must be an http or https address, or several separated by commas (number 2 of 2 is not)'],
  ['http://user:secret@a', 'must be addresses without a user, a query and a fragment'],
  ['http://a?x=1', 'must be addresses without a user, a query and a fragment'],
  ['http://a,http://a/', 'names an address twice'],
  ['http://a/x,http://b/y', 'must be addresses with the same path: they are replicas of one service'],
])('%s is refused with what is wrong', (text, problem) => {
  expect(problemOf(text)).toBe(problem);
});
