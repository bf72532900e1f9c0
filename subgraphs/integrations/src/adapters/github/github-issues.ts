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

export interface IssuePlace {
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
}

/** GitHub's search shows no more than this. */
const MAX_FOUND = 1_000;
const KEY = /^([A-Za-z0-9][A-Za-z0-9-]{0,38})\/([\w.-]{1,100})#(\d{1,9})$/;
const REPOSITORY = /\/repos\/([^/]+)\/([^/]+)$/;

const issueSchema = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string().nullish(),
  state: z.string(),
  html_url: z.string(),
  repository_url: z.string(),
  updated_at: z.string().nullish(),
  assignee: z.object({ login: z.string() }).nullish(),
  pull_request: z.unknown().optional(),
  type: z.object({ name: z.string() }).nullish(),
});
const issuesSchema = z.array(issueSchema);
const foundSchema = z.object({ total_count: z.number(), items: issuesSchema });

/** `owner/repository#12`; null for anything else. */
export function parseIssueKey(key: string): IssuePlace | null {
  const [, owner, repo, number] = KEY.exec(key.trim()) ?? [];
  if (owner === undefined || repo === undefined || repo === '.' || repo === '..') return null;
  return { owner, repo, number: Number(number) };
}

export async function getIssue(octokit: Octokit, place: IssuePlace): Promise<ExternalItem> {
  const { owner, repo, number } = place;
  const { data } = await octokit.rest.issues.get({ owner, repo, issue_number: number });
  return toItem(parse(issueSchema, data));
}

/** Without words those that concern the bearer of the token; GitHub searches nothing without a word. */
export async function listIssues(octokit: Octokit, query: ItemQuery): Promise<ItemPage> {
  const page = Math.max(1, toCount(query.token, 1));
  const paging = { per_page: query.size, page };
  const search = toItemLine(query.search);
  if (search === '') {
    const { data } = await octokit.rest.issues.list({
      filter: 'all',
      state: 'all',
      sort: 'updated',
      ...paging,
    });
    const items = parse(issuesSchema, data).map(toItem);
    return { items, next: items.length < query.size ? null : String(page + 1) };
  }
  const { data } = await octokit.rest.search.issuesAndPullRequests({
    q: `${search.slice(0, 200)} is:issue`,
    sort: 'updated',
    ...paging,
  });
  const found = parse(foundSchema, data);
  const isLast = page * query.size >= Math.min(found.total_count, MAX_FOUND - query.size);
  return { items: found.items.map(toItem), next: isLast ? null : String(page + 1) };
}

function toItem(issue: z.output<typeof issueSchema>): ExternalItem {
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

function parse<Schema extends z.ZodType>(schema: Schema, data: unknown): z.output<Schema> {
  const answer = schema.safeParse(data);
  if (!answer.success) throw unreadableAnswer('GitHub');
  return answer.data;
}
