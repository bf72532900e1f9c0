/** What was acknowledged is worked on, whichever process dies in between; and once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { githubMessage, issuePayload } from '../../subgraphs/integrations/src/testkit/hook-messages.ts';
import { createTestDatabase, type TestDatabase } from '../testkit/database.ts';
import { dataOf } from '../testkit/graphql.ts';
import { createPlatform, type TestPlatform } from '../testkit/platform.ts';
import { createTenant, type TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { openRows, type DatabaseRows } from './database-rows.ts';

const MESSAGES = 60;

const stack = new AsyncDisposableStack();
let database: TestDatabase;
let rows: DatabaseRows;
let platform: TestPlatform;
let tenant: TestTenant;

beforeAll(async () => {
  database = stack.use(await createTestDatabase());
  rows = stack.use(await openRows(database.superuserUrl));
  platform = stack.use(await createPlatform({ database }));
  await Promise.all(
    (['auth', 'agents', 'design', 'integrations'] as const).map((name) => platform.start(name)),
  );
  await platform.start('router');
  tenant = await createTenant(platform.url('router'), database);
});
afterAll(() => stack.disposeAsync());

async function makeHook(): Promise<{ readonly path: string; readonly secret: string }> {
  const asAdmin = async <Data>(query: string, input: object): Promise<Data> =>
    dataOf<Data>(await tenant.ask('ADMIN', query, { input }));
  const { result: connected } = await asAdmin<{ result: { integration: { id: string } } }>(
    'mutation ($input: CreateIntegrationInput!) { result: createIntegration(input: $input) { integration { id } } }',
    { kind: 'GITHUB', name: 'Code', credential: { token: `ghp_${'a'.repeat(36)}` } },
  );
  const { result } = await asAdmin<{ result: { hook: { url: string }; secret: string } }>(
    'mutation ($input: CreateInboundHookInput!) { result: createInboundHook(input: $input) { hook { url } secret } }',
    { kind: 'GITHUB', name: 'Issues', integrationId: connected.integration.id },
  );
  return { path: new URL(result.hook.url).pathname, secret: result.secret };
}

const countOf = async (sql: string): Promise<number> =>
  (await rows.rows<{ count: number }>(`SELECT count(*)::integer AS count FROM ${sql}`, [tenant.id]))[0]
    ?.count ?? 0;

test('messages that were acknowledged survive the death of the service and of workers, and are worked on once', async () => {
  const { path, secret } = await makeHook();
  const send = async (number: number): Promise<number> => {
    const updatedAt = new Date().toISOString();
    const payload = issuePayload('opened', { number, title: `Claim ${number}`, updatedAt });
    const message = githubMessage(secret, { event: 'issues', delivery: `d-${number}`, payload });
    return (await fetch(`${platform.url('router')}${path}`, { method: 'POST', ...message })).status;
  };

  const statuses = await Promise.all(Array.from({ length: MESSAGES }, (_, index) => send(index + 1)));
  platform.process('integrations').kill('SIGKILL');
  await platform.process('integrations').exited;
  const first = await platform.start('delivery-worker');
  await until(
    'the first worker has begun',
    async () => (await countOf(`integrations.inbound_delivery WHERE tenant_id = $1 AND attempt > 0`)) > 0,
  );
  first.kill('SIGKILL');
  await first.exited;
  await platform.start('integrations');
  await platform.start('delivery-worker');
  await until(
    'all is worked on',
    async () =>
      (await countOf(`integrations.inbound_delivery WHERE tenant_id = $1 AND state = 'DONE'`)) === MESSAGES,
    90_000,
  );

  expect(new Set(statuses)).toEqual(new Set([202]));
  expect(await countOf('integrations.external_item WHERE tenant_id = $1')).toBe(MESSAGES);
  // One line for each message that changed something: none was worked on twice.
  expect(
    await countOf(`integrations.integration_event WHERE tenant_id = $1 AND kind = 'ITEMS_CHANGED'`),
  ).toBe(MESSAGES);
});
