/** Issues of Jira: Cloud by its API version 3, Data Center by version 2 where there is no other. */
import { z } from 'zod';
import { toText } from './adf-text.ts';
import { ConnectorError, orNullWhenMissing } from '../connector-error.ts';
import {
  toCount,
  toItemBody,
  toItemLine,
  toItemTime,
  toSearchWords,
  type ExternalItem,
  type ItemPage,
  type ItemQuery,
} from '../external-item.ts';
import { below, requestJson } from '../json-request.ts';
import type { Connection } from '../connection.ts';

export interface JiraCall {
  readonly connection: Connection;
  readonly signal: AbortSignal;
}

const SYSTEM = {
  system: 'Jira',
  notFoundHint: 'Enter the address of the Jira site, such as https://example.atlassian.net.',
};
const KEY = /^[A-Z][A-Z0-9_]{1,50}-\d{1,9}$/;
const FIELDS = 'summary,description,status,issuetype,assignee,updated';
/** Jira Cloud refuses a search without any limit. */
const EVERYTHING = 'updated >= "-730d"';
/** Marks tokens of Data Center, which are offsets. */
const OFFSET = 'offset:';

const named = z.object({ name: z.string() }).nullish();
const issueSchema = z.object({
  key: z.string(),
  fields: z.object({
    summary: z.string().nullish(),
    description: z.unknown().optional(),
    status: named,
    issuetype: named,
    assignee: z.object({ displayName: z.string() }).nullish(),
    updated: z.string().nullish(),
  }),
});
const cloudPage = z.object({ issues: z.array(issueSchema), nextPageToken: z.string().nullish() });
const offsetPage = z.object({ issues: z.array(issueSchema), total: z.number() });

export async function findJiraIssue(call: JiraCall, given: string): Promise<ExternalItem | null> {
  const key = given.trim().toUpperCase();
  if (!KEY.test(key)) return null;
  for (const version of ['3', '2']) {
    const path = `rest/api/${version}/issue/${key}?fields=${FIELDS}`;
    const issue = await orNullWhenMissing(get(call, path, issueSchema));
    if (issue !== null) return toItem(issue, call.connection.baseUrl);
  }
  return null;
}

export async function listJiraIssues(call: JiraCall, query: ItemQuery): Promise<ItemPage> {
  if (query.token?.startsWith(OFFSET)) return listByOffset(call, query);
  try {
    return await listByToken(call, query);
  } catch (error) {
    // Data Center does not know this way of searching.
    if (query.token !== null || !(error instanceof ConnectorError) || error.status !== 404) throw error;
    return listByOffset(call, query);
  }
}

async function listByToken(call: JiraCall, query: ItemQuery): Promise<ItemPage> {
  const parameters = new URLSearchParams({
    jql: toJql(query.search),
    maxResults: String(query.size),
    fields: FIELDS,
    ...(query.token !== null && { nextPageToken: query.token }),
  });
  const { issues, nextPageToken } = await get(
    call,
    `rest/api/3/search/jql?${parameters.toString()}`,
    cloudPage,
  );
  return {
    items: issues.map((issue) => toItem(issue, call.connection.baseUrl)),
    next: nextPageToken ?? null,
  };
}

async function listByOffset(call: JiraCall, query: ItemQuery): Promise<ItemPage> {
  const startAt = toCount(query.token?.slice(OFFSET.length) ?? null, 0);
  const parameters = new URLSearchParams({
    jql: toJql(query.search),
    startAt: String(startAt),
    maxResults: String(query.size),
    fields: FIELDS,
  });
  const { issues, total } = await get(call, `rest/api/2/search?${parameters.toString()}`, offsetPage);
  const end = startAt + issues.length;
  return {
    items: issues.map((issue) => toItem(issue, call.connection.baseUrl)),
    next: issues.length === 0 || end >= total ? null : `${OFFSET}${end}`,
  };
}

/** Words alone come into the query: nothing in them can end the text or mean something to Jira. */
function toJql(search: string | null): string {
  const words =
    toSearchWords(search)
      ?.replaceAll(/[#@/-]+/g, ' ')
      .trim() ?? '';
  return `${words === '' ? EVERYTHING : `text ~ "${words}"`} ORDER BY updated DESC`;
}

function get<Schema extends z.ZodType>(
  call: JiraCall,
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { connection, signal } = call;
  return requestJson(
    connection.fetch,
    { url: below(connection.apiUrl, path), signal },
    { ...SYSTEM, schema },
  );
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
    url: below(baseUrl, `browse/${encodeURIComponent(key)}`).href,
    updatedAt: toItemTime(updated),
  };
}
