/** The git data API: branches, trees, commits, files. */
import { created, notFound, ok, problem, text, unprocessable, type Answer } from './answers.ts';
import { findRefusal } from './rights.ts';
import type { RepositoryCall, RepositoryRoute } from './routes.ts';
import type { Commit, Tree } from './git-store.ts';
import type { Repository } from './state.ts';

const READ = { permission: 'contents', level: 'read' } as const;
const WRITE = { permission: 'contents', level: 'write' } as const;
const HEADS = 'refs/heads/';
const WORKFLOWS = '.github/workflows/';
/** What no tree may have as a part of a path. */
const FORBIDDEN_PARTS = new Set(['', '.', '..', '.git']);
const EMPTY = problem(409, 'Git Repository is empty.');

export const GIT_ROUTES: readonly RepositoryRoute[] = [
  { method: 'GET', pattern: /^\/git\/ref\/heads\/(.+)$/, need: READ, answer: showBranch },
  { method: 'POST', pattern: /^\/git\/refs$/, need: WRITE, answer: createBranch },
  { method: 'PATCH', pattern: /^\/git\/refs\/heads\/(.+)$/, need: WRITE, answer: moveBranch },
  { method: 'DELETE', pattern: /^\/git\/refs\/heads\/(.+)$/, need: WRITE, answer: deleteBranch },
  { method: 'POST', pattern: /^\/git\/blobs$/, need: WRITE, answer: createBlob },
  { method: 'POST', pattern: /^\/git\/trees$/, need: WRITE, answer: createTree },
  { method: 'GET', pattern: /^\/git\/trees\/([0-9a-f]{40})$/, need: READ, answer: showTree },
  { method: 'POST', pattern: /^\/git\/commits$/, need: WRITE, answer: createCommit },
  { method: 'GET', pattern: /^\/git\/commits\/([0-9a-f]{40})$/, need: READ, answer: showCommit },
  { method: 'GET', pattern: /^\/contents\/(.+)$/, need: READ, answer: showFile },
];

const placeOf = ({ request, repository }: RepositoryCall): string =>
  `${request.root}/repos/${repository.owner}/${repository.name}`;

function branchShape(call: RepositoryCall, branch: string, sha: string): object {
  const place = placeOf(call);
  return {
    ref: `${HEADS}${branch}`,
    node_id: 'REF_1',
    url: `${place}/git/${HEADS}${branch}`,
    object: { type: 'commit', sha, url: `${place}/git/commits/${sha}` },
  };
}

function showBranch(call: RepositoryCall): Answer {
  const [branch = ''] = call.parts;
  const { branches } = call.repository.git;
  if (branches.size === 0) return EMPTY;
  const sha = branches.get(branch);
  return sha === undefined ? notFound : ok(branchShape(call, branch, sha));
}

function createBranch(call: RepositoryCall): Answer {
  const { git } = call.repository;
  const { ref, sha } = call.request.body;
  const name = text(ref) ?? '';
  const commit = git.commits.get(text(sha) ?? '');
  if (!/^refs\/heads\/[^ ~^:?*[\\]+$/.test(name)) return unprocessable('Reference name is invalid', 'ref');
  if (git.branches.size === 0) return EMPTY;
  const branch = name.slice(HEADS.length);
  if (git.branches.has(branch)) return problem(422, 'Reference already exists');
  if (commit === undefined) return problem(422, 'Object does not exist');
  git.branches.set(branch, commit.sha);
  return created(branchShape(call, branch, commit.sha));
}

function moveBranch(call: RepositoryCall): Answer {
  const { git } = call.repository;
  const [branch = ''] = call.parts;
  const current = git.branches.get(branch);
  const sha = text(call.request.body['sha']) ?? '';
  if (current === undefined) return problem(422, 'Reference does not exist');
  if (!git.commits.has(sha)) return problem(422, 'Object does not exist');
  if (call.request.body['force'] !== true && !git.isAncestor(current, sha)) {
    return problem(422, 'Update is not a fast forward');
  }
  git.branches.set(branch, sha);
  return ok(branchShape(call, branch, sha));
}

function deleteBranch({ parts, repository }: RepositoryCall): Answer {
  const isDeleted = repository.git.branches.delete(parts[0] ?? '');
  return isDeleted ? { status: 204 } : problem(422, 'Reference does not exist');
}

function createBlob(call: RepositoryCall): Answer {
  const { content, encoding } = call.request.body;
  const given = text(content) ?? '';
  const plain = encoding === 'base64' ? Buffer.from(given, 'base64').toString() : given;
  const sha = call.repository.git.addBlob(plain);
  return created({ sha, url: `${placeOf(call)}/git/blobs/${sha}` });
}

function createTree(call: RepositoryCall): Answer {
  const { request, repository, account } = call;
  const { git } = repository;
  const base = text(request.body['base_tree']);
  const entries: unknown = request.body['tree'];
  if (git.branches.size === 0) return EMPTY;
  if (base !== null && !git.trees.has(base)) return problem(404, 'Not Found');
  if (!Array.isArray(entries) || entries.length === 0) return unprocessable('Invalid tree info', 'tree');
  const tree = new Map(git.trees.get(base ?? '') ?? []);
  for (const entry of entries.map(toEntry)) {
    if (entry === null) return problem(422, 'tree.path contains a malformed path component');
    const blob = entry.content === null ? entry.sha : git.addBlob(entry.content);
    if (blob === null || !git.blobs.has(blob)) return problem(422, 'tree.sha is not a valid blob');
    const need = { permission: 'workflows', level: 'write' } as const;
    const refusal = entry.path.startsWith(WORKFLOWS) ? findRefusal(account, repository, need) : null;
    if (refusal !== null) return refusal;
    tree.set(entry.path, blob);
  }
  const sha = git.addTree(tree);
  return created(treeShape(call, sha, tree));
}

interface Entry {
  readonly path: string;
  readonly content: string | null;
  readonly sha: string | null;
}

function toEntry(given: unknown): Entry | null {
  const fields = new Map<string, unknown>(Object.entries(given ?? {}));
  const path = text(fields.get('path')) ?? '';
  if (path.split('/').some((part) => FORBIDDEN_PARTS.has(part.toLowerCase()))) return null;
  if (fields.get('mode') !== '100644' || fields.get('type') !== 'blob') return null;
  return { path, content: text(fields.get('content')), sha: text(fields.get('sha')) };
}

function treeShape(call: RepositoryCall, sha: string, tree: Tree): object {
  const entries = [...tree].map(([path, blob]) => ({ path, mode: '100644', type: 'blob', sha: blob }));
  return { sha, url: `${placeOf(call)}/git/trees/${sha}`, tree: entries, truncated: false };
}

function showTree(call: RepositoryCall): Answer {
  const [sha = ''] = call.parts;
  const tree = call.repository.git.trees.get(sha);
  return tree === undefined ? notFound : ok(treeShape(call, sha, tree));
}

function createCommit(call: RepositoryCall): Answer {
  const { git } = call.repository;
  const { message, tree, parents } = call.request.body;
  const sha = text(tree) ?? '';
  const known = Array.isArray(parents) ? parents.map((parent) => text(parent) ?? '') : [];
  if (text(message) === null) return unprocessable('message is missing', 'message');
  if (!git.trees.has(sha)) return problem(422, 'Tree SHA does not exist');
  if (!known.every((parent) => git.commits.has(parent))) return problem(422, 'Parent SHA does not exist');
  return created(
    commitShape(call, git.addCommit({ tree: sha, parents: known, message: text(message) ?? '' })),
  );
}

function commitShape(call: RepositoryCall, commit: Commit): object {
  const place = `${placeOf(call)}/git`;
  const person = { name: 'Octo Cat', email: 'octocat@example.test', date: '2026-03-01T10:00:00Z' };
  return {
    sha: commit.sha,
    node_id: 'C_1',
    url: `${place}/commits/${commit.sha}`,
    author: person,
    committer: person,
    message: commit.message,
    tree: { sha: commit.tree, url: `${place}/trees/${commit.tree}` },
    parents: commit.parents.map((sha) => ({ sha, url: `${place}/commits/${sha}` })),
    verification: { verified: false, reason: 'unsigned', signature: null, payload: null },
  };
}

function showCommit(call: RepositoryCall): Answer {
  const commit = call.repository.git.commits.get(call.parts[0] ?? '');
  return commit === undefined ? notFound : ok(commitShape(call, commit));
}

function showFile(call: RepositoryCall): Answer {
  const { git, defaultBranch }: Repository = call.repository;
  const path = call.parts[0] ?? '';
  const content = git.read(call.request.query.get('ref') ?? defaultBranch, path);
  if (content === null) return notFound;
  const bytes = Buffer.from(content);
  return ok({
    type: 'file',
    encoding: 'base64',
    size: bytes.length,
    name: path.split('/').at(-1),
    path,
    content: bytes.toString('base64'),
    sha: git.addBlob(content),
  });
}
