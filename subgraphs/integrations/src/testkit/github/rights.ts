/** What an account may do, by GitHub's own rules for scopes, permissions and roles. */
import { notFound, problem, type Answer } from './answers.ts';
import type { Account, Level, Repository } from './state.ts';

/** A permission of fine-grained tokens and apps. */
export interface Need {
  readonly permission:
    | 'metadata'
    | 'issues'
    | 'contents'
    | 'pull_requests'
    | 'repository_hooks'
    | 'workflows';
  readonly level: Level;
}

const ORDER: readonly Level[] = ['read', 'write'];

export type Role = 'admin' | 'push' | 'pull';

export function roleOf(account: Account, repository: Repository): Role | null {
  if (account.kind === 'INSTALLATION') return 'push';
  const role = repository.roles.get(account.login) ?? (account.login === repository.owner ? 'admin' : null);
  return role ?? (repository.isPrivate ? null : 'pull');
}

/** True when the account is shown the repository at all. */
export function isVisible(account: Account, repository: Repository): boolean {
  if (roleOf(account, repository) === null) return false;
  if (account.kind === 'CLASSIC') return !repository.isPrivate || account.scopes.includes('repo');
  const { repositories } = account;
  return repositories === null || repositories.includes(repository.name) || !repository.isPrivate;
}

/** Null when the account may do it; otherwise GitHub's refusal. */
export function findRefusal(account: Account, repository: Repository, need: Need): Answer | null {
  if (!isVisible(account, repository)) return notFound;
  const role = roleOf(account, repository);
  if (account.kind === 'CLASSIC') return findClassicRefusal(account.scopes, { role, repository, need });
  const accepted = `${need.permission}=${need.level}`;
  const granted = account.permissions[need.permission];
  const isGranted = granted !== undefined && ORDER.indexOf(granted) >= ORDER.indexOf(need.level);
  if (need.permission === 'metadata') return null;
  const isInRole = account.kind === 'INSTALLATION' || isAllowedInRole(role, need);
  if (isGranted && isInRole) return null;
  const bearer = account.kind === 'INSTALLATION' ? 'integration' : 'personal access token';
  return {
    ...problem(403, `Resource not accessible by ${bearer}`),
    headers: { 'x-accepted-github-permissions': accepted },
  };
}

function findClassicRefusal(
  scopes: readonly string[],
  { role, repository, need }: { role: Role | null; repository: Repository; need: Need },
): Answer | null {
  const hasRepository = scopes.includes('repo') || (scopes.includes('public_repo') && !repository.isPrivate);
  const hookScopes = [
    'admin:repo_hook',
    need.level === 'read' ? 'read:repo_hook' : 'write:repo_hook',
    'repo',
  ];
  const isHook = need.permission === 'repository_hooks';
  const isGranted = isHook ? hookScopes.some((scope) => scopes.includes(scope)) : hasRepository;
  const mayRead = need.level === 'read' && !isHook && !repository.isPrivate;
  if (need.permission === 'workflows' && !scopes.includes('workflow')) return notFound;
  if (!isGranted && !mayRead) return notFound;
  // What a role does not allow is not there, in GitHub's words for classic tokens.
  return isAllowedInRole(role, need) ? null : notFound;
}

function isAllowedInRole(role: Role | null, { permission, level }: Need): boolean {
  if (permission === 'repository_hooks') return role === 'admin';
  // Whoever may read may open issues, comment and propose changes from elsewhere.
  if (level === 'read' || permission === 'issues' || permission === 'pull_requests') return role !== null;
  return role === 'admin' || role === 'push';
}
