/** The folder of one platform on this machine: data, secrets, and where it listens. */
import { chmod, lstat, mkdir, mkdtemp, readdir, readlink, stat, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkoutDirectory, rootRuntimeDirectory } from './checkout.ts';
import { LocalError } from './local-error.ts';

const HOME_PREFIX = 'home-';

/** Where the folder is; it need not exist. */
export function homeDirectory(configured: string | undefined): string {
  return configured === undefined ? join(checkoutDirectory(), '.flowgrid') : resolve(configured);
}

/**
 * Makes the folder. As root it becomes a link to a folder under /var/lib, because PostgreSQL runs as another user then,
 * and a checkout in a root home is closed to that user.
 */
export async function prepareHome(
  configured: string | undefined,
  say: (message: string) => void,
): Promise<string> {
  const home = homeDirectory(configured);
  const isRoot = process.getuid?.() === 0;
  const entry = await lstat(home).catch(() => undefined);
  if (entry?.isSymbolicLink()) return prepareLinked(home, isRoot);
  if (isRoot && entry === undefined && configured === undefined) return linkNewHome(home, say);
  if (entry === undefined) await mkdir(home, { recursive: true, mode: 0o700 });
  // An ordinary user's files may be private to the last; root's must let PostgreSQL's user through to the data.
  if (isRoot) await chmod(home, 0o711);
  return home;
}

/** Always an empty one: whoever removed the link, or the whole checkout, wanted to start afresh. */
async function linkNewHome(home: string, say: (message: string) => void): Promise<string> {
  const runtime = rootRuntimeDirectory();
  await makeEnterable(runtime);
  const earlier = (await readdir(runtime)).filter((name) => name.startsWith(HOME_PREFIX));
  for (const name of earlier)
    say(`Data of an earlier run is left in ${join(runtime, name)}; remove it if it is not needed.`);
  const target = await mkdtemp(join(runtime, HOME_PREFIX));
  await makeEnterable(target);
  await symlink(target, home);
  return home;
}

async function prepareLinked(home: string, isRoot: boolean): Promise<string> {
  const target = resolve(dirname(home), await readlink(home));
  if (isRoot) {
    await makeEnterable(target);
    return home;
  }
  const owner = await stat(target).catch(() => undefined);
  if (owner?.uid === process.getuid?.()) return home;
  throw new LocalError(
    `${home} leads to ${target}, which root made for itself. Run as root again, set FLOWGRID_HOME to a folder of your own, ` +
      `or remove ${home} to start with an empty database.`,
  );
}

async function makeEnterable(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o711);
}
