// The data directory of a PostgreSQL cluster: made once, checked before each start.
import { execFile } from 'node:child_process';
import { chown, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FinalError, LocalError } from '../local-error.ts';
import { isAlive, readCommandLine } from '../process-table.ts';
import type { Account } from './account.ts';
import { makePrivateDirectory, requireReachable } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';

const run = promisify(execFile);

export const SUPERUSER = 'postgres';

export interface ClusterOptions {
  dataDirectory: string;
  superuserPassword: string;
  account: Account | undefined;
  binaries: PostgresBinaries;
  /** False for data that is thrown away: nothing waits for the disk. */
  isDurable: boolean;
}

/** Makes the cluster when the directory has none. A cluster that was not finished is never taken for one. */
export async function ensureCluster(options: ClusterOptions): Promise<void> {
  const { dataDirectory, account, binaries } = options;
  await requireReachable(dataDirectory, account);
  const version = await readFile(join(dataDirectory, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) return createCluster(options);
  if (Number(version) === binaries.major) return;
  throw new FinalError(
    `${dataDirectory} holds data of PostgreSQL ${version.trim()}, and the installed PostgreSQL is ${binaries.major}. ` +
      'Dump the data with the old version, or move the folder away to start with an empty database.',
  );
}

async function createCluster(options: ClusterOptions): Promise<void> {
  const { dataDirectory, account, binaries } = options;
  const draft = `${dataDirectory}.new-${process.pid}`;
  const secrets = await mkdtemp(join(tmpdir(), 'flowgrid-initdb-'));
  const passwordFile = join(secrets, 'password');
  try {
    await makePrivateDirectory(secrets, account);
    await writeFile(passwordFile, options.superuserPassword, { mode: 0o600 });
    if (account !== undefined) await chown(passwordFile, account.uid, account.gid);
    await makePrivateDirectory(draft, account);
    await run(
      binaries.initdb,
      [
        `--pgdata=${draft}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        ...localeFlags(binaries.major),
        ...(options.isDurable ? [] : ['--no-sync']),
      ],
      { cwd: secrets, ...account },
    );
    await rename(draft, dataDirectory);
  } catch (cause) {
    throw new FinalError(`PostgreSQL could not make its data directory ${dataDirectory}: ${explain(cause)}`, {
      cause,
    });
  } finally {
    await rm(secrets, { recursive: true, force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

/** Text sorts by code point and knows the case of every letter, on every machine alike. */
function localeFlags(major: number): string[] {
  // The provider that needs nothing of the operating system came with PostgreSQL 17.
  return major >= 17
    ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    : ['--locale=C', '--lc-ctype=C.UTF-8'];
}

function explain(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return 'stderr' in cause && typeof cause.stderr === 'string' && cause.stderr !== ''
    ? cause.stderr.trim()
    : cause.message;
}

/** The id of the PostgreSQL that runs on this data directory, if one does. */
export async function findPostmaster(dataDirectory: string): Promise<number | undefined> {
  const content = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(content.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return undefined;
  const command = await readCommandLine(pid);
  // After a crash the number may belong to any other process by now.
  return command.includes('postgres') && command.includes(dataDirectory) ? pid : undefined;
}

/** Removes the pid file of a PostgreSQL that is gone; PostgreSQL itself would trust a reused number and refuse to start. */
export async function clearStalePidFile(dataDirectory: string): Promise<void> {
  const pid = await findPostmaster(dataDirectory);
  if (pid !== undefined) {
    throw new LocalError(`A PostgreSQL (process ${pid}) is already running on ${dataDirectory}.`);
  }
  await rm(join(dataDirectory, 'postmaster.pid'), { force: true });
}
