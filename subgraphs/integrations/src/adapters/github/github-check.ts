/**
 * What a credential may do. Classic tokens and those of OAuth apps tell their scopes. Fine-grained tokens and apps do not: what can be
 * read is tried, and what only writing would show is unknown.
 */
import type { Octokit } from '@octokit/rest';
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { toLogin } from '../connector-error.ts';
import { CAPABILITIES, type Capability, type CapabilityCheck, type ConnectionCheck } from '../connector.ts';
import { isRefusal, parseAnswer } from './github-client.ts';
import { listRepositories, type ShownRepositories, type ShownRepository } from './github-repositories.ts';

type Finding = Omit<CapabilityCheck, 'capability'>;
type Findings = Readonly<Record<Capability, Finding>>;

interface Identity {
  readonly login: string;
  /** Null where the token does not tell. */
  readonly scopes: readonly string[] | null;
}

const MAX_SCOPES = 50;
const userSchema = z.object({ login: z.string().min(1) });

const AVAILABLE: Finding = { status: 'AVAILABLE', missing: null };
const UNKNOWN: Finding = { status: 'UNKNOWN', missing: null };
const missing = (what: string): Finding => ({ status: 'MISSING', missing: what });
const NO_REPOSITORY = missing('Grant access to a repository: the credential shows none.');
const WRITE_ACCESS = 'Grant write access to a repository: the account may only read those that it sees.';
const ADMIN_ACCESS = 'Grant admin access to a repository, whose webhooks are meant.';

export async function checkGitHub(octokit: Octokit, connection: Connection): Promise<ConnectionCheck> {
  const user = await findUser(octokit);
  // What is shown matters after who asks: a credential that is no good is said to be so.
  const shown = user === null ? await listRepositories(octokit, 1) : await findShown(octokit);
  const { login, scopes } = user ?? { login: nameInstallation(connection, shown), scopes: null };
  const findings = scopes === null ? await tryReading(octokit, shown) : weighScopes(new Set(scopes), shown);
  return {
    login: toLogin(login),
    permissions: (scopes ?? []).slice(0, MAX_SCOPES),
    capabilities: CAPABILITIES.map((capability) => ({ capability, ...findings[capability] })),
  };
}

/** Null for an installation of an app: it is no user. */
async function findUser(octokit: Octokit): Promise<Identity | null> {
  try {
    const { data, headers } = await octokit.rest.users.getAuthenticated();
    const given = headers['x-oauth-scopes'];
    const isFineGrained = given === undefined || (given === '' && 'x-accepted-github-permissions' in headers);
    const scopes = (given ?? '')
      .split(',')
      .map((scope) => toLogin(scope.trim()))
      .filter((scope) => scope !== '');
    return { login: parseAnswer(userSchema, data).login, scopes: isFineGrained ? null : scopes };
  } catch (error) {
    if (isRefusal(error, [403]) && error.message.includes('Resource not accessible')) return null;
    throw error;
  }
}

async function findShown(octokit: Octokit): Promise<ShownRepositories | null> {
  try {
    return await listRepositories(octokit, 1);
  } catch (error) {
    if (isRefusal(error, [403, 404])) return null;
    throw error;
  }
}

function nameInstallation({ knownLogin }: Connection, shown: ShownRepositories | null): string {
  const owner = shown?.repositories[0]?.owner.login;
  return knownLogin ?? (owner === undefined ? 'GitHub App' : `GitHub App at ${owner}`);
}

function weighScopes(scopes: ReadonlySet<string>, shown: ShownRepositories | null): Findings {
  const has = (...wanted: readonly string[]): boolean => wanted.some((scope) => scopes.has(scope));
  const publicOnly: Finding = {
    status: 'AVAILABLE',
    missing: 'Private repositories need the scope "repo".',
  };
  const toWrite = missing('Grant the scope "repo", or "public_repo" for public repositories alone.');
  const reading = has('repo') ? AVAILABLE : publicOnly;
  const writing = has('repo') ? AVAILABLE : has('public_repo') ? publicOnly : toWrite;
  const toHooks = missing('Grant the scope "admin:repo_hook", or "repo", which has it.');
  const hooks = has('repo', 'admin:repo_hook', 'write:repo_hook', 'admin:org_hook') ? AVAILABLE : toHooks;
  const atLeast = (finding: Finding, may: Finding): Finding =>
    finding.status === 'MISSING' || may.status === 'AVAILABLE' ? finding : may;
  return {
    READ_ITEMS: reading,
    CREATE_ITEMS: writing,
    COMMENT: writing,
    TRANSITION: writing,
    SYNC: reading,
    WEBHOOKS: has('admin:org_hook') ? hooks : atLeast(hooks, findRole(shown, 'admin', ADMIN_ACCESS)),
    PULL_REQUESTS: atLeast(writing, findRole(shown, 'push', WRITE_ACCESS)),
  };
}

/** Whether there is a repository in which the account has the role. */
function findRole(shown: ShownRepositories | null, role: 'admin' | 'push', lacking: string): Finding {
  if (shown === null) return UNKNOWN;
  if (shown.repositories.some(({ permissions, archived }) => permissions[role] && !archived))
    return AVAILABLE;
  return shown.isComplete ? missing(lacking) : UNKNOWN;
}

async function tryReading(octokit: Octokit, shown: ShownRepositories | null): Promise<Findings> {
  const repository = pickRepository(shown);
  if (repository === null) {
    const finding = shown === null ? UNKNOWN : NO_REPOSITORY;
    return toFindings({ read: finding, write: finding, hooks: finding, pulls: finding });
  }
  const { owner, name } = toPlace(repository);
  const place = { owner, repo: name };
  const one = { ...place, per_page: 1 };
  const branch = { ...place, ref: `heads/${repository.default_branch}` };
  const mayReadIssues = await mayRead(octokit.rest.issues.listForRepo(one));
  const mayReadPulls = await mayRead(octokit.rest.pulls.list(one));
  // A branch or a repository that is empty is no missing permission.
  const mayReadContents = await mayRead(octokit.rest.git.getRef(branch), [403]);
  const mayReadHooks = await mayRead(octokit.rest.repos.listWebhooks(one));
  const pullsMissing = [
    ...(mayReadPulls ? [] : ['"Pull requests: Read and write"']),
    ...(mayReadContents ? [] : ['"Contents: Read and write"']),
  ];
  const role = findRole(shown, 'push', WRITE_ACCESS);
  const mayPush = shown?.isInstallation || role.status !== 'MISSING' ? UNKNOWN : role;
  return toFindings({
    read: mayReadIssues ? AVAILABLE : missing('Grant the repository permission "Issues: Read and write".'),
    write: mayReadIssues ? UNKNOWN : missing('Grant the repository permission "Issues: Read and write".'),
    hooks: mayReadHooks ? UNKNOWN : missing('Grant the repository permission "Webhooks: Read and write".'),
    pulls:
      pullsMissing.length > 0
        ? missing(`Grant the repository permission ${pullsMissing.join(' and ')}.`)
        : mayPush,
  });
}

/** A private one tells more: public ones are read by anybody. */
function pickRepository(shown: ShownRepositories | null): ShownRepository | null {
  const live = (shown?.repositories ?? []).filter(({ archived }) => !archived);
  return live.find((repository) => repository.private) ?? live[0] ?? null;
}

function toPlace(repository: ShownRepository): { readonly owner: string; readonly name: string } {
  const [owner = '', name = ''] = repository.full_name.split('/');
  return { owner, name };
}

async function mayRead(
  reading: Promise<unknown>,
  refusals: readonly number[] = [403, 404],
): Promise<boolean> {
  try {
    await reading;
    return true;
  } catch (error) {
    if (isRefusal(error, refusals)) return false;
    // Turned off, or empty: there is nothing, and that may be read.
    if (isRefusal(error, [404, 409, 410])) return true;
    throw error;
  }
}

function toFindings({
  read,
  write,
  hooks,
  pulls,
}: Readonly<Record<'read' | 'write' | 'hooks' | 'pulls', Finding>>): Findings {
  return {
    READ_ITEMS: read,
    CREATE_ITEMS: write,
    COMMENT: write,
    TRANSITION: write,
    SYNC: read,
    WEBHOOKS: hooks,
    PULL_REQUESTS: pulls,
  };
}
