/** The fake GitHub as the contract suite uses one. */
import type { VendorBench, VendorFault } from '../adapters/connector-contract.ts';
import { createGitHubConnector } from '../adapters/github/github-connector.ts';
import { startGitHubServer, type GitHubFault, type GitHubServer, type Issue } from './github-server.ts';

const CONTAINER = 'acme/claims';

const FAULTS: Readonly<Record<VendorFault, GitHubFault>> = {
  UNAUTHORIZED: 'UNAUTHORIZED',
  FORBIDDEN: 'FORBIDDEN',
  LIMITED: 'SECONDARY_429',
  BROKEN: 'BROKEN',
  MALFORMED: 'MALFORMED',
  PAGE: 'PAGE',
  OTHER: 'OTHER',
  SLOW: 'SLOW',
  DROPPED: 'DROPPED',
};

export interface GitHubBench extends VendorBench {
  readonly server: GitHubServer;
}

/** @param edition where the API is: at its own root, or below GitHub Enterprise Server's. */
export async function startGitHubBench(edition: 'CLOUD' | 'ENTERPRISE' = 'CLOUD'): Promise<GitHubBench> {
  const server = await startGitHubServer();
  const { state } = server;
  const repository = state.addRepository(CONTAINER, {
    files: { 'README.md': '# Claims\n' },
    roles: { octocat: 'admin', hubot: 'pull' },
  });
  const full = state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: ['repo', 'read:org'] });
  const limited = state.addAccount({ kind: 'CLASSIC', login: 'hubot', scopes: ['read:org'] });
  const find = (key: string): Issue => {
    const issue = repository.issues.find(({ number }) => `${CONTAINER}#${number}` === key);
    if (issue === undefined) throw new Error(`there is no ${key}`);
    return issue;
  };
  return {
    server,
    connector: createGitHubConnector(),
    host: server.host,
    baseUrl: edition === 'CLOUD' ? server.url : server.enterpriseUrl,
    account: { authorization: `token ${full}`, knownLogin: null },
    login: 'octocat',
    limited: {
      authorization: `Bearer ${limited}`,
      knownLogin: null,
      missing: ['CREATE_ITEMS', 'COMMENT', 'TRANSITION', 'WEBHOOKS', 'PULL_REQUESTS'],
    },
    container: CONTAINER,
    unknownKey: `${CONTAINER}#999`,
    hostileKeys: ['acme/..#1', '../../user#1', 'acme/claims#1/comments', 'acme/claims', '#1', ''],
    itemType: 'Bug',
    webhookScope: CONTAINER,
    addItem: (item) => `${CONTAINER}#${state.addIssue(repository, item).number}`,
    changeItem: (key, updatedAt) => {
      find(key).updatedAt = updatedAt;
    },
    itemCount: () => repository.issues.length,
    commentsOf: (key) => find(key).comments.map(({ body }) => body),
    stateOf: (key) => find(key).state,
    webhookUrls: () => repository.hooks.map(({ config }) => String(config['url'])),
    fail: (fault, options) => {
      server.recover();
      server.fail(FAULTS[fault], options);
    },
    requests: server.requests,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
