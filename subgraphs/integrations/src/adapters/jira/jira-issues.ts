/** Issues of a Jira, found by their keys and listed. */
import { z } from 'zod';
import { toText } from './adf-text.ts';
import { orNullWhenMissing } from '../connector-error.ts';
import {
  toCount,
  toItemBody,
  toItemLine,
  toItemTime,
  type ExternalItem,
  type ItemPage,
  type ItemQuery,
} from '../external-item.ts';
import { below } from '../json-request.ts';
import { askJira } from './jira-request.ts';
import { apiPath, type JiraSite } from './jira-site.ts';
import { toSearchJql } from './jql.ts';

const KEY = /^[A-Z][A-Z0-9_]{0,50}-\d{1,9}$/;
const FIELDS = 'summary,description,status,issuetype,assignee,updated';

const named = z.object({ name: z.string() }).nullish();
const issueSchema = z.object({
  key: z.string(),
  fields: z.looseObject({
    summary: z.string().nullish(),
    description: z.unknown().optional(),
    status: named,
    issuetype: named,
    assignee: z.object({ displayName: z.string() }).nullish(),
    updated: z.string().nullish(),
  }),
});
const tokenPageSchema = z.object({ issues: z.array(issueSchema), nextPageToken: z.string().nullish() });
const offsetPageSchema = z.object({ issues: z.array(issueSchema), total: z.number() });

export interface IssueQuery {
  readonly jql: string;
  readonly size: number;
}

/** As Jira writes it; null for what cannot be a key. */
export function toIssueKey(given: string): string | null {
  const key = given.trim().toUpperCase();
  return KEY.test(key) ? key : null;
}

/** What was found, and more of its fields. */
export interface FoundIssue {
  readonly item: ExternalItem;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Null for a key that nothing has. */
export function findIssue(
  site: JiraSite,
  key: string,
  moreFields: readonly string[] = [],
): Promise<FoundIssue | null> {
  const fields = [FIELDS, ...moreFields].join(',');
  const path = apiPath(site, `issue/${key}?${new URLSearchParams({ fields }).toString()}`);
  return orNullWhenMissing(
    askJira(site, { path }, issueSchema).then((issue) => ({
      item: toItem(issue, site.connection.baseUrl),
      fields: issue.fields,
    })),
  );
}

export async function listJiraIssues(site: JiraSite, query: ItemQuery): Promise<ItemPage> {
  const wanted = { jql: toSearchJql(query.search), size: query.size };
  if (site.edition === 'CLOUD') return readTokenPage(site, { ...wanted, token: query.token });
  const startAt = toCount(query.token, 0);
  const { items, total } = await readOffsetPage(site, { ...wanted, startAt });
  const end = startAt + items.length;
  return { items, next: items.length === 0 || end >= total ? null : String(end) };
}

/** Cloud: where the next page begins is a token. */
export async function readTokenPage(
  site: JiraSite,
  { jql, size, token }: IssueQuery & { readonly token: string | null },
): Promise<ItemPage> {
  const parameters = new URLSearchParams({
    jql,
    maxResults: String(size),
    fields: FIELDS,
    ...(token !== null && { nextPageToken: token }),
  });
  const path = apiPath(site, `search/jql?${parameters.toString()}`);
  const { issues, nextPageToken } = await askJira(site, { path }, tokenPageSchema);
  return {
    items: issues.map((issue) => toItem(issue, site.connection.baseUrl)),
    next: nextPageToken ?? null,
  };
}

/** Data Center: pages are counted. */
export async function readOffsetPage(
  site: JiraSite,
  { jql, size, startAt }: IssueQuery & { readonly startAt: number },
): Promise<{ readonly items: readonly ExternalItem[]; readonly total: number }> {
  const parameters = new URLSearchParams({
    jql,
    startAt: String(startAt),
    maxResults: String(size),
    fields: FIELDS,
  });
  const path = apiPath(site, `search?${parameters.toString()}`);
  const { issues, total } = await askJira(site, { path }, offsetPageSchema);
  return { items: issues.map((issue) => toItem(issue, site.connection.baseUrl)), total };
}

/** Where a person opens an issue. */
export function browseUrl(baseUrl: string, key: string): string {
  return below(baseUrl, `browse/${encodeURIComponent(key)}`).href;
}

function toItem({ key, fields }: z.output<typeof issueSchema>, baseUrl: string): ExternalItem {
  const { summary, description, status, issuetype, assignee, updated } = fields;
  return {
    key: toItemLine(key),
    title: toItemLine(summary),
    body: toItemBody(typeof description === 'string' ? description : toText(description)),
    state: toItemLine(status?.name),
    type: toItemLine(issuetype?.name),
    assignee: assignee ? toItemLine(assignee.displayName) : null,
    url: browseUrl(baseUrl, key),
    updatedAt: toItemTime(updated),
  };
}
