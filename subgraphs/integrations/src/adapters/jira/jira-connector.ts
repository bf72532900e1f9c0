/** Jira Cloud, by its REST API version 3. */
import { z } from 'zod';
import { toLogin, unreadableAnswer, type Connection, type Connector } from '../connector.ts';
import { findJiraIssue, listJiraIssues, type JiraCall } from './jira-issues.ts';
import { basicAuthorization, below, forConnection, requestJson } from '../json-request.ts';
import type { OutboundFetch } from '@flowgrid/outbound';

const EXPECTED = {
  system: 'Jira',
  notFoundHint: 'Enter the address of the Jira site, such as https://example.atlassian.net.',
  schema: z.object({
    accountId: z.string().min(1),
    emailAddress: z.string().optional(),
    displayName: z.string().optional(),
  }),
};

export function createJiraConnector(fetch: OutboundFetch): Connector<'JIRA'> {
  return {
    identify: async ({ id, baseUrl, credential }, signal) => {
      const account = await requestJson(
        forConnection(fetch, id),
        {
          url: below(baseUrl, 'rest/api/3/myself'),
          headers: { authorization: basicAuthorization(credential.email, credential.apiToken) },
          signal,
        },
        EXPECTED,
      );
      // The e-mail address is absent where its owner hides it.
      const login = toLogin(account.emailAddress || account.displayName || account.accountId);
      if (login === '') throw unreadableAnswer(EXPECTED.system);
      return { login, permissions: [] };
    },
    listItems: (connection, query, signal) => listJiraIssues(callOf(connection, signal), query),
    findItem: (connection, key, signal) => findJiraIssue(callOf(connection, signal), key),
  };

  function callOf({ id, baseUrl, credential }: Connection<'JIRA'>, signal: AbortSignal): JiraCall {
    const authorization = basicAuthorization(credential.email, credential.apiToken);
    return { fetch: forConnection(fetch, id), baseUrl, authorization, signal };
  }
}
