/** The connectors of all kinds of systems; each is one for all connections. */
import { createGitHubConnector } from './github/github-connector.ts';
import { createJiraConnector } from './jira/jira-connector.ts';
import { createServiceNowConnector } from './servicenow/servicenow-connector.ts';
import type { Connectors } from '../modules/connection/open-connection.ts';

export function createConnectors(): Connectors {
  return {
    GITHUB: createGitHubConnector(),
    JIRA: createJiraConnector(),
    SERVICENOW: createServiceNowConnector(),
  };
}
