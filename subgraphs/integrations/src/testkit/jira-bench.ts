/** The fake Jira as the contract suite uses one. */
import type { VendorBench } from '../adapters/connector-contract.ts';
import { createJiraConnector } from '../adapters/jira/jira-connector.ts';
import { toText } from '../adapters/jira/adf-text.ts';
import { ALL_PERMISSIONS } from './jira-world.ts';
import { startJiraServer, type JiraServer, type JiraServerOptions } from './jira-server.ts';

const PROJECT = 'CLM';

export interface JiraBench extends VendorBench {
  readonly server: JiraServer;
}

/** Cloud is reached as an OAuth app, Data Center by a personal access token. */
export async function startJiraBench(options: JiraServerOptions = {}): Promise<JiraBench> {
  const server = await startJiraServer(options);
  const { world } = server;
  server.addProject(PROJECT);
  const login = 'integration.bot';
  const account = server.addAccount({ authorization: 'Bearer token-of-the-bot-0001', login });
  const limited = server.addAccount({
    authorization: 'Bearer token-of-a-reader-0001',
    login: 'reader',
    permissions: ['BROWSE_PROJECTS'],
    ...(world.edition === 'CLOUD' && { scopes: ['read:jira-work', 'read:jira-user'] }),
  });
  const find = (key: string): (typeof world.issues)[number] => {
    const issue = world.issues.find((candidate) => candidate.key === key);
    if (issue === undefined) throw new Error(`there is no ${key}`);
    return issue;
  };
  return {
    server,
    connector: createJiraConnector(),
    host: server.host,
    baseUrl: world.edition === 'CLOUD' ? server.appUrl : server.baseUrl,
    account: { authorization: account.authorization, knownLogin: null },
    login,
    limited: {
      authorization: limited.authorization,
      knownLogin: null,
      missing: ['CREATE_ITEMS', 'COMMENT', 'TRANSITION', 'WEBHOOKS'],
    },
    container: PROJECT,
    unknownKey: `${PROJECT}-999`,
    hostileKeys: [
      'CLM-1/../../myself',
      'CLM-1?expand=all',
      'CLM-1 OR key = X-1',
      '../CLM-1',
      'CLM',
      '-1',
      '',
    ],
    itemType: 'Bug',
    webhookScope: PROJECT,
    addItem: ({ title, updatedAt }) =>
      server.addIssue({ project: PROJECT, summary: title, updated: updatedAt.getTime() }).key,
    changeItem: (key, updatedAt) => {
      find(key).updated = updatedAt.getTime();
    },
    itemCount: () => world.issues.length,
    commentsOf: (key) =>
      find(key).comments.map(({ body }) => (typeof body === 'string' ? body : toText(body))),
    stateOf: (key) => find(key).status,
    webhookUrls: () => world.webhooks.map(({ url }) => url),
    fail: (fault, options) => server.fail(fault, options),
    requests: server.requests,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** For accounts that may do everything but one thing. */
export const without = (permission: string): readonly string[] =>
  ALL_PERMISSIONS.filter((each) => each !== permission);
