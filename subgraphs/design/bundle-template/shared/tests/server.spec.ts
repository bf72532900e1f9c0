/** The HTTP server: who may call it, what it takes, how it ends. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { AgentAnswer } from '../src/agent-task.ts';
import { createAgentServer } from '../src/server.ts';
import type { ServerOptions } from '../src/server.ts';
import { listen } from './support/model-server.ts';

const TOKEN = 'a token of the tests';

interface Started extends AsyncDisposable {
  readonly url: string;
  readonly close: () => Promise<void>;
  readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
}

async function start(options: Partial<ServerOptions> = {}): Promise<Started> {
  const card: unknown = JSON.parse(await readFile(new URL('../agent-card.json', import.meta.url), 'utf8'));
  assert.ok(typeof card === 'object' && card !== null);
  const { server, close } = createAgentServer({
    run: async ({ prompt }) => await Promise.resolve({ text: `Heard: ${prompt}`, toolCalls: [] }),
    token: TOKEN,
    card,
    maxConcurrentRuns: 1,
    runTimeoutMs: 5_000,
    findProblems: () => [],
    ...options,
  });
  const url = await listen(server);
  return {
    url,
    close: async () => await close(0),
    post: async (path, body, headers = {}) =>
      await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: async () => await close(0),
  };
}

test('health and the card need no token', async () => {
  await using server = await start();

  const [live, ready, card] = await Promise.all(
    ['/livez', '/readyz', '/.well-known/agent-card.json'].map(
      async (path) => await fetch(`${server.url}${path}`),
    ),
  );

  assert.deepEqual([live?.status, ready?.status, card?.status], [200, 200, 200]);
  assert.match((await card?.text()) ?? '', /"supportedInterfaces"/);
  const again = await fetch(`${server.url}/.well-known/agent-card.json`, {
    headers: { 'if-none-match': card?.headers.get('etag') ?? '' },
  });
  assert.equal(again.status, 304);
});

test('a server that lacks something is alive but not ready, and says what', async () => {
  await using server = await start({ findProblems: () => ['Set A_KEY.'] });

  const response = await fetch(`${server.url}/readyz`);

  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { status: 'not ready', problems: ['Set A_KEY.'] });
});

test('a task is answered', async () => {
  await using server = await start();

  const response = await server.post('/invoke', { input: 'Do it.' });

  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { output: 'Heard: Do it.', toolCalls: [], toolsToApprove: [] });
});

test('a caller without the token gets nothing', async () => {
  await using server = await start();

  const refused = await Promise.all([
    server.post('/invoke', { input: 'x' }, { authorization: 'Bearer another token' }),
    server.post('/message:send', {}, { authorization: '' }),
    fetch(`${server.url}/anything`),
  ]);

  assert.deepEqual(
    refused.map(({ status }) => status),
    [401, 401, 401],
  );
});

test('only tools that the caller names as approved may run, and refused ones are named', async () => {
  await using server = await start({
    run: async ({ approve }) => {
      const names = ['pay', 'send'];
      const answers = await Promise.all(names.map(async (name) => await approve(name, {})));
      return {
        text: 'ok',
        toolCalls: names.map((name, index) => ({
          name,
          input: {},
          outcome: answers[index] === true ? ('DONE' as const) : ('REFUSED' as const),
        })),
      };
    },
  });

  const response = await server.post('/invoke', { input: 'x', approvedTools: ['send'] });

  assert.match(await response.text(), /"toolsToApprove":\["pay"\]/);
});

test('what is no task is refused with a reason', async () => {
  await using server = await start();

  const statuses = await Promise.all(
    [
      server.post('/invoke', '{'),
      server.post('/invoke', { input: '' }),
      server.post('/invoke', { input: 'x', more: 1 }),
      server.post('/invoke', { input: 'x' }, { 'content-type': 'text/plain' }),
      server.post('/invoke', { input: 'x'.repeat(300_000) }),
      server.post('/nowhere', {}),
    ].map(async (response) => (await response).status),
  );

  assert.deepEqual(statuses, [400, 400, 400, 415, 413, 404]);
});

test('another agent is answered by A2A, and other methods of A2A are declined as it says', async () => {
  await using server = await start();
  const message = { messageId: 'm-1', contextId: 'c-1', role: 'ROLE_USER', parts: [{ text: 'Do it.' }] };

  const answer = await server.post('/message:send', { message }, { 'a2a-version': '1.0' });
  const declined = await Promise.all([
    server.post('/message:send', { message }, { 'a2a-version': '0.3' }),
    server.post('/message:stream', { message }),
    fetch(`${server.url}/tasks/7`, { headers: { authorization: `Bearer ${TOKEN}` } }),
  ]);

  assert.match(
    await answer.text(),
    /"contextId":"c-1","role":"ROLE_AGENT","parts":\[\{"text":"Heard: Do it\."/,
  );
  assert.deepEqual(
    declined.map(({ status }) => status),
    [400, 400, 404],
  );
});

test('a task that was handed on too often is refused', async () => {
  await using server = await start();

  const response = await server.post('/invoke', { input: 'x' }, { 'x-hand-off-depth': '5' });

  assert.equal(response.status, 409);
});

test('a task more than the server may run at once is sent away', async () => {
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<AgentAnswer>();
  await using server = await start({
    run: async () => {
      started.resolve();
      return await release.promise;
    },
  });

  const first = server.post('/invoke', { input: 'x' });
  await started.promise;
  const second = await server.post('/invoke', { input: 'y' });
  release.resolve({ text: 'ok', toolCalls: [] });

  assert.equal(second.status, 503);
  assert.equal((await first).status, 200);
});

test('a task that takes too long is stopped', async () => {
  await using server = await start({
    runTimeoutMs: 10,
    run: async ({ signal }) =>
      await new Promise<AgentAnswer>((_, reject) => {
        signal?.addEventListener('abort', () => {
          reject(new Error('stopped'));
        });
      }),
  });

  const response = await server.post('/invoke', { input: 'x' });

  assert.equal(response.status, 504);
});

test('what fails inside is not told to the caller', async () => {
  await using server = await start({ run: async () => await Promise.reject(new Error('password is 7')) });

  const response = await server.post('/invoke', { input: 'x' });

  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /password/);
});

test('a server that is closed stops what still runs', async () => {
  const started = Promise.withResolvers<AbortSignal | undefined>();
  await using server = await start({
    run: async ({ signal }) => {
      started.resolve(signal);
      return await new Promise<AgentAnswer>(() => {});
    },
  });

  const response = server.post('/invoke', { input: 'x' }).catch(() => null);
  const signal = await started.promise;
  await server.close();

  assert.equal(signal?.aborted, true);
  assert.equal(await response, null);
});
