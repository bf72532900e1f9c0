/** A repository, its pull requests and its webhooks. */
import {
  created,
  noContent,
  notFound,
  ok,
  page,
  problem,
  text,
  unprocessable,
  type Answer,
} from './answers.ts';
import type { RepositoryCall, RepositoryRoute } from './routes.ts';
import { hookShape, pullShape, repositoryShape } from './shapes.ts';
import type { GitHubState, Hook } from './state.ts';
import type { GitHubRequest } from './answers.ts';
import { answerDeliveries } from './deliveries.ts';

const READ_PULLS = { permission: 'pull_requests', level: 'read' } as const;
const WRITE_PULLS = { permission: 'pull_requests', level: 'write' } as const;
const READ_HOOKS = { permission: 'repository_hooks', level: 'read' } as const;
const WRITE_HOOKS = { permission: 'repository_hooks', level: 'write' } as const;

export const REPOSITORY_ROUTES: readonly RepositoryRoute[] = [
  {
    method: 'GET',
    pattern: /^$/,
    need: { permission: 'metadata', level: 'read' },
    answer: ({ request, repository, account }) => ok(repositoryShape(repository, request.root, account)),
  },
  { method: 'GET', pattern: /^\/pulls$/, need: READ_PULLS, answer: listPulls },
  { method: 'POST', pattern: /^\/pulls$/, need: WRITE_PULLS, answer: openPull },
  { method: 'GET', pattern: /^\/pulls\/(\d+)$/, need: READ_PULLS, answer: showPull },
  { method: 'PATCH', pattern: /^\/pulls\/(\d+)$/, need: WRITE_PULLS, answer: changePull },
  { method: 'GET', pattern: /^(\/hooks)$/, need: READ_HOOKS, answer: ofRepository },
  { method: 'POST', pattern: /^(\/hooks)$/, need: WRITE_HOOKS, answer: ofRepository },
  { method: 'PATCH', pattern: /^(\/hooks\/\d+)$/, need: WRITE_HOOKS, answer: ofRepository },
  { method: 'DELETE', pattern: /^(\/hooks\/\d+)$/, need: WRITE_HOOKS, answer: ofRepository },
  { method: 'POST', pattern: /^(\/hooks\/\d+\/pings)$/, need: WRITE_HOOKS, answer: ofRepository },
  { method: 'GET', pattern: /^(\/hooks\/\d+\/deliveries)$/, need: READ_HOOKS, answer: ofRepository },
  {
    method: 'POST',
    pattern: /^(\/hooks\/\d+\/deliveries\/\d+\/attempts)$/,
    need: WRITE_HOOKS,
    answer: ofRepository,
  },
];

function ofRepository({ request, state, repository, parts }: RepositoryCall): Answer {
  const place = `${request.root}/repos/${repository.owner}/${repository.name}`;
  return answerHooks(request, { state, place, hooks: repository.hooks, path: parts[0] ?? '' });
}

function listPulls({ request, repository }: RepositoryCall): Answer {
  const { query, root } = request;
  const state = query.get('state') ?? 'open';
  const head = query.get('head');
  const base = query.get('base');
  const found = repository.pulls.filter(
    (pull) =>
      (state === 'all' || pull.state === state) &&
      (head === null || head === `${repository.owner}:${pull.head}`) &&
      (base === null || base === pull.base),
  );
  return page(request, found, (pull) => pullShape(pull, repository, root));
}

function openPull({ request, repository, state }: RepositoryCall): Answer {
  const { git, owner, pulls } = repository;
  const [title, head, base] = ['title', 'head', 'base'].map((field) => text(request.body[field]) ?? '');
  if (!title || !head || !base) return unprocessable('title, head and base are required');
  const branch = head.replace(`${owner}:`, '');
  const from = git.branches.get(branch);
  const to = git.branches.get(base);
  if (repository.isArchived) return problem(403, 'Repository was archived so is read-only.');
  if (from === undefined) return unprocessable('head is invalid', 'head');
  if (to === undefined) return unprocessable('base is invalid', 'base');
  if (pulls.some((pull) => pull.state === 'open' && pull.head === branch && pull.base === base)) {
    return unprocessable(`A pull request already exists for ${owner}:${branch}.`);
  }
  if (git.isAncestor(from, to)) return unprocessable(`No commits between ${base} and ${branch}`);
  const body = text(request.body['body']) ?? '';
  const { number } = state.addIssue(repository, { title, body, isPull: true });
  const pull = { number, head: branch, base, title, body, state: 'open' } as const;
  pulls.push({ ...pull });
  return created(pullShape(pull, repository, request.root));
}

function showPull({ request, repository, parts }: RepositoryCall): Answer {
  const pull = repository.pulls.find(({ number }) => number === Number(parts[0]));
  return pull === undefined ? notFound : ok(pullShape(pull, repository, request.root));
}

function changePull({ request, repository, parts }: RepositoryCall): Answer {
  const pull = repository.pulls.find(({ number }) => number === Number(parts[0]));
  if (pull === undefined) return notFound;
  pull.title = text(request.body['title']) ?? pull.title;
  pull.body = text(request.body['body']) ?? pull.body;
  pull.state = request.body['state'] === 'closed' ? 'closed' : pull.state;
  return ok(pullShape(pull, repository, request.root));
}

/** Webhooks of a repository or an organization. */
export function answerHooks(
  request: GitHubRequest,
  where: {
    readonly state: GitHubState;
    readonly place: string;
    readonly hooks: Hook[];
    readonly path: string;
  },
): Answer {
  const { hooks, place, path } = where;
  const [, id, below = ''] = /^\/hooks(?:\/(\d+)(\/.*)?)?$/.exec(path) ?? [];
  if (id === undefined) {
    if (request.method === 'GET') {
      return page(request, hooks, (hook) => hookShape(hook, place));
    }
    return createHook(request, where);
  }
  const hook = hooks.find((candidate) => candidate.id === Number(id));
  if (hook === undefined) return notFound;
  if (below.startsWith('/deliveries')) return answerDeliveries(request, { state: where.state, hook, below });
  if (below === '/pings') {
    hook.pings += 1;
    return noContent;
  }
  if (request.method === 'DELETE') {
    hooks.splice(hooks.indexOf(hook), 1);
    return noContent;
  }
  const { config, events, active } = request.body;
  if (config !== undefined) hook.config = toConfig(config);
  if (Array.isArray(events)) hook.events = events.map(String);
  if (typeof active === 'boolean') hook.active = active;
  return ok(hookShape(hook, place));
}

function createHook(
  request: GitHubRequest,
  { state, place, hooks }: { readonly state: GitHubState; readonly place: string; readonly hooks: Hook[] },
): Answer {
  const config = toConfig(request.body['config']);
  const url = text(config['url']);
  if (url === null || !URL.canParse(url)) return unprocessable('url is invalid', 'config');
  if (hooks.some((hook) => hook.config['url'] === url)) {
    return unprocessable('Hook already exists on this repository', 'hook');
  }
  const { events, active } = request.body;
  const hook: Hook = {
    id: state.nextId(),
    config,
    events: Array.isArray(events) ? events.map(String) : ['push'],
    active: active !== false,
    pings: 1,
    deliveries: [],
  };
  hooks.push(hook);
  return created(hookShape(hook, place));
}

function toConfig(given: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given ?? {}));
}
