/**
 * `npm run bench:router -- PATH_TO_ROUTER_BENCH [OPTIONS OF THE BENCH]`: measures the router as the candidate of an external
 * bench, which is installed there: `node run.mjs --candidate "COMMAND" --path /graphql`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder, ...bench] = process.argv.slice(2);
if (folder === undefined || !existsSync(join(folder, 'run.mjs'))) {
  console.error(
    'usage: npm run bench:router -- PATH_TO_ROUTER_BENCH [--rounds 3] [--seconds 8] [--only a,b]',
  );
  process.exit(1);
}
const router = fileURLToPath(new URL('../../router/src/main.ts', import.meta.url));
// The bench sets SUPERGRAPH_PATH and PORT; its clients have no identity.
const candidate = `env ROUTER_IDENTITY=off LOG_LEVEL=warn ${process.execPath} ${router}`;
const args = ['run.mjs', '--candidate', candidate, '--path', '/graphql', ...bench];
console.log([process.execPath, ...args].map((part) => (part.includes(' ') ? `"${part}"` : part)).join(' '));
const child = spawn(process.execPath, args, { cwd: resolve(folder), stdio: 'inherit' });
const [code] = await once(child, 'exit');
process.exitCode = typeof code === 'number' ? code : 1;
