/** Jira: Cloud by version 3 of its REST API, Data Center by version 2. */
import { systemClock, type Clock } from '@flowgrid/platform';
import type { Connection } from '../connection.ts';
import type { Connector } from '../connector.ts';
import { checkJira, JIRA_CAPABILITIES } from './jira-check.ts';
import { addIssueComment } from './jira-comments.ts';
import { createIssue, requireProjectKey } from './jira-create.ts';
import { findIssue, listJiraIssues, toIssueKey } from './jira-issues.ts';
import { createSiteFinder, type JiraSite } from './jira-site.ts';
import { syncJira } from './jira-sync.ts';
import { listIssueTransitions, transitionIssue } from './jira-transitions.ts';
import { createJiraWebhooks } from './jira-webhooks.ts';

export function createJiraConnector({ clock = systemClock }: { readonly clock?: Clock } = {}): Connector {
  const findSite = createSiteFinder();
  /** Nothing is asked for what cannot be a key. */
  const withKey = async <Result>(
    connection: Connection,
    { given, signal }: { readonly given: string; readonly signal: AbortSignal },
    work: (site: JiraSite, key: string) => Promise<Result | null>,
  ): Promise<Result | null> => {
    const key = toIssueKey(given);
    return key === null ? null : work(await findSite({ connection, signal }), key);
  };
  return {
    capabilities: JIRA_CAPABILITIES,
    check: async (connection, signal) => checkJira(await findSite({ connection, signal })),
    listItems: async (connection, query, signal) =>
      listJiraIssues(await findSite({ connection, signal }), query),
    findItem: (connection, given, signal) =>
      withKey(connection, { given, signal }, async (site, key) => (await findIssue(site, key))?.item ?? null),
    createItem: async (connection, draft, signal) => {
      const project = requireProjectKey(draft.container);
      return createIssue(await findSite({ connection, signal }), draft, project);
    },
    addComment: (connection, { key: given, body }, signal) =>
      withKey(connection, { given, signal }, (site, key) => addIssueComment(site, key, body)),
    listTransitions: (connection, given, signal) =>
      withKey(connection, { given, signal }, listIssueTransitions),
    transitionItem: (connection, { key: given, transitionId }, signal) =>
      withKey(connection, { given, signal }, (site, key) => transitionIssue(site, { key, transitionId })),
    syncItems: async (connection, query, signal) =>
      syncJira(await findSite({ connection, signal }), query, clock),
    webhooks: createJiraWebhooks(findSite),
  };
}
