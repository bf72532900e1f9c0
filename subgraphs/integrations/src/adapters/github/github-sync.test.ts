import { afterEach, beforeEach, expect, test } from 'vitest';
import { startConnectedGitHub, type ConnectedGitHub } from '../../testkit/github-connection.ts';
import type { Connection } from '../connection.ts';
import { minute, until } from '../contract/until.ts';
import type { ExternalItem } from '../external-item.ts';
import { createGitHubConnector } from './github-connector.ts';

const MAX_PAGES = 500;
const connector = createGitHubConnector();

let github: ConnectedGitHub;
let connection: Connection;

beforeEach(async () => {
  github = await startConnectedGitHub();
  const { state } = github.server;
  connection = github.connect(state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: ['repo'] }));
});
afterEach(() => github[Symbol.asyncDispose]());

interface SyncOptions {
  readonly scope?: string | null;
  readonly from?: string | null;
  readonly size?: number;
  readonly by?: Connection;
  readonly between?: (page: number) => void;
}

async function sync(options: SyncOptions = {}): Promise<{ items: readonly ExternalItem[]; cursor: string }> {
  const { scope = 'acme/claims', size = 100, by = connection } = options;
  const items: ExternalItem[] = [];
  let cursor = options.from ?? null;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const next = await connector.syncItems(by, { scope, cursor, size }, until());
    items.push(...next.items);
    ({ cursor } = next);
    if (!next.hasMore) return { items, cursor: next.cursor };
    options.between?.(page);
  }
  throw new Error('the sync does not end');
}

const keysOf = (items: readonly ExternalItem[]): string[] =>
  [...new Set(items.map(({ key }) => key))].toSorted();

test('a second with more items than a page is read to its end, though some leave it meanwhile', async () => {
  const repository = github.server.state.addRepository('acme/claims', { roles: { octocat: 'pull' } });
  const issues = Array.from({ length: 350 }, (_, index) =>
    github.server.state.addIssue(repository, { title: `${index}`, updatedAt: minute(1) }),
  );
  // Those of the first page move to the end: what is behind them comes up over the border of the pages.
  const between = (page: number): void => {
    for (const issue of issues.slice(page * 7, page * 7 + 3)) {
      if (page < 5) issue.updatedAt = minute(1 + page);
    }
  };

  const { items } = await sync({ between });

  expect(keysOf(items)).toHaveLength(350);
  const last = new Map(items.map(({ key, updatedAt }) => [key, updatedAt]));
  for (const { number, updatedAt } of issues) expect(last.get(`acme/claims#${number}`)).toEqual(updatedAt);
});

test('two thousand issues take twenty requests and one more', async () => {
  const repository = github.server.state.addRepository('acme/claims', { roles: { octocat: 'pull' } });
  for (let index = 0; index < 2_000; index += 1) {
    github.server.state.addIssue(repository, { title: `${index}`, updatedAt: minute(index) });
  }

  const { items, cursor } = await sync();
  const used = github.server.requests.length;
  await sync({ from: cursor });

  expect(keysOf(items)).toHaveLength(2_000);
  expect(used).toBe(21);
  expect(github.server.requests.length).toBe(used + 1);
});

test('without a scope all that concerns the account comes, from every repository', async () => {
  const { state } = github.server;
  const [one, two] = ['acme/claims', 'acme/policies'].map((name) =>
    state.addRepository(name, { roles: { octocat: 'pull' } }),
  );
  state.addRepository('other/secret');
  for (const [index, repository] of [one, two, one].entries()) {
    if (repository) state.addIssue(repository, { updatedAt: minute(index) });
  }

  const { items } = await sync({ scope: null, size: 2 });

  expect(keysOf(items)).toEqual(['acme/claims#1', 'acme/claims#2', 'acme/policies#1']);
});

test('an installation, which has no list over all, goes through its repositories in rounds', async () => {
  const { state } = github.server;
  const permissions = { issues: 'read' } as const;
  const account = { kind: 'INSTALLATION', login: 'flowgrid[bot]', permissions, repositories: null } as const;
  const by = github.connect(state.addAccount(account));
  const repositories = ['acme/a', 'acme/b', 'acme/c'].map((name) => state.addRepository(name));
  for (const repository of repositories) {
    for (let index = 0; index < 5; index += 1) state.addIssue(repository, { updatedAt: minute(index) });
  }
  const [first, second, third] = repositories;
  if (!first || !second || !third) throw new Error('there are three');
  second.hasIssues = false;
  const changed = first.issues[0];

  const round = await sync({
    scope: null,
    size: 2,
    by,
    between: () => changed && (changed.updatedAt = new Date()),
  });
  const next = await sync({ scope: null, size: 2, by, from: round.cursor });

  expect(keysOf(round.items)).toHaveLength(10);
  // What changed while the round ran comes in the next one, and what did not does not.
  expect(keysOf(next.items)).toEqual(['acme/a#1']);
});

test('an installation without a repository has nothing, and begins when it has one', async () => {
  const { state } = github.server;
  const permissions = { issues: 'read' } as const;
  const account = { kind: 'INSTALLATION', login: 'flowgrid[bot]', permissions, repositories: null } as const;
  const by = github.connect(state.addAccount(account));

  const empty = await sync({ scope: null, by });
  state.addIssue(state.addRepository('acme/late'), { updatedAt: minute(1) });
  const { items } = await sync({ scope: null, by, from: empty.cursor });

  expect(empty.items).toEqual([]);
  expect(keysOf(items)).toEqual(['acme/late#1']);
});

test('a repository that is not there is said to be so', async () => {
  await expect(sync({ scope: 'acme/nothing' })).rejects.toThrow(/no such repository/);
  await expect(sync({ scope: '../user' })).rejects.toThrow(/owner\/repository/);
});

test('a page may become smaller from one to the next, also within a second', async () => {
  const repository = github.server.state.addRepository('acme/claims', { roles: { octocat: 'pull' } });
  for (let index = 0; index < 40; index += 1) {
    github.server.state.addIssue(repository, {
      title: `${index}`,
      updatedAt: minute(index < 30 ? 1 : index),
    });
  }
  const keys = new Set<string>();
  let cursor: string | null = null;
  let hasMore = true;
  let pages = 0;

  for (const sizes = [10, 10, 3, 10, 1]; hasMore && pages < MAX_PAGES; pages += 1) {
    const query = { scope: 'acme/claims', cursor, size: sizes[pages % sizes.length] ?? 10 };
    const page = await connector.syncItems(connection, query, until());
    for (const { key } of page.items) keys.add(key);
    ({ cursor, hasMore } = page);
  }

  expect({ hasMore, found: keys.size }).toEqual({ hasMore: false, found: 40 });
});
