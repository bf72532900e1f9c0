/** Delivery workers that die or freeze between the request and the note of its answer: sent again with the same id, never lost. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import type { RunningProcess } from '../../local/src/index.ts';
import { startContextIssuer } from '../testkit/context-issuer.ts';
import { createTestDatabase } from '../testkit/database.ts';
import { dataOf, postGraphQL } from '../testkit/graphql.ts';
import { createPlatform, type TestPlatform } from '../testkit/platform.ts';
import { until } from '../testkit/wait.ts';
import { startWebhookReceiver, status, verify, type WebhookReceiver } from '../testkit/webhook-receiver.ts';
import { openRows, type DatabaseRows } from './database-rows.ts';

let stack: AsyncDisposableStack;
let rows: DatabaseRows;
let platform: TestPlatform;
let receiver: WebhookReceiver;
let ask: (
  query: string,
  input: object,
) => Promise<Record<string, { readonly id: string }> & { secret?: string }>;
const workers: RunningProcess[] = [];

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  rows = stack.use(await openRows(database.superuserUrl));
  receiver = stack.use(await startWebhookReceiver());
  const issuer = stack.use(await startContextIssuer());
  const allowed = { OUTBOUND_ALLOW_HOSTS: receiver.host };
  const env = {
    integrations: { AUTH_URL: issuer.url, ...allowed },
    'delivery-worker': { WEBHOOK_LEASE_SECONDS: '1', ...allowed },
  };
  platform = stack.use(await createPlatform({ database, env }));
  const { url } = await platform.start('integrations');
  const token = await issuer.signFor('OWNER', { tenantId: newId(), audience: 'integrations' });
  ask = async (query, input) => {
    const answer = await postGraphQL(`${url}/graphql`, { query, variables: { input } }, token);
    return dataOf<{ result: Record<string, { readonly id: string }> }>(answer).result;
  };
});
afterEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await Promise.all(workers.splice(0).map(({ exited }) => exited));
});
afterAll(() => stack.disposeAsync());

async function startWorker(): Promise<RunningProcess> {
  const worker = await platform.start('delivery-worker', { env: {} });
  workers.push(worker);
  return worker;
}

interface Subject {
  readonly path: string;
  readonly endpointId: string;
  readonly secret: string;
}

async function createEndpoint(): Promise<Subject> {
  const path = `/${newId()}`;
  const created = await ask(
    `mutation($input: CreateWebhookEndpointInput!) { result: createWebhookEndpoint(input: $input) { endpoint { id } secret } }`,
    { url: receiver.url(path), events: ['integration.*'] },
  );
  return { path, endpointId: String(created['endpoint']?.id), secret: String(created.secret) };
}

/** A change whose event goes the whole way: outbox, relay, subscription, fan-out, queue. */
const change = (): Promise<unknown> =>
  ask(
    `mutation($input: CreateIntegrationInput!) { result: createIntegration(input: $input) { integration { id } errors { message } } }`,
    { kind: 'GITHUB', name: `Code ${newId()}`, credential: { token: `ghp_${'a'.repeat(36)}` } },
  );

const deliveriesOf = ({ endpointId }: Subject): Promise<readonly { state: string; attempt: number }[]> =>
  rows.rows('SELECT state, attempt FROM integrations.webhook_delivery WHERE endpoint_id = $1', [endpointId]);

test('a worker that is killed while it waits for an answer: another one sends the message again, with the same id', async () => {
  const subject = await createEndpoint();
  receiver.answer(subject.path, () => undefined);
  const killed = await startWorker();
  await change();
  await until('the request is under way', () => receiver.of(subject.path).length === 1);

  killed.kill('SIGKILL');
  await killed.exited;
  receiver.answer(subject.path, status(200));
  await startWorker();
  await until('it is delivered', async () => (await deliveriesOf(subject))[0]?.state === 'DELIVERED', 60_000);

  const [first, second, ...others] = receiver.of(subject.path);
  expect(others).toEqual([]);
  expect(second?.id).toBe(first?.id);
  expect(second?.body).toBe(first?.body);
  if (!second) throw new Error('it came once');
  expect(verify(subject.secret, second)).toEqual(second.message);
  const attempts = await rows.rows(
    'SELECT number, outcome FROM integrations.webhook_attempt WHERE endpoint_id = $1 ORDER BY number',
    [subject.endpointId],
  );
  expect(attempts).toEqual([
    { number: 1, outcome: 'STARTED' },
    { number: 2, outcome: 'DELIVERED' },
  ]);
});

test('a worker that is killed after the answer and before it is noted: the message comes again and is not lost', async () => {
  const subject = await createEndpoint();
  const killed = await startWorker();
  // The answer comes at once; what is to note it waits for the row.
  await rows.rows(`CREATE FUNCTION integrations.hold_note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.outcome <> 'STARTED' THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END $$`);
  await rows.rows('GRANT EXECUTE ON FUNCTION integrations.hold_note() TO PUBLIC');
  await rows.rows(`CREATE TRIGGER hold_note BEFORE UPDATE ON integrations.webhook_attempt
    FOR EACH ROW EXECUTE FUNCTION integrations.hold_note()`);
  await change();
  await until('it was answered', () => receiver.of(subject.path).length === 1);
  await until('its note is being written', async () => {
    const [waiting] = await rows.rows(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
    );
    return waiting;
  });

  killed.kill('SIGKILL');
  await killed.exited;
  await rows.rows(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'PgSleep'`);
  await rows.rows('DROP TRIGGER hold_note ON integrations.webhook_attempt');
  await rows.rows('DROP FUNCTION integrations.hold_note()');
  await startWorker();
  await until('it is delivered', async () => (await deliveriesOf(subject))[0]?.state === 'DELIVERED', 60_000);

  const ids = receiver.of(subject.path).map(({ id }) => id);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

test('of two workers one is killed at work: each of thirty messages arrives', async () => {
  const subject = await createEndpoint();
  const [killed] = await Promise.all([startWorker(), startWorker()]);
  receiver.answer(subject.path, (response) => void setTimeout(() => response.writeHead(200).end(), 20));

  for (let count = 0; count < 30; count += 1) {
    await change();
    if (count === 10) killed.kill('SIGKILL');
  }
  await until(
    'all are delivered',
    async () => {
      const found = await deliveriesOf(subject);
      return found.length === 30 && found.every(({ state }) => state === 'DELIVERED');
    },
    60_000,
  );

  expect(new Set(receiver.of(subject.path).map(({ id }) => id)).size).toBe(30);
});
