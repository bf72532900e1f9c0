import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, openSocket } from './testkit/router.ts';
import { startPlain, startSubgraphs, type Fixture } from './testkit/subgraphs.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

let fixture: Fixture;
let folder: string;
let supergraphPath: string;

beforeAll(async () => {
  fixture = await startSubgraphs();
  folder = await mkdtemp(join(tmpdir(), 'router-'));
  supergraphPath = join(folder, 'supergraph.graphql');
  const sdl = ['agents', 'auth', 'design'].reduce(
    (current, name) => current.replaceAll(`http://${name}.internal`, fixture.baseUrlOf(name)),
    fixture.supergraphSdl,
  );
  await writeFile(supergraphPath, sdl);
});

afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function start(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [MAIN], {
    env: { APOLLO_TELEMETRY_DISABLED: '1', SHUTDOWN_DRAIN_SECONDS: '0', ...env },
  });
}

async function urlOf(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no output');
  for await (const line of createInterface(child.stdout)) {
    const { msg, url } = JSON.parse(line) as { msg: string; url: string };
    if (msg === 'listening') return url;
  }
  throw new Error('the router did not start');
}

test('a router starts alone for any supergraph, and ends in order at SIGTERM', async () => {
  const child = start({ ROUTER_IDENTITY: 'off', SUPERGRAPH_PATH: supergraphPath, PORT: '0' });
  const url = await urlOf(child);
  await using socket = openSocket({ url }, { lazy: false, onNonLazyError: () => undefined });
  await socket.client.iterate({ query: '{ __typename }' }).next();

  const { body } = await ask({ url }, '{ agent(id: "1") { owner { name } } }');
  const ready = await fetch(`${url}/readyz`);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');

  expect(body).toEqual({ data: { agent: { owner: { name: 'Name of owner-of-1' } } } });
  expect(ready.status).toBe(200);
  expect((await socket.closed).code).toBe(1001);
  expect(await exited).toEqual([0, null]);
});

test('a router that is not told where auth and the subgraphs are does not start, and says what is missing', async () => {
  const placeholders = join(folder, 'placeholders.graphql');
  await writeFile(placeholders, fixture.supergraphSdl);
  const child = start({ SUPERGRAPH_PATH: placeholders, PORT: '0', SUBGRAPH_AUTH_URL: 'http://127.0.0.1:1' });

  const [[code], message] = await Promise.all([once(child, 'exit'), text(child.stderr ?? Readable.from([]))]);

  expect(code).toBe(1);
  expect(message).toBe(
    [
      'The environment is not valid:',
      '  AUTH_URL: is required',
      '  SUBGRAPH_AGENTS_URL: is required',
      '  SUBGRAPH_DESIGN_URL: is required',
      '',
    ].join('\n'),
  );
});

test('a router is ready once auth has answered, and stays so', async () => {
  let isUp = false;
  const auth = await startPlain((_request, response) => {
    response.writeHead(isUp ? 200 : 503).end();
  });
  const child = start({ SUPERGRAPH_PATH: supergraphPath, PORT: '0', AUTH_URL: auth.url });
  const url = await urlOf(child);

  const before = await fetch(`${url}/readyz`);
  isUp = true;
  const after = await fetch(`${url}/readyz`);
  await auth[Symbol.asyncDispose]();
  const later = await fetch(`${url}/readyz`);

  expect([before.status, after.status, later.status]).toEqual([503, 200, 200]);
  child.kill('SIGTERM');
  await once(child, 'exit');
});
