/** `npm start` as a program: started, interrupted, started again, killed. One folder of data through all of it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort, findPlatformFile, type PlatformFile } from '../../local/src/index.ts';
import { dataOf, postGraphQL } from '../testkit/graphql.ts';
import { until } from '../testkit/wait.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START_LIMIT_MS = 150_000;
const STOP_LIMIT_MS = 40_000;

let home: string;
let launcher: Launcher | undefined;

interface Launcher {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'flowgrid-launcher-'));
  // As root PostgreSQL runs as another user, who must get through to the data.
  await chmod(home, 0o711);
});
afterAll(async () => {
  launcher?.child.kill('SIGKILL');
  await until(
    'nothing of the launcher runs',
    async () => (await processesOf(home)).length === 0,
    STOP_LIMIT_MS,
  );
  await rm(home, { recursive: true, force: true });
});

function environment(port: number): Record<string, string> {
  return {
    PATH: String(process.env['PATH']),
    FLOWGRID_HOME: home,
    PORT: String(port),
    NO_COLOR: '1',
    LOG_LEVEL: 'debug',
  };
}

function launch(port: number): Launcher {
  const child = spawn(process.execPath, ['local/src/main.ts'], {
    cwd: ROOT,
    env: environment(port),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on('line', (line) => lines.push(line));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { child, lines, ended };
}

/** Starts the launcher and waits until it says that it is ready; returns what it wrote down. */
async function start(port: number): Promise<PlatformFile> {
  const started = launch(port);
  launcher = started;
  let hasEnded = false;
  void started.ended.then(() => {
    hasEnded = true;
  });
  await until(
    'the launcher is ready',
    () => {
      if (hasEnded) throw new Error(`the launcher ended:\n${started.lines.join('\n')}`);
      return started.lines.some((line) => line.includes('Flowgrid is ready'));
    },
    START_LIMIT_MS,
  );
  const platform = await findPlatformFile(home);
  if (!platform) throw new Error('no platform.json');
  return platform;
}

/** Runs `npm run token` and returns what it prints. */
async function printToken(email: string): Promise<string> {
  const child = spawn(process.execPath, ['local/src/token.ts', email], {
    cwd: ROOT,
    env: environment(4000),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await once(child, 'close');
  return lines.join('\n');
}

/** Every process that was started with this home, whichever group it is in; Linux tells, other systems do not. */
async function processesOf(directory: string): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // A process may end between the two looks; one that has ended has no environment.
      const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environ.split('\0').includes(`FLOWGRID_HOME=${directory}`) ? [pid] : [];
    }),
  );
  return found.flat();
}

async function isFree(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('connect', () => resolve(false));
  socket.once('error', () => resolve(true));
  const answer = await promise;
  socket.destroy();
  return answer;
}

async function expectNothingLeft({ routerUrl, services }: PlatformFile): Promise<void> {
  expect(await processesOf(home)).toEqual([]);
  const urls = [routerUrl, ...Object.values(services)];
  expect(await Promise.all(urls.map((url) => isFree(url)))).toEqual(urls.map(() => true));
}

const AGENTS = '{ viewer { user { email } } agents(first: 100) { edges { node { id name } } } }';
const CREATE = `mutation Create($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } errors { code } } }`;

interface AgentsAnswer {
  readonly viewer: { readonly user: { readonly email: string } };
  readonly agents: { readonly edges: readonly { readonly node: { readonly name: string } }[] };
}

async function listAgents({ graphqlUrl }: PlatformFile): Promise<AgentsAnswer> {
  const token = await printToken('editor@acme.test');
  return dataOf<AgentsAnswer>(await postGraphQL(graphqlUrl, { query: AGENTS }, token));
}

const namesIn = ({ agents }: AgentsAnswer): readonly string[] => agents.edges.map(({ node }) => node.name);

async function occupy(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

/** Where in the output a process says something. */
function place(source: string, text: string): number {
  const lines = launcher?.lines ?? [];
  const index = lines.findIndex((line) => line.startsWith(source) && line.includes(text));
  if (index < 0) throw new Error(`${source} did not say "${text}":\n${lines.slice(-60).join('\n')}`);
  return index;
}

let keptName: string;

test(
  'the first start makes the demo data, writes down where it listens, and a token of it works',
  async () => {
    const port = await findFreePort();

    const platform = await start(port);
    const ready = await fetch(`${platform.routerUrl}/readyz`);
    const answer = await listAgents(platform);

    expect(platform).toMatchObject({
      pid: launcher?.child.pid,
      graphqlUrl: `http://localhost:${port}/graphql`,
    });
    expect(ready.status).toBe(200);
    expect(answer.viewer.user.email).toBe('editor@acme.test');
    expect(namesIn(answer)).toHaveLength(6);
    keptName = `Kept ${port}`;
    const token = await printToken('editor@acme.test');
    const created = await postGraphQL(
      platform.graphqlUrl,
      { query: CREATE, variables: { input: { name: keptName } } },
      token,
    );
    expect(dataOf(created)).toMatchObject({ createAgent: { errors: [] } });
  },
  START_LIMIT_MS + STOP_LIMIT_MS,
);

test('a second launcher on the same folder says that one is running, and where', async () => {
  const platform = await findPlatformFile(home);

  const second = launch(await findFreePort());
  const end = await second.ended;

  expect(end).toEqual({ code: 1, signal: null });
  expect(second.lines.join('\n')).toContain(`Flowgrid is already running in ${home}`);
  expect(second.lines.join('\n')).toContain(String(platform?.graphqlUrl));
  expect((await fetch(`${platform?.routerUrl}/readyz`)).status).toBe(200);
});

test('Ctrl-C stops everything in order, router first and PostgreSQL last, and leaves nothing behind', async () => {
  const platform = await findPlatformFile(home);
  if (!platform || !launcher) throw new Error('nothing runs');

  launcher.child.kill('SIGINT');
  const end = await launcher.ended;

  expect(end).toEqual({ code: 0, signal: null });
  expect(launcher.lines.at(-1)).toContain('Stopped. The data is kept.');
  const stopping = (name: string): number => place(name, 'stopping signal=SIGTERM');
  const services = ['agents', 'auth', 'design ', 'integrations'].map(stopping);
  const workers = ['design-worker', 'delivery-worker'].map(stopping);
  expect(stopping('router')).toBeLessThan(Math.min(...workers));
  expect(Math.max(...workers)).toBeLessThan(Math.min(...services));
  expect(Math.max(...services)).toBeLessThan(place('postgres', 'received fast shutdown request'));
  await expectNothingLeft(platform);
  expect(await findPlatformFile(home)).toBeUndefined();
});

test(
  'the second start keeps the data, and chooses another port when the wanted one is taken, and says so',
  async () => {
    const taken = await findFreePort();
    await using _ = await occupy(taken);

    const platform = await start(taken);

    const port = new URL(platform.routerUrl).port;
    expect(port).not.toBe(String(taken));
    place('flowgrid', `Port ${taken} is taken; router listens on ${port}.`);
    const names = namesIn(await listAgents(platform));
    expect(names).toHaveLength(7);
    expect(names).toContain(keptName);
    console.log(launcher?.lines.find((line) => line.includes('Flowgrid is ready')));
  },
  START_LIMIT_MS,
);

test(
  'a launcher that is killed leaves nothing behind, and the next start finds the data',
  async () => {
    const killed = await findPlatformFile(home);
    if (!killed || !launcher) throw new Error('nothing runs');

    launcher.child.kill('SIGKILL');
    await launcher.ended;
    await until('nothing runs any more', async () => (await processesOf(home)).length === 0, STOP_LIMIT_MS);
    await expectNothingLeft(killed);
    const platform = await start(await findFreePort());
    const names = namesIn(await listAgents(platform));
    launcher.child.kill('SIGTERM');
    const end = await launcher.ended;

    expect(names).toContain(keptName);
    expect(end).toEqual({ code: 0, signal: null });
    await expectNothingLeft(platform);
  },
  START_LIMIT_MS + STOP_LIMIT_MS,
);
