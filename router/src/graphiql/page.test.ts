import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpServer, createLogger, listen, type RunningServer } from '@flowgrid/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addErrorAnswers } from '../error-answers.ts';
import { startFixtureRouter } from '../testkit/router.ts';
import { startSubgraphs } from '../testkit/subgraphs.ts';
import { addGraphiql } from './page.ts';

let folder: string;
let server: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graphiql-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><div id="root"></div>');
  await writeFile(join(folder, 'assets', 'index-1.js'), 'export {};');
  const logger = createLogger({ name: 'test', level: 'silent' });
  const options = { name: 'router', host: '127.0.0.1', port: 0, logger, checkReady: () => Promise.resolve() };
  const app = createHttpServer(options);
  addErrorAnswers(app, logger);
  const page = addGraphiql(app, folder);
  app.get('/graphql', (request, reply) => (page.isWantedBy(request) ? page.send(reply) : 'an operation'));
  server = await listen(app, options);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

test('a browser gets the page, with a policy that lets nothing in from elsewhere', async () => {
  const response = await fetch(`${server.url}/graphql`, { headers: BROWSER });

  expect(await response.text()).toContain('id="root"');
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-cache');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';");
});

test('a program does not get the page', async () => {
  const plain = await fetch(`${server.url}/graphql`);
  const query = await fetch(`${server.url}/graphql?query=%7B__typename%7D`, { headers: BROWSER });

  expect(await plain.text()).toBe('an operation');
  expect(await query.text()).toBe('an operation');
});

test('the files of the page may be kept for ever', async () => {
  const response = await fetch(`${server.url}/graphiql/assets/index-1.js`);

  expect(await response.text()).toBe('export {};');
  expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
});

// A name from outside must not become a path on the disk.
test.each(['..%2findex.html', '..%2f..%2fpackage.json', 'none.js'])(
  'the file %s is not found',
  async (file) => {
    const response = await fetch(`${server.url}/graphiql/assets/${file}`);

    expect(response.status).toBe(404);
  },
);

test('production has no page', async () => {
  await using fixture = await startSubgraphs();
  await using router = await startFixtureRouter(fixture, { isExplorable: false });

  const page = await fetch(`${router.url}/graphql`, { headers: BROWSER });
  const file = await fetch(`${router.url}/graphiql/assets/index-1.js`);

  expect(page.status).toBe(400);
  expect(file.status).toBe(404);
});
