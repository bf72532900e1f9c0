/** The objects and branches of a repository, addressed by their content as git does it. Trees are kept flat. */
import { createHash } from 'node:crypto';

export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
}

/** Path to blob. */
export type Tree = ReadonlyMap<string, string>;

const hash = (kind: string, content: string): string =>
  createHash('sha1')
    .update(`${kind} ${Buffer.byteLength(content)}\0${content}`)
    .digest('hex');

export class GitStore {
  readonly blobs = new Map<string, string>();
  readonly trees = new Map<string, Tree>();
  readonly commits = new Map<string, Commit>();
  /** Branch to commit. */
  readonly branches = new Map<string, string>();

  start(branch: string, files: Readonly<Record<string, string>>): void {
    const tree = this.addTree(
      new Map(Object.entries(files).map(([path, content]) => [path, this.addBlob(content)])),
    );
    this.branches.set(branch, this.addCommit({ tree, parents: [], message: 'Initial commit' }).sha);
  }

  addBlob(content: string): string {
    const sha = hash('blob', content);
    this.blobs.set(sha, content);
    return sha;
  }

  addTree(tree: Tree): string {
    const entries = [...tree].toSorted(([one], [other]) => (one < other ? -1 : 1));
    const sha = hash('tree', entries.map(([path, blob]) => `${path} ${blob}`).join('\n'));
    this.trees.set(sha, new Map(entries));
    return sha;
  }

  addCommit(commit: Omit<Commit, 'sha'>): Commit {
    const sha = hash('commit', JSON.stringify(commit));
    const added = { sha, ...commit };
    this.commits.set(sha, added);
    return added;
  }

  /** A commit on top of a branch, as somebody else pushes it. */
  push(branch: string, files: Readonly<Record<string, string>>, message = 'Change by hand'): string {
    const head = this.branches.get(branch);
    const tree = new Map(this.filesOf(branch) ?? []);
    for (const [path, content] of Object.entries(files)) tree.set(path, this.addBlob(content));
    const parents = head === undefined ? [] : [head];
    const { sha } = this.addCommit({ tree: this.addTree(tree), parents, message });
    this.branches.set(branch, sha);
    return sha;
  }

  /** True when `ancestor` is `sha` or before it. */
  isAncestor(ancestor: string, sha: string): boolean {
    const open = [sha];
    for (let current = open.pop(); current !== undefined; current = open.pop()) {
      if (current === ancestor) return true;
      open.push(...(this.commits.get(current)?.parents ?? []));
    }
    return false;
  }

  filesOf(branch: string): Tree | null {
    const commit = this.commits.get(this.branches.get(branch) ?? '');
    return this.trees.get(commit?.tree ?? '') ?? null;
  }

  /** The text of a file on a branch. */
  read(branch: string, path: string): string | null {
    return this.blobs.get(this.filesOf(branch)?.get(path) ?? '') ?? null;
  }
}
