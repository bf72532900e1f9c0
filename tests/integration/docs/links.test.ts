/** The documentation names pages, files and commands that are there. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const pages = globSync('{*.md,{docs,router,subgraphs,packages,local,tests,deploy,prisma,examples}/**/*.md}', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|generated|dist)(\/|$)/.test(path),
}).toSorted();
const scripts = Object.keys(
  z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).scripts,
);
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** As GitHub makes it of a heading. */
function toAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(' ', '-');
}

function findBrokenLink(page: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, target))) return link;
  if (anchor === undefined) return undefined;
  const headings = [...textOf(target).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => toAnchor(heading));
  return headings.includes(anchor) ? undefined : link;
}

/** Written in code, with a slash, and beginning like something of the checkout. */
const PATH = /`((?:\.\/)?(?:router|subgraphs|packages|prisma|local|tests|deploy|docs|examples)\/[\w./@-]+)`/g;

test.each(pages)('%s: its links lead somewhere', (page) => {
  const links = [
    ...textOf(page)
      .replaceAll(/```[^]*?```/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, link = '']) => link);

  expect(links.flatMap((link) => findBrokenLink(page, link) ?? [])).toEqual([]);
});

test.each(pages)('%s: the files that it names are there', (page) => {
  const paths = [...textOf(page).matchAll(PATH)].map(([, path = '']) => path);

  expect(
    paths.filter(
      (path) =>
        !isMade(path) && !existsSync(join(root, path)) && !existsSync(join(root, dirname(page), path)),
    ),
  ).toEqual([]);
});

/** Not in the checkout, but made by a command that the same page names. */
function isMade(path: string): boolean {
  return path.startsWith('deploy/nginx/tls') || /\/(generated|dist)(\/|$)/.test(path);
}

test.each(pages)('%s: the commands that it names are in package.json', (page) => {
  const named = [...textOf(page).matchAll(/npm run ([\w:-]+)( +-w)?/g)].filter(([, , option]) => !option);

  expect(named.map(([, name = '']) => name).filter((name) => !scripts.includes(name))).toEqual([]);
});

test.each(pages)('%s: the shell scripts that it names are there', (page) => {
  const named = [...textOf(page).matchAll(/\bsh ([\w./-]+\.sh)/g)].map(([, path = '']) => path);

  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
