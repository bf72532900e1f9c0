/** Messages as the vendors send them to hooks, signed as they sign. */
import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

export interface SentMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function githubMessage(
  secret: string,
  message: { readonly event: string; readonly delivery: string; readonly payload: object },
): SentMessage {
  const body = JSON.stringify(message.payload);
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/044aadd',
      'x-github-event': message.event,
      'x-github-delivery': message.delivery,
      'x-hub-signature-256': `sha256=${hmac(secret, body)}`,
    },
  };
}

export interface GitHubIssue {
  readonly number: number;
  readonly title: string;
  readonly updatedAt: string;
  readonly state?: string;
  readonly body?: string;
}

/** The part of GitHub's payload that says something about the issue, in its shape. */
export function issuePayload(action: string, issue: GitHubIssue): object {
  return {
    action,
    issue: {
      id: 1,
      number: issue.number,
      title: issue.title,
      body: issue.body ?? 'As described.',
      state: issue.state ?? 'open',
      html_url: `https://github.com/acme/claims/issues/${issue.number}`,
      updated_at: issue.updatedAt,
      assignee: null,
      labels: [],
    },
    repository: { id: 2, full_name: 'acme/claims' },
    sender: { login: 'octocat' },
  };
}

export function jiraMessage(
  secret: string,
  message: { readonly identifier: string; readonly payload: object },
): SentMessage {
  const body = JSON.stringify(message.payload);
  return {
    body,
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'x-atlassian-webhook-identifier': message.identifier,
      'x-hub-signature': `sha256=${hmac(secret, body)}`,
    },
  };
}

/** By the reference implementation of the specification. */
export function standardMessage(
  secret: string,
  message: { readonly id: string; readonly payload: object; readonly at?: Date },
): SentMessage {
  const body = JSON.stringify(message.payload);
  const at = message.at ?? new Date();
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': message.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(message.id, at, body),
    },
  };
}

export function timedMessage(
  secret: string,
  message: { readonly id: string; readonly payload: object; readonly at?: Date },
): SentMessage {
  const body = JSON.stringify(message.payload);
  const timestamp = String(Math.floor((message.at ?? new Date()).getTime() / 1000));
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-delivery-id': message.id,
      'x-timestamp': timestamp,
      'x-signature': `sha256=${hmac(secret, `${timestamp}.${body}`)}`,
    },
  };
}

/** As Atlassian signs what goes to OAuth apps. */
export function appToken(secret: string, claims: object, algorithm = 'HS256'): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${part({ typ: 'JWT', alg: algorithm })}.${part(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

function hmac(secret: string, content: string): string {
  return createHmac('sha256', secret).update(content).digest('hex');
}
