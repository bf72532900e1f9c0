/** Objects as GitHub gives them: its own examples, with what this server knows put in. */
import { createRequire } from 'node:module';
import { stamp } from './answers.ts';
import { roleOf } from './rights.ts';
import type { Account, Comment, Hook, Issue, Pull, Repository } from './state.ts';

type Shape = Readonly<Record<string, unknown>>;

/** The package is one file of JSON. */
const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly {
  readonly name: string;
  readonly examples: readonly object[];
}[];

/** The part of the first example of an event that has it. */
function example(event: string, part: string): Shape {
  const found = examples.find(({ name }) => name === event)?.examples;
  const shape = found?.map((candidate) => new Map(Object.entries(candidate)).get(part)).find(Boolean);
  if (shape === undefined) throw new Error(`no example of ${event} has ${part}`);
  return shape as Shape;
}

const ISSUE = example('issues', 'issue');
const REPOSITORY = example('issues', 'repository');
const COMMENT = example('issue_comment', 'comment');
const PULL = example('pull_request', 'pull_request');
const HOOK = example('ping', 'hook');
const USER = ISSUE['user'] as Shape;

export const userShape = (login: string): Shape => ({
  ...USER,
  login,
  url: `https://api.github.com/users/${login}`,
  html_url: `https://github.com/${login}`,
});

export function repositoryShape(repository: Repository, root: string, account: Account): Shape {
  const { id, owner, name, isPrivate, isArchived, hasIssues, defaultBranch } = repository;
  const role = roleOf(account, repository);
  return {
    ...REPOSITORY,
    id,
    name,
    full_name: `${owner}/${name}`,
    owner: userShape(owner),
    private: isPrivate,
    url: `${root}/repos/${owner}/${name}`,
    html_url: `https://github.com/${owner}/${name}`,
    archived: isArchived,
    disabled: false,
    has_issues: hasIssues,
    default_branch: defaultBranch,
    permissions: {
      admin: role === 'admin',
      push: role === 'admin' || role === 'push',
      pull: role !== null,
    },
  };
}

export function issueShape(issue: Issue, { owner, name }: Repository, root: string): Shape {
  const place = `repos/${owner}/${name}`;
  const page = `https://github.com/${owner}/${name}`;
  return {
    ...ISSUE,
    id: issue.id,
    number: issue.number,
    url: `${root}/${place}/issues/${issue.number}`,
    repository_url: `${root}/${place}`,
    html_url: `${page}/${issue.isPull ? 'pull' : 'issues'}/${issue.number}`,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    state_reason: issue.stateReason,
    locked: issue.isLocked,
    labels: [],
    assignee: issue.assignee === null ? null : userShape(issue.assignee),
    assignees: issue.assignee === null ? [] : [userShape(issue.assignee)],
    milestone: null,
    comments: issue.comments.length,
    created_at: stamp(issue.createdAt),
    updated_at: stamp(issue.updatedAt),
    closed_at: issue.state === 'closed' ? stamp(issue.updatedAt) : null,
    ...(issue.type !== null && { type: { id: 1, node_id: 'IT_1', name: issue.type, description: null } }),
    ...(issue.isPull && {
      pull_request: {
        url: `${root}/${place}/pulls/${issue.number}`,
        html_url: `${page}/pull/${issue.number}`,
        merged_at: null,
      },
    }),
  };
}

export function commentShape(comment: Comment, issue: Issue, { owner, name }: Repository): Shape {
  return {
    ...COMMENT,
    id: comment.id,
    body: comment.body,
    html_url: `https://github.com/${owner}/${name}/issues/${issue.number}#issuecomment-${comment.id}`,
    user: userShape(comment.login),
    created_at: stamp(comment.at),
    updated_at: stamp(comment.at),
  };
}

export function pullShape(pull: Pull, repository: Repository, root: string): Shape {
  const { owner, name, git } = repository;
  const end = (branch: string): Shape => ({
    label: `${owner}:${branch}`,
    ref: branch,
    sha: git.branches.get(branch) ?? '0'.repeat(40),
    user: userShape(owner),
    repo: { full_name: `${owner}/${name}` },
  });
  return {
    ...PULL,
    number: pull.number,
    title: pull.title,
    body: pull.body,
    state: pull.state,
    url: `${root}/repos/${owner}/${name}/pulls/${pull.number}`,
    html_url: `https://github.com/${owner}/${name}/pull/${pull.number}`,
    head: end(pull.head),
    base: end(pull.base),
  };
}

/** A secret goes in and never comes out. */
export function hookShape(hook: Hook, place: string): Shape {
  return {
    ...HOOK,
    id: hook.id,
    active: hook.active,
    events: hook.events,
    config: { ...hook.config, ...('secret' in hook.config && { secret: '********' }) },
    url: `${place}/hooks/${hook.id}`,
    ping_url: `${place}/hooks/${hook.id}/pings`,
  };
}
