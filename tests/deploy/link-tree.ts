/** Copies a folder by hard links: thousands of files in a moment, and none of them can be told from a copy. */
import { copyFileSync, linkSync, mkdirSync, readdirSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

export function linkTree(
  from: string,
  to: string,
  { isSkipped = () => false }: { isSkipped?: (name: string) => boolean } = {},
): void {
  if (!statSync(from).isDirectory()) {
    mkdirSync(dirname(to), { recursive: true });
    linkFile(from, to);
    return;
  }
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (isSkipped(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target, { isSkipped });
    else if (entry.isSymbolicLink()) ignoreExisting(() => symlinkSync(readlinkSync(source), target));
    else linkFile(source, target);
  }
}

function linkFile(from: string, to: string): void {
  try {
    ignoreExisting(() => linkSync(from, to));
  } catch (error) {
    // Another file system: hard links do not cross it.
    if (!isCode(error, 'EXDEV')) throw error;
    copyFileSync(from, to);
  }
}

function ignoreExisting(work: () => void): void {
  try {
    work();
  } catch (error) {
    // A later layer brings the same file again.
    if (!isCode(error, 'EEXIST')) throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
