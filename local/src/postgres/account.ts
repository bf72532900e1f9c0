/** PostgreSQL refuses to run as root; this finds the unprivileged account that runs it then. */
import { chmod, chown, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FinalError } from '../local-error.ts';

export interface Account {
  uid: number;
  gid: number;
}

const CANDIDATES = ['postgres', '_postgres', 'nobody'];
const NUMERIC_FALLBACK: Account = { uid: 65_534, gid: 65_534 };

/** The account to run PostgreSQL with, or undefined where the present user will do. */
export async function postgresAccount(existingData?: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = existingData === undefined ? undefined : await stat(existingData).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return findAccount(await readFile('/etc/passwd', 'utf8').catch(() => ''));
}

export function findAccount(passwd: string): Account {
  const accounts = new Map(passwd.split('\n').map((line) => parseEntry(line)));
  for (const name of CANDIDATES) {
    const account = accounts.get(name);
    if (account !== undefined) return account;
  }
  return NUMERIC_FALLBACK;
}

function parseEntry(line: string): [string, Account | undefined] {
  const [name = '', , uid, gid] = line.split(':');
  const account = { uid: Number(uid), gid: Number(gid) };
  // macOS writes `nobody` as -2, which no system call accepts in this form.
  const isUsable =
    Number.isInteger(account.uid) && account.uid > 0 && Number.isInteger(account.gid) && account.gid >= 0;
  return [name, isUsable ? account : undefined];
}

/** Makes a folder that only the given account (or the present user) may enter. */
export async function makePrivateDirectory(path: string, account: Account | undefined): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o700);
  if (account !== undefined) await chown(path, account.uid, account.gid);
}

/** Throws when the account cannot walk to `path`, and names the folder that stops it. */
export async function requireReachable(path: string, account: Account | undefined): Promise<void> {
  if (account === undefined) return;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      throw new FinalError(
        `PostgreSQL cannot run as root, and the account it runs with (uid ${account.uid}) may not enter ${folder}. ` +
          `Choose a folder that others may enter, such as ${join('/var/lib', 'flowgrid')}.`,
      );
    }
    if (folder === dirname(folder)) return;
  }
}
