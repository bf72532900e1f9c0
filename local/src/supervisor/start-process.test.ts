/** Real processes: tiny programs that behave well or badly. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkoutDirectory } from '../checkout.ts';
import { findFreePort } from '../ports.ts';
import { isAlive, waitUntilGone } from '../process-table.ts';
import type { Watchdog } from '../watchdog/start-watchdog.ts';
import { startWatchdog } from '../watchdog/start-watchdog.ts';
import type { ProcessDefinition } from './start-process.ts';
import { startProcess } from './start-process.ts';

const SERVER = `
  import { createServer } from 'node:http';
  const server = createServer((_, response) => response.end()).listen(process.env.PORT, '127.0.0.1');
  process.on('SIGTERM', () => { console.log('stopping'); server.closeAllConnections(); server.close(); });
  console.log('started for ' + process.env.GREETED);`;

let folder: string;
let watchdog: Watchdog;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flowgrid-test-'));
  watchdog = startWatchdog();
});
afterAll(async () => {
  await watchdog[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function define(name: string, program: string): Promise<ProcessDefinition> {
  await writeFile(join(folder, `${name}.mjs`), program);
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  return {
    name,
    workspace: relative(checkoutDirectory(), folder),
    entry: `${name}.mjs`,
    env: { PORT: String(port) },
    port,
    url,
    readinessUrl: `${url}/readyz`,
    stage: 1,
  };
}

test('a process is there when it is ready, and gone after its stop', async () => {
  const lines: string[] = [];
  const definition = await define('server', SERVER);
  const onLog = (name: string, line: string): void => {
    lines.push(`${name}: ${line}`);
  };

  const running = await startProcess(definition, { watchdog, onLog, inheritedEnv: { GREETED: 'you' } });
  const answer = await fetch(running.url);
  await running.stop();

  expect(answer.status).toBe(200);
  expect(lines).toEqual(['server: started for you', 'server: stopping']);
  expect(await running.exited).toEqual({ code: 0, signal: null });
  expect(isAlive(running.pid)).toBe(false);
});

test('a process that ends at its start is reported with its last lines', async () => {
  const definition = await define(
    'broken',
    `console.log('reading'); console.error('no database'); process.exit(3);`,
  );

  await expect(startProcess(definition, { watchdog })).rejects.toThrow(
    /^broken ended before it was ready\. Its last lines:\n {2}(reading\n {2}no database|no database\n {2}reading)$/,
  );
});

test('a process that is never ready is ended and reported', async () => {
  const definition = await define('silent', `console.log(process.pid); setInterval(() => {}, 1000);`);
  let pid = 0;
  const onLog = (_name: string, line: string): void => {
    pid = Number(line);
  };

  const start = startProcess(definition, { watchdog, onLog, readyTimeoutMs: 500 });

  await expect(start).rejects.toThrow(`silent is not ready after 0.5 s (${definition.readinessUrl})`);
  expect(isAlive(pid)).toBe(false);
});

test('a start is given up on request', async () => {
  const definition = await define('slow', `setInterval(() => {}, 1000);`);
  const giveUp = new AbortController();

  const start = startProcess(definition, { watchdog, signal: giveUp.signal });
  giveUp.abort();

  await expect(start).rejects.toThrow('slow ended before it was ready');
});

test('the watchdog ends what is left when its owner goes, children of children included', async () => {
  const own = startWatchdog();
  const parent = `
    import { spawn } from 'node:child_process';
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    console.log(child.pid);
    ${SERVER}`;
  let grandchild = 0;
  const onLog = (_name: string, line: string): void => {
    grandchild ||= Number(line);
  };
  const running = await startProcess(await define('parent', parent), { watchdog: own, onLog });

  // The pipe closes just as it does when the owner is killed.
  await own[Symbol.asyncDispose]();

  expect(await waitUntilGone(running.pid, 10_000)).toBe(true);
  expect(await waitUntilGone(grandchild, 10_000)).toBe(true);
});
