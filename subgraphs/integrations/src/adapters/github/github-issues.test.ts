import { afterEach, beforeEach, expect, test } from 'vitest';
import { startConnectedGitHub, type ConnectedGitHub } from '../../testkit/github-connection.ts';
import { createGitHubConnector } from './github-connector.ts';

let github: ConnectedGitHub;

beforeEach(async () => {
  github = await startConnectedGitHub();
});
afterEach(() => github[Symbol.asyncDispose]());

test('a list tells pull requests from issues, and a text that is missing from none', async () => {
  const { state } = github.server;
  const token = state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: ['repo'] });
  const repository = state.addRepository('acme/claims', { roles: { octocat: 'pull' } });
  state.addIssue(repository, { title: 'Pay', isPull: true, updatedAt: new Date('2026-03-01T10:02:00Z') });
  state.addIssue(repository, { title: 'Late', body: null, updatedAt: new Date('2026-03-01T10:01:00Z') });

  const query = { search: null, size: 10, token: null };
  const { items } = await createGitHubConnector().listItems(
    github.connect(token),
    query,
    AbortSignal.timeout(5_000),
  );

  expect(items.map(({ title, type, body }) => ({ title, type, body }))).toEqual([
    { title: 'Pay', type: 'Pull request', body: '' },
    { title: 'Late', type: 'Issue', body: '' },
  ]);
});
