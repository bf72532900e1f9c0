/** Webhooks of Jira, of administrators and of apps: issues and comments. */
import { z } from 'zod';
import { toItemBody, toItemLine, toItemTime, type ExternalItem } from '../external-item.ts';
import { toText } from '../jira/adf-text.ts';
import { below } from '../json-request.ts';
import {
  nothingTold,
  readPayload,
  type HookDialect,
  type HookItemChange,
  type ToldChanges,
} from './hook-dialect.ts';

const IDENTIFIER = 'x-atlassian-webhook-identifier';

const named = z.object({ name: z.string().nullish() }).nullish();
const payloadSchema = z.object({
  webhookEvent: z.string(),
  issue: z
    .object({
      key: z.string().min(1),
      fields: z
        .object({
          summary: z.string().nullish(),
          description: z.unknown().optional(),
          status: named,
          issuetype: named,
          assignee: z.object({ displayName: z.string().nullish() }).nullish(),
          updated: z.string().nullish(),
        })
        .nullish(),
    })
    .optional(),
  changelog: z.object({ items: z.array(z.object({ field: z.string().nullish() })) }).nullish(),
});
type Payload = z.output<typeof payloadSchema>;
type Issue = NonNullable<Payload['issue']>;

const COMMENT_EVENT = /^comment_(created|updated|deleted)$/;

export const JIRA_HOOKS: HookDialect = {
  verifications: ['HMAC_SHA256', 'BEARER_JWT'],
  keptHeaders: [IDENTIFIER, 'x-atlassian-webhook-retry', 'content-type', 'user-agent'],
  // Jira names the event in the body alone.
  name: ({ headers }) => ({ key: headers[IDENTIFIER] ?? null, event: null }),
  readChanges: (payload, { baseUrl }): ToldChanges => {
    const read = readPayload(payloadSchema, payload);
    const change = changeOf(read);
    if (change === null) return nothingTold('An event that is not about an issue or a comment.');
    if (read.issue === undefined) return nothingTold('An event without its issue.');
    // With a comment Jira sends few of the issue's fields, and not when it was changed.
    const isPartial = COMMENT_EVENT.test(read.webhookEvent) || read.issue.fields?.updated == null;
    return { items: [{ change, item: toItem(read.issue, baseUrl), isPartial }], note: null };
  },
};

function changeOf({ webhookEvent, changelog }: Payload): HookItemChange | null {
  switch (webhookEvent) {
    case 'jira:issue_created':
      return 'CREATED';
    case 'jira:issue_deleted':
      return 'DELETED';
    case 'jira:issue_updated':
      return changelog?.items.some(({ field }) => field === 'status') === true ? 'TRANSITIONED' : 'UPDATED';
    case 'comment_created':
      return 'COMMENTED';
    case 'comment_updated':
    case 'comment_deleted':
      return 'UPDATED';
    default:
      return null;
  }
}

function toItem({ key, fields }: Issue, baseUrl: string | null): ExternalItem {
  const description = fields?.description;
  const assignee = toItemLine(fields?.assignee?.displayName);
  return {
    key: toItemLine(key),
    title: toItemLine(fields?.summary),
    body: toItemBody(typeof description === 'string' ? description : toText(description)),
    state: toItemLine(fields?.status?.name),
    type: toItemLine(fields?.issuetype?.name),
    assignee: assignee === '' ? null : assignee,
    // What the message says about addresses is not believed: links lead where the connection leads.
    url: baseUrl === null ? null : below(baseUrl, `browse/${encodeURIComponent(key)}`).href,
    updatedAt: toItemTime(fields?.updated),
  };
}
