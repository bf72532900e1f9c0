/** GitHub and GitHub Enterprise Server, by octokit. */
import { CAPABILITIES, type Connector } from '../connector.ts';
import { checkGitHub } from './github-check.ts';
import { askGitHub, orNullWhenGone } from './github-client.ts';
import { getIssue, listIssues, parseIssueKey, toItem } from './github-issues.ts';
import { openPullRequest } from './github-pull-requests.ts';
import { REPOSITORY_MISSING, requireRepository } from './github-repositories.ts';
import { syncIssues } from './github-sync.ts';
import { githubWebhooks } from './github-webhooks.ts';
import { createComment, createIssue, listSteps, takeStep } from './github-writes.ts';

const OF_REPOSITORY = {
  missing: REPOSITORY_MISSING,
  refused:
    'GitHub does not take this (422). The repository may not know the type, or may not allow the text.',
} as const;
const OF_ISSUE = { missing: 'GitHub has no such issue, or the credential does not show it (404).' } as const;

export function createGitHubConnector(): Connector {
  return {
    capabilities: CAPABILITIES,
    check: (connection, signal) =>
      askGitHub(connection, signal, (octokit) => checkGitHub(octokit, connection)),
    listItems: (connection, query, signal) =>
      askGitHub(connection, signal, (octokit) => listIssues(octokit, query), {
        refused: 'GitHub does not understand this search (422).',
      }),
    findItem: async (connection, key, signal) => {
      const place = parseIssueKey(key);
      if (place === null) return null;
      const reading = askGitHub(
        connection,
        signal,
        (octokit) => orNullWhenGone(getIssue(octokit, place)),
        OF_ISSUE,
      );
      const issue = await reading;
      return issue && toItem(issue);
    },
    createItem: async (connection, draft, signal) => {
      const place = requireRepository(draft.container);
      return askGitHub(connection, signal, (octokit) => createIssue(octokit, place, draft), OF_REPOSITORY);
    },
    addComment: async (connection, { key, body }, signal) => {
      const place = parseIssueKey(key);
      if (place === null) return null;
      return askGitHub(
        connection,
        signal,
        (octokit) => orNullWhenGone(createComment(octokit, place, body)),
        OF_ISSUE,
      );
    },
    listTransitions: async (connection, key, signal) => {
      const place = parseIssueKey(key);
      if (place === null) return null;
      return askGitHub(connection, signal, (octokit) => orNullWhenGone(listSteps(octokit, place)), OF_ISSUE);
    },
    transitionItem: async (connection, { key, transitionId }, signal) => {
      const place = parseIssueKey(key);
      if (place === null) return null;
      return askGitHub(
        connection,
        signal,
        (octokit) => orNullWhenGone(takeStep(octokit, place, transitionId)),
        OF_ISSUE,
      );
    },
    syncItems: (connection, query, signal) =>
      askGitHub(connection, signal, (octokit) => syncIssues(octokit, query), { missing: REPOSITORY_MISSING }),
    webhooks: githubWebhooks,
    pullRequests: {
      open: (connection, draft, signal) =>
        askGitHub(connection, signal, (octokit) => openPullRequest(octokit, draft), OF_REPOSITORY),
    },
  };
}
