/** Generates the Prisma client of every subgraph from `prisma/<subgraph>/schema.prisma`. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { prismaCliEnv } from './env.ts';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
const entries = await readdir(folder, { recursive: true });
const schemas = entries.filter((path) => /^[a-z_]+\/schema\.prisma$/.test(path)).toSorted();

await Promise.all(
  schemas.map((path) =>
    run(
      process.execPath,
      [`${root}node_modules/prisma/build/index.js`, 'generate', '--schema', `${folder}${path}`],
      {
        cwd: root,
        env: prismaCliEnv(),
      },
    ),
  ),
);
