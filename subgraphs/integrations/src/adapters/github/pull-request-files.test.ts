import { expect, test } from 'vitest';
import { MAX_FILES, findBranchProblem, findFileProblem } from './pull-request-files.ts';

const file = (path: string, content = ''): { path: string; content: string } => ({ path, content });
const problemOf = (...files: { path: string; content: string }[]): string | null =>
  findFileProblem({ files });

test.each([
  'README.md',
  'agents/claims/src/main.ts',
  '.gitignore',
  '.github/CODEOWNERS',
  'agents/claims/.github/workflows/ci.yml',
  'ordner/für alle/日本.md',
  'a.git/b',
])('%j may be there', (path) => {
  expect(problemOf(file(path))).toBeNull();
});

// Attacks: files outside the repository, in git's own folder under any of its names, or where they run.
test.each([
  '',
  '/etc/passwd',
  '../x',
  'a/../../x',
  'a/./b',
  'a//b',
  'a/',
  String.raw`..\x`,
  'C:/x',
  'a\u0000b',
  'a\nb',
  'a\u202eb',
  '.git/hooks/pre-commit',
  '.GIT/config',
  'a/.git/config',
  '.git./config',
  '.git /config',
  'git~1/config',
  '．git/config',
  'a./b',
  'a /b',
  '.github/workflows/x.yml',
  '.github/workflows',
  '.github',
  '.GitHub/Workflows/x.yml',
  'x'.repeat(401),
])('%j is refused', (path) => {
  expect(problemOf(file(path))).toEqual(expect.any(String));
});

test('a workflow may be there when it was said so, and nothing else more', () => {
  const allowed = (path: string): string | null =>
    findFileProblem({ files: [file(path)], mayChangeWorkflows: true });

  expect(allowed('.github/workflows/x.yml')).toBeNull();
  expect(allowed('.git/hooks/pre-commit')).not.toBeNull();
});

test('files that could not stand beside each other are refused', () => {
  expect(problemOf(file('a'), file('a'))).toMatch(/twice/);
  expect(problemOf(file('Readme'), file('README'))).toMatch(/twice/);
  expect(problemOf(file('a'), file('a/b'))).toMatch(/one name/);
  expect(problemOf(file('a/b/c'), file('A'))).toMatch(/one name/);
  expect(problemOf(file('a', '\ud800'))).toMatch(/well-formed/);
});

test('there are some files, and not too many or too large ones', () => {
  const many = Array.from({ length: MAX_FILES }, (_, index) => file(`f${index}`));

  expect(problemOf()).toMatch(/no files/);
  expect(problemOf(...many)).toBeNull();
  expect(problemOf(...many, file('more'))).toMatch(/more than 1000 files/);
  expect(problemOf(file('a', 'ä'.repeat(1024 * 1024)))).toBeNull();
  expect(problemOf(file('a', 'ä'.repeat(1024 * 1024)), file('b', 'x'))).toMatch(/bytes together/);
});

test.each(['main', 'flowgrid/claims-0123456789ab', 'release-1.2', 'a_b', 'user@host', 'a+b'])(
  '%j is the name of a branch',
  (branch) => {
    expect(findBranchProblem(branch)).toBeNull();
  },
);

test.each([
  '',
  '-x',
  '.x',
  '/x',
  'x/',
  'x.',
  'a..b',
  'a//b',
  'a/.b',
  'a b',
  'a~b',
  'a^b',
  'a:b',
  'a?b',
  'a*b',
  'a[b',
  String.raw`a\b`,
  'a@{b',
  '@',
  'HEAD',
  'x.lock',
  'x.lock/y',
  'refs/heads/x',
  'a\nb',
  'x'.repeat(201),
])('%j is the name of no branch', (branch) => {
  expect(findBranchProblem(branch)).not.toBeNull();
});
