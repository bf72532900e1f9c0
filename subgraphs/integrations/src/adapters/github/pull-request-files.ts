/** What may be put into somebody's repository, and under which names. */
import { ConnectorError } from '../connector-error.ts';
import type { PullRequestDraft } from '../connector.ts';

export const MAX_FILES = 1_000;
export const MAX_BYTES = 2 * 1024 * 1024;
const MAX_PATH_LENGTH = 400;
const MAX_BRANCH_LENGTH = 200;
const GITHUB_FOLDER = '.github';
const WORKFLOWS = `${GITHUB_FOLDER}/workflows`;

/** What is wrong with the files, in words that name the file; null when nothing is. */
export function findFileProblem({
  files,
  mayChangeWorkflows = false,
}: Pick<PullRequestDraft, 'files' | 'mayChangeWorkflows'>): string | null {
  if (files.length === 0) return 'There are no files.';
  if (files.length > MAX_FILES) return `There are more than ${MAX_FILES} files.`;
  const seen = new Set<string>();
  let bytes = 0;
  for (const { path, content } of files) {
    const problem = findPathProblem(path, mayChangeWorkflows);
    if (problem !== null) return `${JSON.stringify(path.slice(0, 100))}: ${problem}`;
    // Two names that differ by case alone are one file where somebody may check them out.
    if (seen.has(path.toLowerCase())) return `"${path}": this path is there twice.`;
    seen.add(path.toLowerCase());
    if (!content.isWellFormed()) return `"${path}": its text is not well-formed.`;
    bytes += Buffer.byteLength(content);
  }
  for (const path of seen) {
    if (parentsOf(path).some((parent) => seen.has(parent)))
      return `"${path}": a folder and a file have one name.`;
  }
  return bytes > MAX_BYTES ? `The files have more than ${MAX_BYTES} bytes together.` : null;
}

function findPathProblem(path: string, mayChangeWorkflows: boolean): string | null {
  if (path === '' || path.length > MAX_PATH_LENGTH) return `a path has 1 to ${MAX_PATH_LENGTH} characters.`;
  // Control characters, separators of Windows, and characters that are shown otherwise than they stand.
  if (/[\p{C}\\:*?"<>|]/u.test(path)) return 'a path has no control characters and none of \\ : * ? " < > |.';
  if (path.startsWith('/')) return 'a path is relative.';
  const parts = path.split('/').map((part) => part.normalize('NFKC').toLowerCase());
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    return 'a path has no empty parts, no "." and no "..".';
  }
  // Windows ignores dots and spaces at the end and has short names: git~1 is .git there.
  if (parts.some((part) => /^(\.git|git~\d+)$/.test(part.replace(/[. ]+$/, '')))) {
    return 'nothing of .git is changed.';
  }
  if (parts.some((part) => /[. ]$/.test(part))) return 'no part of a path ends in a dot or a space.';
  // A file in the place of a folder takes away what is in it.
  const isOfWorkflows =
    `${parts.join('/')}/`.startsWith(`${WORKFLOWS}/`) || parts.join('/') === GITHUB_FOLDER;
  if (!mayChangeWorkflows && isOfWorkflows) {
    return `files of ${WORKFLOWS} run with the rights of the repository; they are added by hand.`;
  }
  return null;
}

function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('/'));
}

/** What is wrong with the name of a branch, by git's own rules; null when nothing is. */
export function findBranchProblem(branch: string): string | null {
  const isName =
    branch !== '' &&
    branch.length <= MAX_BRANCH_LENGTH &&
    /^[\w./@+-]+$/.test(branch) &&
    !/^[-./@]$|^[-/.]|[/.]$|\.\.|\/\/|\/\.|@\{|\.lock(\/|$)|^refs\//.test(branch) &&
    branch !== 'HEAD';
  return isName ? null : 'This is no name of a branch: letters, digits and - _ . / are allowed.';
}

/** @throws ConnectorError for what is not sent. */
export function requireSendable(draft: PullRequestDraft): void {
  const branches = draft.baseBranch === null ? [draft.branch] : [draft.branch, draft.baseBranch];
  const problem = branches.map(findBranchProblem).find((found) => found !== null) ?? findFileProblem(draft);
  if (problem != null) throw new ConnectorError(problem);
  if (draft.branch === draft.baseBranch) {
    throw new ConnectorError('The branch of a pull request is another one than its base.');
  }
}
