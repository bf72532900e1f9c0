/** Issues of a repository, and those of all. */
import { created, notFound, ok, page, problem, text, unprocessable, type Answer } from './answers.ts';
import { isVisible } from './rights.ts';
import type { Call, RepositoryCall, RepositoryRoute, Route } from './routes.ts';
import { commentShape, issueShape } from './shapes.ts';
import { ISSUE_TYPES, type Issue, type Repository } from './state.ts';

interface Placed {
  readonly issue: Issue;
  readonly repository: Repository;
}

const MAX_FOUND = 1_000;
const READ = { permission: 'issues', level: 'read' } as const;
const WRITE = { permission: 'issues', level: 'write' } as const;
const gone = problem(410, 'This issue was deleted');

export const ISSUE_ROUTES: readonly RepositoryRoute[] = [
  { method: 'GET', pattern: /^\/issues$/, need: READ, answer: listOfRepository },
  { method: 'POST', pattern: /^\/issues$/, need: WRITE, answer: create },
  { method: 'GET', pattern: /^\/issues\/(\d+)$/, need: READ, answer: (call) => withIssue(call, show) },
  { method: 'PATCH', pattern: /^\/issues\/(\d+)$/, need: WRITE, answer: (call) => withIssue(call, change) },
  {
    method: 'GET',
    pattern: /^\/issues\/(\d+)\/comments$/,
    need: READ,
    answer: (call) =>
      withIssue(call, ({ request, repository }, issue) =>
        page(request, issue.comments, (comment) => commentShape(comment, issue, repository)),
      ),
  },
  {
    method: 'POST',
    pattern: /^\/issues\/(\d+)\/comments$/,
    need: WRITE,
    answer: (call) => withIssue(call, comment),
  },
];

export const ALL_ISSUES_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    pattern: /^\/issues$/,
    answer: (call) =>
      call.account.kind === 'INSTALLATION'
        ? problem(403, 'Resource not accessible by integration')
        : list(call, visible(call).filter(isMine(call))),
  },
  { method: 'GET', pattern: /^\/search\/issues$/, answer: search },
];

function visible({ state, account }: Call): Placed[] {
  return [...state.repositories.values()]
    .filter((repository) => isVisible(account, repository))
    .flatMap((repository) => repository.issues.map((issue) => ({ issue, repository })))
    .filter(({ issue }) => !issue.isDeleted);
}

/** `filter=all`: of repositories that one owns or works at; public ones of strangers are not among them. */
function isMine({ request, account }: Call): (placed: Placed) => boolean {
  const all = request.query.get('filter') === 'all';
  return ({ issue, repository }) =>
    all
      ? repository.roles.has(account.login) || repository.owner === account.login
      : issue.assignee === account.login;
}

function listOfRepository(call: RepositoryCall): Answer {
  const { repository } = call;
  if (!repository.hasIssues) return problem(410, 'Issues are disabled for this repo');
  const placed = repository.issues.map((issue) => ({ issue, repository }));
  return list(
    call,
    placed.filter(({ issue }) => !issue.isDeleted),
  );
}

function list({ request }: Call, placed: readonly Placed[]): Answer {
  const { query, root } = request;
  const since = Date.parse(query.get('since') ?? '1970-01-01T00:00:00Z');
  if (Number.isNaN(since)) return unprocessable('since is no time', 'since');
  const state = query.get('state') ?? 'open';
  const found = placed
    .filter(({ issue }) => inSeconds(issue.updatedAt) >= since && (state === 'all' || issue.state === state))
    .toSorted(byTime(query.get('sort') ?? 'created', query.get('direction') ?? 'desc'));
  return page(request, found, ({ issue, repository }) => issueShape(issue, repository, root));
}

function byTime(sort: string, direction: string): (one: Placed, other: Placed) => number {
  const timeOf = ({ issue }: Placed): number =>
    inSeconds(sort === 'updated' ? issue.updatedAt : issue.createdAt);
  const sign = direction === 'asc' ? 1 : -1;
  return (one, other) => sign * (timeOf(one) - timeOf(other) || one.issue.id - other.issue.id);
}

const inSeconds = (date: Date): number => Math.floor(date.getTime() / 1000) * 1000;

function search(call: Call): Answer {
  const { query, root } = call.request;
  const words = (query.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.some((word) => /^(is|type):(issue|pr|pull-request)$/.test(word))) {
    return unprocessable("Query must include 'is:issue' or 'is:pull-request'", 'q');
  }
  const size = Number(query.get('per_page') ?? 30);
  if (size * Number(query.get('page') ?? 1) > MAX_FOUND) {
    return unprocessable('Only the first 1000 search results are available');
  }
  const found = visible(call)
    .filter(({ issue, repository }) => words.every((word) => isMatch(word, issue, repository)))
    .toSorted(byTime('updated', query.get('order') ?? 'desc'));
  return page(
    call.request,
    found,
    ({ issue, repository }) => issueShape(issue, repository, root),
    (items) => ({ total_count: found.length, incomplete_results: false, items }),
  );
}

function isMatch(word: string, issue: Issue, { owner, name }: Repository): boolean {
  const [qualifier = '', value = ''] = word.split(':');
  if (qualifier === 'is' && value === 'issue') return !issue.isPull;
  if (qualifier === 'repo') return value === `${owner}/${name}`.toLowerCase();
  if (qualifier === 'user' || qualifier === 'org') return value === owner.toLowerCase();
  return `${issue.title} ${issue.body ?? ''}`.toLowerCase().includes(word);
}

type IssueCall = (call: RepositoryCall, issue: Issue) => Answer;

function withIssue(call: RepositoryCall, work: IssueCall): Answer {
  const issue = call.repository.issues.find(({ number }) => number === Number(call.parts[0]));
  if (issue === undefined) return notFound;
  return issue.isDeleted ? gone : work(call, issue);
}

const show: IssueCall = ({ request, repository }, issue) => ok(issueShape(issue, repository, request.root));

function create({ request, repository, state }: RepositoryCall): Answer {
  if (repository.isArchived) return problem(403, 'Repository was archived so is read-only.');
  if (!repository.hasIssues) return problem(410, 'Issues are disabled for this repo');
  const title = text(request.body['title']);
  const type = text(request.body['type']);
  if (title === null || title.trim() === '') return unprocessable('title is missing', 'title');
  if (type !== null && !ISSUE_TYPES.includes(type)) return unprocessable('type is unknown', 'type');
  const issue = state.addIssue(repository, { title, body: text(request.body['body']), type });
  return created(issueShape(issue, repository, request.root));
}

function change({ request, repository }: RepositoryCall, issue: Issue): Answer {
  const { body } = request;
  const next = text(body['state']);
  if (next !== null && next !== 'open' && next !== 'closed') return unprocessable('unknown state', 'state');
  const reason = text(body['state_reason']);
  if (reason !== null && !['completed', 'not_planned', 'duplicate', 'reopened'].includes(reason)) {
    return unprocessable('unknown reason', 'state_reason');
  }
  if (next === 'closed') issue.stateReason = issue.isPull ? null : (reason ?? 'completed');
  if (next === 'open') issue.stateReason = issue.state === 'closed' ? 'reopened' : null;
  issue.state = next ?? issue.state;
  issue.title = text(body['title']) ?? issue.title;
  issue.body = text(body['body']) ?? issue.body;
  issue.updatedAt = new Date();
  return ok(issueShape(issue, repository, request.root));
}

function comment({ request, repository, state, account }: RepositoryCall, issue: Issue): Answer {
  const body = text(request.body['body']);
  if (body === null || body === '') return unprocessable('body is missing', 'body');
  if (issue.isLocked) return problem(403, 'Unable to create comment because issue is locked.');
  const added = { id: state.nextId(), body, login: account.login, at: new Date() };
  issue.comments.push(added);
  issue.updatedAt = added.at;
  return created(commentShape(added, issue, repository));
}
