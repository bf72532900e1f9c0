import { afterEach, beforeEach, expect, test } from 'vitest';
import { startConnectedGitHub, type ConnectedGitHub } from '../../testkit/github-connection.ts';
import { until } from '../contract/until.ts';
import type { ConnectionCheck } from '../connector.ts';
import { createGitHubConnector } from './github-connector.ts';

let github: ConnectedGitHub;

beforeEach(async () => {
  github = await startConnectedGitHub();
});
afterEach(() => github[Symbol.asyncDispose]());

const check = (token: string): Promise<ConnectionCheck> =>
  createGitHubConnector().check(github.connect(token), until());

/** By capability, in short: what is there, what is not known, and what is missing. */
function inShort({ capabilities }: ConnectionCheck): Readonly<Record<string, string>> {
  return Object.fromEntries(
    capabilities.map(({ capability, status, missing }) => [capability, missing ?? status]),
  );
}

const SCOPE = 'Grant the scope "repo", or "public_repo" for public repositories alone.';
const PUBLIC = 'Private repositories need the scope "repo".';
const HOOKS = 'Grant the scope "admin:repo_hook", or "repo", which has it.';
const PUSH = 'Grant write access to a repository: the account may only read those that it sees.';
const ADMIN = 'Grant admin access to a repository, whose webhooks are meant.';
const ISSUES = 'Grant the repository permission "Issues: Read and write".';

test.each([
  [
    ['repo'],
    'admin',
    {
      READ_ITEMS: 'AVAILABLE',
      CREATE_ITEMS: 'AVAILABLE',
      COMMENT: 'AVAILABLE',
      TRANSITION: 'AVAILABLE',
      SYNC: 'AVAILABLE',
      WEBHOOKS: 'AVAILABLE',
      PULL_REQUESTS: 'AVAILABLE',
    },
  ],
  [['repo'], 'push', { WEBHOOKS: ADMIN, PULL_REQUESTS: 'AVAILABLE' }],
  [['repo'], 'pull', { CREATE_ITEMS: 'AVAILABLE', WEBHOOKS: ADMIN, PULL_REQUESTS: PUSH }],
  [['repo', 'admin:org_hook'], 'pull', { WEBHOOKS: 'AVAILABLE' }],
  [['public_repo'], 'admin', { READ_ITEMS: PUBLIC, COMMENT: PUBLIC, WEBHOOKS: HOOKS }],
  [['admin:repo_hook'], 'admin', { READ_ITEMS: PUBLIC, CREATE_ITEMS: SCOPE, PULL_REQUESTS: SCOPE }],
  [[], 'admin', { SYNC: PUBLIC, TRANSITION: SCOPE, WEBHOOKS: HOOKS, PULL_REQUESTS: SCOPE }],
] as const)('a classic token with %j for somebody who may %s', async (scopes, role, expected) => {
  const { state } = github.server;
  state.addRepository('acme/claims', { roles: { octocat: role } });
  state.addRepository('acme/site', { isPrivate: false, roles: { octocat: role } });
  const token = state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes });

  const found = await check(token);

  expect(found).toMatchObject({ login: 'octocat', permissions: scopes });
  expect(inShort(found)).toMatchObject(expected);
});

test.each([
  [
    { issues: 'write', contents: 'write', pull_requests: 'write', repository_hooks: 'write' },
    {
      READ_ITEMS: 'AVAILABLE',
      CREATE_ITEMS: 'UNKNOWN',
      COMMENT: 'UNKNOWN',
      TRANSITION: 'UNKNOWN',
      SYNC: 'AVAILABLE',
      WEBHOOKS: 'UNKNOWN',
      PULL_REQUESTS: 'UNKNOWN',
    },
  ],
  [
    { contents: 'read' },
    {
      READ_ITEMS: ISSUES,
      CREATE_ITEMS: ISSUES,
      COMMENT: ISSUES,
      TRANSITION: ISSUES,
      SYNC: ISSUES,
      WEBHOOKS: 'Grant the repository permission "Webhooks: Read and write".',
      PULL_REQUESTS: 'Grant the repository permission "Pull requests: Read and write".',
    },
  ],
  [
    { issues: 'read' },
    {
      READ_ITEMS: 'AVAILABLE',
      CREATE_ITEMS: 'UNKNOWN',
      COMMENT: 'UNKNOWN',
      TRANSITION: 'UNKNOWN',
      SYNC: 'AVAILABLE',
      WEBHOOKS: 'Grant the repository permission "Webhooks: Read and write".',
      PULL_REQUESTS:
        'Grant the repository permission "Pull requests: Read and write" and "Contents: Read and write".',
    },
  ],
] as const)('a fine-grained token with %j tells by what it reads', async (permissions, expected) => {
  const { state } = github.server;
  state.addRepository('acme/claims', { roles: { octocat: 'admin' } });
  const token = state.addAccount({ kind: 'FINE_GRAINED', login: 'octocat', permissions, repositories: null });

  const found = await check(token);

  expect(found).toMatchObject({ login: 'octocat', permissions: [] });
  expect(inShort(found)).toEqual(expected);
});

test('a fine-grained token without a repository says so', async () => {
  const permissions = { issues: 'write' } as const;
  const account = { kind: 'FINE_GRAINED', login: 'octocat', permissions, repositories: [] } as const;
  const token = github.server.state.addAccount(account);

  const found = inShort(await check(token));

  expect(new Set(Object.values(found))).toEqual(
    new Set(['Grant access to a repository: the credential shows none.']),
  );
});

test('an installation of an app is named by its owner, and tells by what it reads', async () => {
  const { state } = github.server;
  state.addRepository('acme/claims', { files: { 'README.md': '' } });
  const permissions = { issues: 'write', contents: 'read' } as const;
  const account = { kind: 'INSTALLATION', login: 'flowgrid[bot]', permissions, repositories: null } as const;
  const token = state.addAccount(account);

  const found = await check(token);

  expect(found.login).toBe('GitHub App at acme');
  expect(inShort(found)).toMatchObject({
    READ_ITEMS: 'AVAILABLE',
    CREATE_ITEMS: 'UNKNOWN',
    PULL_REQUESTS: 'Grant the repository permission "Pull requests: Read and write".',
  });
});

test.each([
  ['RATE_LIMIT', /too many requests \(429\)\. Try again in (29|30|31) s/],
  ['SECONDARY_403', /too many requests \(429\)\. Try again in 30 s/],
  ['SECONDARY_403_UNNAMED', /too many requests \(429\)\. Try again in 60 s/],
  ['SECONDARY_429_UNNAMED', /too many requests \(429\)\. Try again in 60 s/],
  ['MOVED', /redirect/],
] as const)('%s is said as what it is, and not asked again', async (fault, words) => {
  const { state } = github.server;
  const token = state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: [] });
  github.server.fail(fault);

  await expect(check(token)).rejects.toThrow(words);

  expect(github.server.requests).toEqual(['GET /user']);
});

test('a credential that may nothing at all is said to be forbidden', async () => {
  const { state } = github.server;
  const token = state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: [] });
  github.server.fail('FORBIDDEN', { times: 20 });

  await expect(check(token)).rejects.toThrow(/forbids this \(403\)/);
});
