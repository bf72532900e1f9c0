/** Webhooks of GitHub: issues, pull requests, and what is said about them. */
import { z } from 'zod';
import { toItemBody, toItemLine, toItemTime, toItemUrl, type ExternalItem } from '../external-item.ts';
import {
  nothingTold,
  readPayload,
  type HookDialect,
  type HookItemChange,
  type ToldChanges,
} from './hook-dialect.ts';

const EVENT = 'x-github-event';
const DELIVERY = 'x-github-delivery';

const subject = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string().nullish(),
  // Some old events leave it out.
  state: z.string().nullish(),
  html_url: z.string(),
  updated_at: z.string().nullish(),
  assignee: z.object({ login: z.string() }).nullish(),
  type: z.object({ name: z.string() }).nullish(),
  pull_request: z.unknown().optional(),
});
const payloadSchema = z.object({
  action: z.string(),
  repository: z.object({ full_name: z.string() }),
  issue: subject.optional(),
  pull_request: subject.optional(),
});
type Payload = z.output<typeof payloadSchema>;

const READERS: Readonly<Record<string, (payload: Payload) => HookItemChange>> = {
  issues: changeOf,
  pull_request: changeOf,
  issue_comment: commentOf,
  pull_request_review: commentOf,
  pull_request_review_comment: commentOf,
};

export const GITHUB_HOOKS: HookDialect = {
  verifications: ['HMAC_SHA256'],
  keptHeaders: [EVENT, DELIVERY, 'content-type', 'user-agent', 'x-github-hook-id'],
  name: ({ headers }) => ({ key: headers[DELIVERY] ?? null, event: headers[EVENT] ?? null }),
  readChanges: (payload, { headers }): ToldChanges => {
    const event = headers[EVENT] ?? '';
    if (event === 'ping') return nothingTold('GitHub says that the hook is set up.');
    const toChange = Object.hasOwn(READERS, event) ? READERS[event] : undefined;
    if (toChange === undefined) return nothingTold('An event that is not about an issue or a pull request.');
    const read = readPayload(payloadSchema, payload);
    const item = toItem(read);
    if (item === null) return nothingTold('An event without an issue or a pull request.');
    const isPartial = item.state === '' || item.updatedAt === null;
    return { items: [{ change: toChange(read), item, isPartial }], note: null };
  },
};

function toItem({ repository, issue, pull_request: pull }: Payload): ExternalItem | null {
  const told = issue ?? pull;
  if (told === undefined) return null;
  const isPull = issue === undefined || issue.pull_request != null;
  return {
    key: toItemLine(`${repository.full_name}#${told.number}`),
    title: toItemLine(told.title),
    body: toItemBody(told.body),
    state: toItemLine(told.state),
    type: isPull ? 'Pull request' : toItemLine(told.type?.name ?? 'Issue'),
    assignee: told.assignee ? toItemLine(told.assignee.login) : null,
    url: toItemUrl(told.html_url),
    updatedAt: toItemTime(told.updated_at),
  };
}

function changeOf({ action }: Payload): HookItemChange {
  switch (action) {
    case 'opened':
      return 'CREATED';
    case 'closed':
    case 'reopened':
      return 'TRANSITIONED';
    case 'deleted':
    case 'transferred':
      return 'DELETED';
    default:
      return 'UPDATED';
  }
}

function commentOf({ action }: Payload): HookItemChange {
  return action === 'created' || action === 'submitted' ? 'COMMENTED' : 'UPDATED';
}
