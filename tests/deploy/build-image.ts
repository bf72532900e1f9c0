/**
 * Builds the file system of an image in a temporary folder, by the steps of the Dockerfile.
 *
 * COPY takes what .dockerignore leaves, RUN runs in a shell. Only `npm ci` is shortened: which packages it would install is
 * asked of npm itself (`--dry-run`), and exactly these are linked from the node_modules of the checkout. `installs: 'real'` runs it.
 */
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { readDockerfile, type Copy, type Stage, type Step } from './dockerfile.ts';
import { readDockerIgnore } from './docker-ignore.ts';
import { linkTree } from './link-tree.ts';
import { ROOT } from './root.ts';

const run = promisify(execFile);
const root = fileURLToPath(ROOT);

export interface ImageOptions {
  readonly workspace: string;
  readonly target?: string;
  readonly installs?: 'linked' | 'real';
}

export interface Image {
  /** The folder that stands for `/` of the container. */
  readonly folder: string;
  readonly stage: Stage;
}

export interface ImageBuilder {
  build(options: ImageOptions): Promise<Image>;
}

/** Stages that do not depend on the workspace are built once, as Docker's cache does. */
export function createImageBuilder(folder: string): ImageBuilder {
  const built = new Map<string, Promise<string>>();
  return {
    build: async ({ workspace, target = 'service', installs = 'linked' }) => {
      const stages = await readDockerfile({ WORKSPACE: workspace });
      const stage = getStage(stages, target);
      const buildStage = (name: string): Promise<string> => {
        const shared = name === 'manifests' || name === 'build';
        const key = shared ? name : `${name}-${workspace.replaceAll('/', '-')}-${installs}`;
        const known = built.get(key);
        if (known) return known;
        const task = layStage(getStage(stages, name), join(folder, key), { stages, buildStage, installs });
        built.set(key, task);
        return task;
      };
      return { folder: await buildStage(target), stage };
    },
  };
}

function getStage(stages: readonly Stage[], name: string): Stage {
  const stage = stages.find((candidate) => candidate.name === name);
  if (!stage) throw new Error(`the Dockerfile has no stage ${name}`);
  return stage;
}

interface Build {
  readonly stages: readonly Stage[];
  readonly buildStage: (name: string) => Promise<string>;
  readonly installs: 'linked' | 'real';
}

async function layStage(stage: Stage, folder: string, build: Build): Promise<string> {
  mkdirSync(folder, { recursive: true });
  if (build.stages.some(({ name }) => name === stage.base))
    linkTree(await build.buildStage(stage.base), folder);
  for (const step of stage.steps) await apply(step, folder, build);
  return folder;
}

async function apply(step: Step, folder: string, build: Build): Promise<void> {
  const workdir = join(folder, step.workdir);
  mkdirSync(workdir, { recursive: true });
  if (step.kind === 'copy') {
    const from = step.copy.from === undefined ? undefined : await build.buildStage(step.copy.from);
    if (from === undefined) await copyFromContext(step.copy, workdir);
    else copyFromStage(step.copy, from, workdir);
    return;
  }
  if (step.command.startsWith('npm ci ') && build.installs === 'linked')
    await linkInstall(step.command, workdir);
  else
    await runShell(
      `${step.command}${step.command.startsWith('npm ci ') ? ' --prefer-offline' : ''}`,
      workdir,
    );
}

async function copyFromContext({ sources, target }: Copy, workdir: string): Promise<void> {
  const isIgnored = await readDockerIgnore();
  for (const source of sources) {
    const files = listFiles(source).filter((file) => !isIgnored(file));
    if (files.length === 0) throw new Error(`COPY ${source}: nothing that .dockerignore leaves`);
    for (const file of files) {
      const inside = source === '.' ? file : basename(source);
      const to = join(workdir, target, inside);
      mkdirSync(dirname(to), { recursive: true });
      cpSync(join(root, file), to);
    }
  }
}

/** Every file below `source`, by its path from the root of the checkout, but for what is too much to look at. */
function listFiles(source: string): readonly string[] {
  if (statSync(join(root, source)).isFile()) return [source];
  const isSkipped = (name: string): boolean => name === 'node_modules' || name === '.git';
  const list = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      if (isSkipped(entry.name)) return [];
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return list(path);
      return entry.isFile() ? [path] : [];
    });
  return list(source);
}

function copyFromStage({ sources, target }: Copy, from: string, workdir: string): void {
  for (const source of sources) linkTree(join(from, source), join(workdir, target));
}

const Plan = z.object({ add: z.array(z.object({ path: z.string() })) });
const Lock = z.object({
  packages: z.record(z.string(), z.object({ dev: z.boolean().optional(), optional: z.boolean().optional() })),
});

/** What `npm ci` would do, without the copying. */
async function linkInstall(command: string, workdir: string): Promise<void> {
  if (!command.includes('--workspace=')) {
    for (const path of [
      'node_modules',
      ...globSync('{router,packages/*,subgraphs/*}/node_modules', { cwd: root }),
    ])
      symlinkSync(join(root, path), join(workdir, path));
    return;
  }
  const { stdout } = await runShell(`${command} --dry-run --json --offline`, workdir);
  const plan = Plan.parse(JSON.parse(stdout.slice(stdout.indexOf('{\n'))));
  const paths = plan.add.map(({ path }) => relative(workdir, path));
  const workspaces = paths.filter((path) => path.startsWith('node_modules/@flowgrid/')).map(workspaceOf);
  // The plan names a linked workspace, but not the packages that lie inside it.
  const lock = Lock.parse(JSON.parse(readFileSync(join(workdir, 'package-lock.json'), 'utf8')));
  const nested = Object.entries(lock.packages).filter(
    ([path, { dev, optional }]) =>
      workspaces.some((workspace) => path.startsWith(`${workspace}/node_modules/`)) && !dev && !optional,
  );
  for (const path of [...paths, ...nested.map(([path]) => path)].toSorted()) installLinked(path, workdir);
}

function workspaceOf(path: string): string {
  const name = basename(path);
  return (
    ['router', `packages/${name}`, `subgraphs/${name}`].find(
      (folder) => basename(folder) === name && existsSync(join(root, folder)),
    ) ?? name
  );
}

function installLinked(path: string, workdir: string): void {
  const target = join(workdir, path);
  mkdirSync(dirname(target), { recursive: true });
  if (path.startsWith('node_modules/@flowgrid/')) {
    symlinkSync(relative(dirname(target), join(workdir, workspaceOf(path))), target);
    return;
  }
  // A package without files of its own platform is planned, but not there.
  if (existsSync(join(root, path)))
    linkTree(join(root, path), target, { isSkipped: (name) => name === 'node_modules' });
}

async function runShell(command: string, cwd: string): Promise<{ stdout: string }> {
  const bin = join(root, 'node_modules', '.bin');
  return run('sh', ['-ec', command], {
    cwd,
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: process.env['HOME'] ?? '/' },
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** The packages that are installed in an image, by their folders. */
export function listInstalled(folder: string): readonly string[] {
  return globSync('app/**/node_modules/{*,@*/*}/package.json', { cwd: folder })
    .map((path) => dirname(path))
    .filter((path) => readdirSync(join(folder, path)).length > 0)
    .toSorted();
}
