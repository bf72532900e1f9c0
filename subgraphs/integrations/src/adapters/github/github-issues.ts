/** Issues and pull requests of GitHub. */
import type { Octokit } from '@octokit/rest';
import { z } from 'zod';
import { unreadableAnswer } from '../connector-error.ts';
import {
  toCount,
  toItemBody,
  toItemLine,
  toItemTime,
  toItemUrl,
  type ExternalItem,
  type ItemPage,
  type ItemQuery,
} from '../external-item.ts';
import { isRefusal, parseAnswer } from './github-client.ts';
import { listRepositories, parseRepository } from './github-repositories.ts';

export interface IssuePlace {
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
}

export type Issue = z.output<typeof issueSchema>;

/** GitHub's search shows no more than this. */
const MAX_FOUND = 1_000;
const MAX_WORDS_LENGTH = 200;
const KEY = /^(.+)#(\d{1,9})$/;
const REPOSITORY = /\/repos\/([^/]+)\/([^/]+)$/;

export const issueSchema = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string().nullish(),
  state: z.string(),
  html_url: z.string(),
  repository_url: z.string(),
  updated_at: z.string().nullish(),
  assignee: z.object({ login: z.string() }).nullish(),
  pull_request: z.object({ merged_at: z.string().nullish() }).nullish(),
  type: z.object({ name: z.string() }).nullish(),
});
export const issuesSchema = z.array(issueSchema);
const foundSchema = z.object({ total_count: z.number(), items: issuesSchema });

/** `owner/repository#12`; null for anything else. */
export function parseIssueKey(key: string): IssuePlace | null {
  const [, name = '', number] = KEY.exec(key.trim()) ?? [];
  const place = parseRepository(name);
  return place === null ? null : { ...place, number: Number(number) };
}

export async function getIssue(octokit: Octokit, place: IssuePlace): Promise<Issue> {
  const { owner, repo, number } = place;
  const { data } = await octokit.rest.issues.get({ owner, repo, issue_number: number });
  return parseAnswer(issueSchema, data);
}

/** Without words those that concern the bearer of the token; GitHub searches nothing without a word. */
export async function listIssues(octokit: Octokit, query: ItemQuery): Promise<ItemPage> {
  const search = toItemLine(query.search).slice(0, MAX_WORDS_LENGTH);
  if (search !== '') return searchIssues(octokit, search, query);
  try {
    return await listOwnIssues(octokit, query);
  } catch (error) {
    if (!isRefusal(error, [403, 404])) throw error;
  }
  // An installation is nobody: nothing concerns it, and all of its repositories are one owner's.
  const { repositories } = await listRepositories(octokit, 1);
  const [first] = repositories;
  if (first === undefined) return { items: [], next: null };
  return searchIssues(octokit, `user:${first.owner.login}`, query);
}

async function listOwnIssues(octokit: Octokit, query: ItemQuery): Promise<ItemPage> {
  const page = Math.max(1, toCount(query.token, 1));
  const { data, headers } = await octokit.rest.issues.list({
    filter: 'all',
    state: 'all',
    sort: 'updated',
    per_page: query.size,
    page,
  });
  const items = parseAnswer(issuesSchema, data).map(toItem);
  return { items, next: hasNext(headers.link) ? String(page + 1) : null };
}

async function searchIssues(octokit: Octokit, search: string, query: ItemQuery): Promise<ItemPage> {
  const page = Math.max(1, toCount(query.token, 1));
  const { data } = await octokit.rest.search.issuesAndPullRequests({
    q: `${search} is:issue`,
    sort: 'updated',
    per_page: query.size,
    page,
  });
  const found = parseAnswer(foundSchema, data);
  const isLast = page * query.size >= Math.min(found.total_count, MAX_FOUND - query.size);
  return { items: found.items.map(toItem), next: isLast ? null : String(page + 1) };
}

/** GitHub says by a `link` header that there is another page. */
export function hasNext(link: string | undefined): boolean {
  return /;\s*rel="?next"?/.test(link ?? '');
}

export function toItem(issue: Issue): ExternalItem {
  const [, owner = '', repo = ''] = REPOSITORY.exec(issue.repository_url) ?? [];
  if (owner === '') throw unreadableAnswer('GitHub');
  return {
    key: toItemLine(`${owner}/${repo}#${issue.number}`),
    title: toItemLine(issue.title),
    body: toItemBody(issue.body),
    state: toItemLine(issue.state),
    type: issue.pull_request ? 'Pull request' : toItemLine(issue.type?.name ?? 'Issue'),
    assignee: issue.assignee ? toItemLine(issue.assignee.login) : null,
    url: toItemUrl(issue.html_url),
    updatedAt: toItemTime(issue.updated_at),
  };
}
