/** Which files of the checkout a build gets: .dockerignore with the rules of Docker. */
import { readFile } from 'node:fs/promises';
import { ROOT } from './root.ts';

interface Rule {
  readonly pattern: RegExp;
  readonly isKept: boolean;
}

/** True for a path, from the root of the checkout, that the build does not get. The last rule that fits decides. */
export async function readDockerIgnore(): Promise<(path: string) => boolean> {
  const text = await readFile(new URL('.dockerignore', ROOT), 'utf8');
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(toRule);
  return (path) => rules.findLast(({ pattern }) => pattern.test(path))?.isKept === false;
}

/** A pattern fits a path and everything below it. */
function toRule(line: string): Rule {
  const isKept = line.startsWith('!');
  const glob = isKept ? line.slice(1) : line;
  const source = glob
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => {
      if (part === '**/') return '(?:.*/)?';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      return part === '?' ? '[^/]' : part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
    })
    .join('');
  return { pattern: new RegExp(`^${source}(?:/.*)?$`), isKept };
}
