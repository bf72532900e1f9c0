/** Bundles unpacked side by side, with one real install for all of them: they depend on the same versions. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import type { BundleInput } from '../../subgraphs/design/src/modules/code/bundle.ts';
import { generateBundle } from '../../subgraphs/design/src/modules/code/generate-bundle.ts';
import { zipBundle } from '../../subgraphs/design/src/modules/code/zip-bundle.ts';

export interface Finished {
  readonly code: number;
  readonly output: string;
}

export interface Workspace extends AsyncDisposable {
  readonly folder: string;
  /** Folders of the projects, relative. */
  readonly projects: readonly string[];
  /** Why the packages could not be installed; null when they are there. */
  readonly unreachable: string | null;
  /** Runs a Node program with the workspace's packages. */
  run(program: readonly string[], project?: string): Promise<Finished>;
}

const COMMAND_TIMEOUT_MS = 240_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const UNREACHABLE = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|ENOTCACHED/;

export async function createWorkspace(bundles: Readonly<Record<string, BundleInput>>): Promise<Workspace> {
  const folder = await mkdtemp(path.join(tmpdir(), 'flowgrid-bundles-'));
  const projects: string[] = [];
  for (const [name, input] of Object.entries(bundles)) {
    for (const [file, bytes] of Object.entries(unzipSync(zipBundle(generateBundle(input).files)))) {
      const target = path.join(folder, name, file);
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, bytes);
      if (path.basename(file) === 'package.json') projects.push(path.join(name, path.dirname(file)));
    }
  }
  const run = async (program: readonly string[], project = '.'): Promise<Finished> =>
    await execute(process.execPath, program, path.join(folder, project));
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
  };
  const unreachable = await install(folder, projects[0] ?? '').catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return {
    folder,
    projects,
    unreachable,
    run,
    [Symbol.asyncDispose]: remove,
  };
}

/** `npm ci` as the README says, at the root of all bundles, with the lock of the first. */
async function install(folder: string, project: string): Promise<string | null> {
  for (const file of ['package.json', 'package-lock.json', '.oxlintrc.json']) {
    await copyFile(path.join(folder, project, file), path.join(folder, file));
  }
  const { code, output } = await execute(
    'npm',
    ['ci', '--prefer-offline', '--no-audit', '--no-fund'],
    folder,
  );
  if (code === 0) return null;
  if (UNREACHABLE.test(output) && process.env['CI'] !== 'true')
    return 'the package registry cannot be reached';
  throw new Error(`npm ci failed:\n${output}`);
}

/** Without what the run of this test suite put into the environment. */
function ownEnv(): Record<string, string> {
  const kept = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ||
    /^(?:NODE_ENV|NODE_OPTIONS|NODE_TEST|NODE_V8|VITEST|ANTHROPIC_|OPENAI_|AGENT_|npm_lifecycle|npm_package)/.test(
      name,
    )
      ? []
      : [[name, value] as const],
  );
  return Object.fromEntries(kept);
}

async function execute(command: string, args: readonly string[], cwd: string): Promise<Finished> {
  const options = { cwd, env: ownEnv(), timeout: COMMAND_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
  return await new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}
