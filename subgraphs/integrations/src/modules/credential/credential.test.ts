import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '@flowgrid/platform';
import { hintOf, needsBrowser, parseCredential, toFields } from './credential.ts';

const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString();

function errorsOf(kind: Parameters<typeof parseCredential>[0], credential: unknown): InvalidInput['errors'] {
  try {
    parseCredential(kind, credential);
    return [];
  } catch (error) {
    if (error instanceof InvalidInput) return error.errors;
    throw error;
  }
}

describe('parseCredential', () => {
  it.each([
    ['GITHUB', { token: 'ghp_0123456789' }],
    ['JIRA', { email: 'bot@example.test', apiToken: 'ATATT-1' }],
    ['SERVICENOW', { username: 'bot', password: 'pass word: ünïcode' }],
    ['SERVICENOW', { clientId: 'id', clientSecret: 'secret' }],
    ['GITHUB', { appId: '4711', installationId: '815', privateKey: PEM }],
    ['GITHUB', { clientId: 'Iv1.id', clientSecret: 'secret' }],
    ['JIRA', { personalAccessToken: 'NjAz-token' }],
    ['JIRA', { clientId: 'id', clientSecret: 'secret', scopes: 'read:jira-work offline_access' }],
    ['SERVICENOW', { clientId: 'id', clientSecret: 'secret', grantType: 'authorization_code' }],
  ] as const)('takes the fields of %s: %j', (kind, credential) => {
    expect(parseCredential(kind, credential)).toEqual({ kind, ...credential });
  });

  it.each([
    ['GITHUB', {}, 'REQUIRED', ['credential', 'token']],
    ['GITHUB', null, 'REQUIRED', ['credential']],
    ['GITHUB', 'ghp_x', 'INVALID', ['credential']],
    ['GITHUB', ['ghp_x'], 'INVALID', ['credential']],
    ['GITHUB', { token: '' }, 'REQUIRED', ['credential', 'token']],
    ['GITHUB', { token: 1 }, 'INVALID', ['credential', 'token']],
    ['GITHUB', { token: 'a\r\nx-injected: 1' }, 'INVALID', ['credential', 'token']],
    ['GITHUB', { token: 'x'.repeat(5000) }, 'TOO_LONG', ['credential', 'token']],
    ['GITHUB', { token: 'ghp_x', other: 1 }, 'INVALID', ['credential']],
    ['JIRA', { email: 'no address', apiToken: 'x' }, 'INVALID', ['credential', 'email']],
    ['JIRA', { email: 'bot@example.test' }, 'REQUIRED', ['credential', 'apiToken']],
    ['SERVICENOW', { username: 'a:b', password: 'x' }, 'INVALID', ['credential', 'username']],
    ['SERVICENOW', { username: 'a' }, 'REQUIRED', ['credential', 'password']],
    ['SERVICENOW', { clientId: 'a' }, 'REQUIRED', ['credential', 'clientSecret']],
    ['SERVICENOW', { clientId: 'a', clientSecret: 'b', username: 'c' }, 'INVALID', ['credential']],
    [
      'SERVICENOW',
      { clientId: 'a', clientSecret: 'b', grantType: 'x' },
      'INVALID',
      ['credential', 'grantType'],
    ],
    ['GITHUB', { appId: '1', installationId: '2' }, 'REQUIRED', ['credential', 'privateKey']],
    ['GITHUB', { appId: '1', installationId: '2', privateKey: 'x' }, 'INVALID', ['credential', 'privateKey']],
    [
      'GITHUB',
      { appId: '1', installationId: '../2', privateKey: PEM },
      'INVALID',
      ['credential', 'installationId'],
    ],
    ['GITHUB', { clientId: 'a' }, 'REQUIRED', ['credential', 'clientSecret']],
    ['JIRA', { clientId: 'a', clientSecret: 'b', scopes: 'a  b' }, 'INVALID', ['credential', 'scopes']],
    ['JIRA', { personalAccessToken: 'a b' }, 'INVALID', ['credential', 'personalAccessToken']],
  ] as const)('%s %j: %s', (kind, credential, code, path) => {
    const first = errorsOf(kind, credential)[0];

    expect({ code: first?.code, path: first?.path }).toEqual({ code, path });
  });

  it.each([
    ['GITHUB', { token: 'top secret\n' }],
    ['GITHUB', { 'top secret': 'top secret' }],
    ['JIRA', { email: 'top secret', apiToken: 'top secret' }],
    ['SERVICENOW', 'top secret'],
  ] as const)('repeats nothing of %s %j', (kind, credential) => {
    const errors = errorsOf(kind, credential);

    expect(errors).not.toEqual([]);
    expect(JSON.stringify(errors)).not.toContain('top secret');
  });
});

describe('hintOf', () => {
  it('is the end of the secret', () => {
    expect(hintOf({ kind: 'GITHUB', token: 'ghp_01234567wxyz' })).toBe('wxyz');
    expect(hintOf({ kind: 'SERVICENOW', clientId: 'client', clientSecret: 'abcdefghijkl' })).toBe('ijkl');
  });

  it('is absent for a short secret', () => {
    expect(hintOf({ kind: 'SERVICENOW', username: 'administrator', password: 'abcdefghijk' })).toBeNull();
  });
});

describe('a credential with which somebody signs in in the browser', () => {
  it.each([
    ['GITHUB', { token: 'x' }, false],
    ['GITHUB', { clientId: 'a', clientSecret: 'b' }, true],
    ['JIRA', { clientId: 'a', clientSecret: 'b' }, true],
    ['SERVICENOW', { clientId: 'a', clientSecret: 'b' }, false],
    ['SERVICENOW', { clientId: 'a', clientSecret: 'b', grantType: 'authorization_code' }, true],
  ] as const)('%s %j: %s', (kind, given, expected) => {
    const credential = parseCredential(kind, given);

    expect(needsBrowser(credential)).toBe(expected);
    expect(toFields(credential)).toEqual(given);
  });
});
