import { afterEach, beforeEach, expect, test } from 'vitest';
import { startConnectedGitHub, type ConnectedGitHub } from '../../testkit/github-connection.ts';
import type { Repository } from '../../testkit/github-server.ts';
import type { Connection } from '../connection.ts';
import { ConnectorError } from '../connector-error.ts';
import type { PullRequestDraft } from '../connector.ts';
import { until } from '../contract/until.ts';
import { createGitHubConnector } from './github-connector.ts';
import type { OpenedPullRequest } from './github-pull-requests.ts';

const BRANCH = 'flowgrid/claims';
const DRAFT: PullRequestDraft = {
  repository: 'acme/claims',
  baseBranch: null,
  branch: BRANCH,
  title: 'Add the claims agent',
  body: 'Made by a design.',
  files: [{ path: 'agent/main.ts', content: 'export {};\n' }],
};
const { pullRequests } = createGitHubConnector();

let github: ConnectedGitHub;
let repository: Repository;
let connection: Connection;

beforeEach(async () => {
  github = await startConnectedGitHub();
  const { state } = github.server;
  repository = state.addRepository('acme/claims', {
    files: { 'README.md': '# Claims\n' },
    roles: { octocat: 'push' },
  });
  connection = github.connect(state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: ['repo'] }));
});
afterEach(() => github[Symbol.asyncDispose]());

async function open(more: Partial<PullRequestDraft> = {}): Promise<OpenedPullRequest> {
  if (!pullRequests) throw new Error('GitHub has pull requests');
  return pullRequests.open(connection, { ...DRAFT, ...more }, until());
}

const writes = (): readonly string[] =>
  github.server.requests.filter((request) => !request.startsWith('GET '));

test('one commit on top of the base holds the files, and everything that was there', async () => {
  const opened = await open();

  const head = repository.git.commits.get(repository.git.branches.get(BRANCH) ?? '');
  expect(opened).toEqual({ url: 'https://github.com/acme/claims/pull/1', number: 1, isNew: true });
  expect(head?.parents).toEqual([repository.git.branches.get('main')]);
  expect([...(repository.git.filesOf(BRANCH)?.keys() ?? [])]).toEqual(['README.md', 'agent/main.ts']);
  expect(repository.pulls).toMatchObject([{ title: DRAFT.title, head: BRANCH, base: 'main' }]);
  expect(writes()).toEqual([
    'POST /repos/acme/claims/git/trees',
    'POST /repos/acme/claims/git/commits',
    'POST /repos/acme/claims/git/refs',
    'POST /repos/acme/claims/pulls',
  ]);
});

test('other files for the same branch are a commit on top, in the same pull request', async () => {
  const first = await open();
  const before = repository.git.branches.get(BRANCH);

  const second = await open({ files: [{ path: 'agent/main.ts', content: 'export const x = 1;\n' }] });

  const head = repository.git.commits.get(repository.git.branches.get(BRANCH) ?? '');
  expect(second).toEqual({ ...first, isNew: false });
  expect(head?.parents).toEqual([before]);
  expect(repository.git.read(BRANCH, 'agent/main.ts')).toBe('export const x = 1;\n');
});

test('what a person pushed on top of it stays', async () => {
  await open();
  repository.git.push(BRANCH, { 'agent/by-hand.ts': 'mine' });

  const { isNew } = await open({ files: [{ path: 'agent/more.ts', content: '' }] });

  expect(isNew).toBe(false);
  expect(repository.git.read(BRANCH, 'agent/by-hand.ts')).toBe('mine');
  expect(repository.git.read(BRANCH, 'agent/more.ts')).toBe('');
});

test.each(['git/trees', 'git/commits', 'git/refs', 'pulls'])(
  'an answer to %s that was lost costs a repetition, and doubles nothing',
  async (place) => {
    github.server.fail('LOST', { on: new RegExp(`^POST .*/${place}$`) });
    await expect(open()).rejects.toThrow(/refused or dropped/);

    const again = await open();

    expect(repository.pulls).toHaveLength(1);
    expect(again.number).toBe(repository.pulls[0]?.number);
    const head = repository.git.commits.get(repository.git.branches.get(BRANCH) ?? '');
    expect(head?.parents).toEqual([repository.git.branches.get('main')]);
  },
);

test('two at once have one branch and one pull request', async () => {
  const both = await Promise.allSettled([open(), open()]);

  const done = both.filter(({ status }) => status === 'fulfilled');
  const refused = both.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
  expect(done.length).toBeGreaterThan(0);
  for (const reason of refused) expect(reason).toMatch(/changed meanwhile/);
  expect(repository.pulls).toHaveLength(1);
  expect(await open()).toMatchObject({ isNew: false });
});

test('a pull request that was closed is not the one: another is opened', async () => {
  const first = await open();
  const [pull] = repository.pulls;
  if (pull) pull.state = 'closed';

  const second = await open();

  expect(second.isNew).toBe(true);
  expect(second.number).not.toBe(first.number);
});

test('another base than the default branch is taken', async () => {
  repository.git.push('release', { 'NOTES.md': '1.0' });

  await open({ baseBranch: 'release' });

  expect(repository.pulls).toMatchObject([{ base: 'release' }]);
  expect(repository.git.read(BRANCH, 'NOTES.md')).toBe('1.0');
});

test('a workflow is put there when it was said so, and the token may', async () => {
  const { state } = github.server;
  const token = state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: ['repo', 'workflow'] });
  const files = [{ path: '.github/workflows/ci.yml', content: 'name: ci\n' }];
  await expect(open({ files, mayChangeWorkflows: true })).rejects.toThrow(/404/);

  connection = github.connect(token);
  const { isNew } = await open({ files, mayChangeWorkflows: true });

  expect(isNew).toBe(true);
});

type Refusal = readonly [string, () => unknown, Partial<PullRequestDraft>, RegExp];

const REFUSALS: readonly Refusal[] = [
  ['a branch of somebody else', () => repository.git.push(BRANCH, { x: '' }), {}, /not made by Flowgrid/],
  ['an archived repository', () => (repository.isArchived = true), {}, /is archived/],
  ['an empty repository', () => repository.git.branches.clear(), {}, /is empty/],
  ['a base that is not there', () => undefined, { baseBranch: 'nothing' }, /no such base branch/],
  ['the default branch', () => undefined, { branch: 'main' }, /another one than its base/],
  [
    'files that are there',
    () => repository.git.push('main', { 'agent/main.ts': 'export {};\n' }),
    {},
    /nothing to propose/,
  ],
  ['a repository that is not there', () => undefined, { repository: 'acme/nothing' }, /no such repository/],
  ['a repository that is none', () => undefined, { repository: 'acme' }, /owner\/repository/],
  ['a workflow', () => undefined, { files: [{ path: '.github/workflows/x', content: '' }] }, /by hand/],
  ['a path out of it', () => undefined, { files: [{ path: '../x', content: '' }] }, /no "\.\."/],
  ['a role that only reads', () => repository.roles.set('octocat', 'pull'), {}, /404/],
];

test.each(REFUSALS)('%s is refused, and nothing is written', async (_what, prepare, more, words) => {
  prepare();
  const branches = new Map(repository.git.branches);

  const opening = open(more);

  await expect(opening).rejects.toBeInstanceOf(ConnectorError);
  await expect(opening).rejects.toThrow(words);
  expect(repository.git.branches).toEqual(branches);
  expect(repository.pulls).toEqual([]);
});

test('a missing permission of a fine-grained token is named', async () => {
  const permissions = { contents: 'read', pull_requests: 'write' } as const;
  const account = { kind: 'FINE_GRAINED', login: 'octocat', permissions, repositories: null } as const;
  connection = github.connect(github.server.state.addAccount(account));

  await expect(open()).rejects.toThrow(/forbids this \(403\).*"contents: write"/);
});
