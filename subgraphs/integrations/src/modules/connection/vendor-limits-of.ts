/** What the answers of each kind of system say about its limits. */
import { readGitHubLimits } from '../../adapters/github/github-limits.ts';
import { readJiraLimits } from '../../adapters/jira/jira-limits.ts';
import { readServiceNowLimits } from '../../adapters/servicenow/servicenow-limits.ts';
import type { ReadLimits } from '../../adapters/vendor-limits.ts';
import type { IntegrationKind } from '../integration/integration.ts';

export const READ_LIMITS: Readonly<Record<IntegrationKind, ReadLimits>> = {
  GITHUB: readGitHubLimits,
  JIRA: readJiraLimits,
  SERVICENOW: readServiceNowLimits,
};
