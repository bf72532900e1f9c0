/** The end of a real process under load: nothing that was sent is lost. */
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { startContextIssuer, type ContextIssuer } from '../../testkit/context-issuer.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { postGraphQL } from '../../testkit/graphql.ts';
import { createPlatform } from '../../testkit/platform.ts';
import { until } from '../../testkit/wait.ts';

const CLIENTS = 8;
const QUERY = '{ agents { edges { node { id } } } }';

const stack = new AsyncDisposableStack();
let database: TestDatabase;
let issuer: ContextIssuer;

beforeAll(async () => {
  database = stack.use(await createTestDatabase());
  issuer = stack.use(await startContextIssuer());
});
afterAll(() => stack.disposeAsync());

const startAgents = async (
  drainSeconds: string,
): Promise<Awaited<ReturnType<Awaited<ReturnType<typeof createPlatform>>['start']>>> => {
  const env = { agents: { AUTH_URL: issuer.url, SHUTDOWN_DRAIN_SECONDS: drainSeconds } };
  const platform = stack.use(await createPlatform({ database, env }));
  return platform.start('agents');
};

test('clients that turn away when readyz says so lose no request', async () => {
  const agents = await startAgents('5');
  const token = await issuer.signFor('EDITOR', { tenantId: newId(), audience: 'agents' });
  const statuses: (number | string)[] = [];
  const notReady = new AbortController();
  let sentWhileDraining = 0;
  let isStopping = false;
  const client = async (): Promise<void> => {
    while (!notReady.signal.aborted) {
      if (isStopping) sentWhileDraining += 1;
      const answer = await postGraphQL(`${agents.url}/graphql`, { query: QUERY }, token).catch(String);
      statuses.push(typeof answer === 'string' ? answer : answer.status);
    }
  };
  const balancer = async (): Promise<void> => {
    while (!notReady.signal.aborted) {
      if (!(await fetch(`${agents.url}/readyz`)).ok) notReady.abort();
      await setImmediate();
    }
  };
  const load = Promise.all([balancer(), ...Array.from({ length: CLIENTS }, client)]);
  await until('some answers', () => statuses.length > CLIENTS);

  isStopping = true;
  agents.kill('SIGTERM');
  await load;
  const live = await fetch(`${agents.url}/livez`);

  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(sentWhileDraining).toBeGreaterThan(0);
  expect([live.status, live.headers.get('connection')]).toEqual([200, 'close']);
  expect(await agents.exited).toEqual({ code: 0, signal: null });
});

test('a second signal ends the process at once', async () => {
  const agents = await startAgents('300');
  agents.kill('SIGTERM');
  await until('the process drains', async () => (await fetch(`${agents.url}/readyz`)).status === 503);

  agents.kill('SIGTERM');

  expect(await agents.exited).toEqual({ code: 1, signal: null });
});
