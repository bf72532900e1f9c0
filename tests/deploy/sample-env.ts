/** An `.env` as the documented script makes it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv, promisify } from 'node:util';
import { ROOT } from './root.ts';

const run = promisify(execFile);
let made: Promise<Readonly<Record<string, string>>> | undefined;

/** Made once per test file, in a folder that is gone afterwards. */
export function readSampleEnv(): Promise<Readonly<Record<string, string>>> {
  made ??= makeSampleEnv();
  return made;
}

async function makeSampleEnv(): Promise<Readonly<Record<string, string>>> {
  const folder = await mkdtemp(join(tmpdir(), 'flowgrid-env-'));
  try {
    return await makeEnv(join(folder, '.env'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs the script on a file, and reads the file as Compose does. */
export async function makeEnv(file: string): Promise<Record<string, string>> {
  await run('sh', [fileURLToPath(new URL('deploy/docker/make-env.sh', ROOT)), file]);
  const values = Object.entries(parseEnv(await readFile(file, 'utf8')));
  return Object.fromEntries(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
