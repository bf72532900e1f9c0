import { describe, expect, it } from 'vitest';
import { isAllowedHost, parseAllowedHosts } from './allowed-hosts.ts';

describe('parseAllowedHosts', () => {
  it('reads hosts with and without a port', () => {
    const hosts = parseAllowedHosts(' jira.corp , GitHub.corp.:8443,127.0.0.1:3000, [::1]:80 ,');

    expect(hosts).toEqual([
      { hostname: 'jira.corp', port: null },
      { hostname: 'github.corp', port: '8443' },
      { hostname: '127.0.0.1', port: '3000' },
      { hostname: '::1', port: '80' },
    ]);
  });

  it('reads nothing from nothing', () => {
    expect(parseAllowedHosts('')).toEqual([]);
  });

  it.each(['https://jira.corp', 'jira.corp/path', 'user@jira.corp', 'jira.corp:99999', 'a b'])(
    'refuses %s',
    (list) => {
      expect(parseAllowedHosts(list)).toBeNull();
    },
  );
});

describe('isAllowedHost', () => {
  const allowed = [
    { hostname: 'jira.corp', port: null },
    { hostname: 'github.corp', port: '8443' },
  ];

  it.each([
    ['https://jira.corp', true],
    ['http://JIRA.corp.', true],
    ['https://jira.corp:8443', false],
    ['https://github.corp:8443', true],
    ['https://github.corp', false],
    ['https://evil-jira.corp', false],
    ['https://jira.corp.evil.test', false],
  ])('%s: %s', (url, expected) => {
    expect(isAllowedHost(allowed, new URL(url))).toBe(expected);
  });
});
