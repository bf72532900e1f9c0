/** Pull requests by the git data API: one commit with all files, a branch of ours, and a pull request for it. */
import type { Octokit } from '@octokit/rest';
import { z } from 'zod';
import { ConnectorError } from '../connector-error.ts';
import type { PullRequestDraft } from '../connector.ts';
import { isRefusal, parseAnswer, saysMessage } from './github-client.ts';
import { getRepository, requireRepository, type RepositoryPlace } from './github-repositories.ts';
import { requireSendable } from './pull-request-files.ts';

export interface OpenedPullRequest {
  readonly url: string;
  readonly number: number;
  readonly isNew: boolean;
}

/** How a branch and a pull request of ours are known again. */
const TRAILER = 'Opened-By: Flowgrid';
const MARK = '<!-- opened by Flowgrid -->';
const HEADS = 'refs/heads/';

const refSchema = z.object({ object: z.object({ sha: z.string() }) });
const commitSchema = z.object({ sha: z.string(), message: z.string(), tree: z.object({ sha: z.string() }) });
const treeSchema = z.object({ sha: z.string() });
const pullSchema = z.object({
  number: z.number(),
  html_url: z.url({ protocol: /^https?$/ }),
  body: z.string().nullish(),
});

type Commit = z.output<typeof commitSchema>;
type Pull = z.output<typeof pullSchema>;

interface Target extends RepositoryPlace {
  readonly base: string;
  readonly branch: string;
}

/** Doing it again with the same files changes nothing: there is one branch, one commit and one pull request. */
export async function openPullRequest(octokit: Octokit, draft: PullRequestDraft): Promise<OpenedPullRequest> {
  requireSendable(draft);
  const target = await findTarget(octokit, draft);
  const base = await findCommit(octokit, target, target.base);
  if (base === null) throw new ConnectorError('The repository has no such base branch.');
  const head = await findCommit(octokit, target, target.branch);
  const pull = head === null ? null : await findPull(octokit, target);
  if (head !== null && !isOurs(head, pull)) {
    throw new ConnectorError(
      'The branch is there already and was not made by Flowgrid. Choose another name.',
    );
  }
  const parent = head ?? base;
  const tree = await createTree(octokit, target, { parent, files: draft.files });
  if (tree !== parent.tree.sha) {
    const commit = await createCommit(octokit, target, { message: draft.title, tree, parent });
    await moveBranch(octokit, target, { commit, isNew: head === null });
  } else if (head === null) {
    throw new ConnectorError('The base branch has exactly these files already: there is nothing to propose.');
  }
  if (pull !== null) return { url: pull.html_url, number: pull.number, isNew: false };
  return createPull(octokit, target, draft);
}

async function findTarget(octokit: Octokit, draft: PullRequestDraft): Promise<Target> {
  const place = requireRepository(draft.repository);
  const repository = await getRepository(octokit, place);
  if (repository.archived) throw new ConnectorError('The repository is archived: nothing in it can change.');
  const base = draft.baseBranch ?? repository.default_branch;
  if ([base, repository.default_branch].includes(draft.branch)) {
    throw new ConnectorError(
      'The branch of a pull request is another one than its base and the default branch.',
    );
  }
  const [owner = place.owner, repo = place.repo] = repository.full_name.split('/');
  return { owner, repo, base, branch: draft.branch };
}

async function findCommit(octokit: Octokit, { owner, repo }: Target, branch: string): Promise<Commit | null> {
  try {
    const { data } = await octokit.rest.git.getRef({ owner, repo, ref: `heads/${branch}` });
    const { sha } = parseAnswer(refSchema, data).object;
    return parseAnswer(
      commitSchema,
      (await octokit.rest.git.getCommit({ owner, repo, commit_sha: sha })).data,
    );
  } catch (error) {
    if (isRefusal(error, [404])) return null;
    if (!isRefusal(error, [409])) throw error;
    throw new ConnectorError('The repository is empty. Give it a first commit, then propose changes to it.');
  }
}

/** A person may have changed the text of the pull request, or pushed on top of the branch: one sign is enough. */
function isOurs(head: Commit, pull: Pull | null): boolean {
  return head.message.split('\n').includes(TRAILER) || (pull?.body ?? '').includes(MARK);
}

async function findPull(octokit: Octokit, { owner, repo, base, branch }: Target): Promise<Pull | null> {
  const query = { owner, repo, state: 'open', head: `${owner}:${branch}`, base } as const;
  const { data } = await octokit.rest.pulls.list(query);
  return parseAnswer(z.array(pullSchema), data)[0] ?? null;
}

async function createTree(
  octokit: Octokit,
  { owner, repo }: Target,
  { parent, files }: { readonly parent: Commit; readonly files: PullRequestDraft['files'] },
): Promise<string> {
  const entries = files.map(
    ({ path, content }) => ({ path, content, mode: '100644', type: 'blob' }) as const,
  );
  const { data } = await octokit.rest.git.createTree({
    owner,
    repo,
    base_tree: parent.tree.sha,
    tree: [...entries],
  });
  return parseAnswer(treeSchema, data).sha;
}

async function createCommit(
  octokit: Octokit,
  { owner, repo }: Target,
  change: { readonly message: string; readonly tree: string; readonly parent: Commit },
): Promise<string> {
  const { data } = await octokit.rest.git.createCommit({
    owner,
    repo,
    message: `${change.message}\n\n${TRAILER}\n`,
    tree: change.tree,
    parents: [change.parent.sha],
  });
  return parseAnswer(treeSchema, data).sha;
}

/** Never by force: what somebody else put there meanwhile stays. */
async function moveBranch(
  octokit: Octokit,
  { owner, repo, branch }: Target,
  { commit: sha, isNew }: { readonly commit: string; readonly isNew: boolean },
): Promise<void> {
  try {
    if (isNew) await octokit.rest.git.createRef({ owner, repo, ref: `${HEADS}${branch}`, sha });
    else await octokit.rest.git.updateRef({ owner, repo, ref: `heads/${branch}`, sha, force: false });
  } catch (error) {
    if (!isRefusal(error, [409, 422])) throw error;
    throw new ConnectorError(
      'The branch changed meanwhile, or a rule of the repository protects it. Try again.',
    );
  }
}

async function createPull(
  octokit: Octokit,
  target: Target,
  { title, body }: PullRequestDraft,
): Promise<OpenedPullRequest> {
  const { owner, repo, base, branch } = target;
  const text = body.trim() === '' ? MARK : `${body}\n\n${MARK}`;
  try {
    const { data } = await octokit.rest.pulls.create({ owner, repo, title, body: text, head: branch, base });
    const { html_url: url, number } = parseAnswer(pullSchema, data);
    return { url, number, isNew: true };
  } catch (error) {
    if (!isRefusal(error, [422])) throw error;
    // Somebody else, or an attempt whose answer was lost, opened it meanwhile.
    const open = await findPull(octokit, target);
    if (open !== null) return { url: open.html_url, number: open.number, isNew: false };
    if (!saysMessage(error, /no commits between/i)) throw error;
    throw new ConnectorError('The base branch has these changes already: there is nothing to propose.');
  }
}
