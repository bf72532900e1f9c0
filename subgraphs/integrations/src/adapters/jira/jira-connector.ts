/** Jira Cloud, by its REST API version 3. */
import { z } from 'zod';
import { toLogin, unreadableAnswer } from '../connector-error.ts';
import type { Connector } from '../connector.ts';
import { findJiraIssue, listJiraIssues } from './jira-issues.ts';
import { below, requestJson } from '../json-request.ts';

const EXPECTED = {
  system: 'Jira',
  notFoundHint: 'Enter the address of the Jira site, such as https://example.atlassian.net.',
  schema: z.object({
    accountId: z.string().min(1),
    emailAddress: z.string().optional(),
    displayName: z.string().optional(),
  }),
};

export function createJiraConnector(): Pick<Connector, 'capabilities' | 'check' | 'listItems' | 'findItem'> {
  return {
    capabilities: ['READ_ITEMS'],
    check: async ({ fetch, apiUrl }, signal) => {
      const account = await requestJson(fetch, { url: below(apiUrl, 'rest/api/3/myself'), signal }, EXPECTED);
      // The e-mail address is absent where its owner hides it.
      const login = toLogin(account.emailAddress || account.displayName || account.accountId);
      if (login === '') throw unreadableAnswer(EXPECTED.system);
      return { login, permissions: [], capabilities: [] };
    },
    listItems: (connection, query, signal) => listJiraIssues({ connection, signal }, query),
    findItem: (connection, key, signal) => findJiraIssue({ connection, signal }, key),
  };
}
