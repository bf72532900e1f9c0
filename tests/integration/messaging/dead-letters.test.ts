/** `npm run dead-letters` against a real database, as an operator runs it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger, newId } from '@flowgrid/platform';
import {
  DeadLetterError,
  createPostgresTransport,
  startOutboxRelay,
  writeEvents,
  type Transport,
} from '@flowgrid/messaging';
import { until } from '../../testkit/wait.ts';
import { agentEvent, startOutboxService, type OutboxService } from './outbox-service.ts';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../../../packages/messaging/src/dead-letters/main.ts', import.meta.url));
const logger = createLogger({ name: 'dead-letters', level: 'silent' });
const SOURCE = { subscription: 'design-agents' } as const;

let service: OutboxService;
let design: Transport;
let agents: Transport;

beforeAll(async () => {
  service = await startOutboxService();
  design = createPostgresTransport({ url: service.test.url('flowgrid_design'), logger });
  agents = createPostgresTransport({ url: service.test.url('flowgrid_agents'), logger });
});
afterAll(async () => {
  await Promise.all([design, agents].map((transport) => transport[Symbol.asyncDispose]()));
  await service[Symbol.asyncDispose]();
});

async function deadLetters(
  role: 'flowgrid_agents' | 'flowgrid_design',
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: service.test.url(role) };
  try {
    return { code: 0, ...(await run(process.execPath, [main, ...args], { env })) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test('lists what a subscription could not take, and delivers it again', async () => {
  const tenantId = newId();
  const events = [agentEvent(tenantId), agentEvent(tenantId)];
  const received: string[] = [];
  let isMended = false;
  await using _receiver = design.receive(
    SOURCE,
    async ({ id }) => {
      if (!isMended) throw new DeadLetterError('newer-version', 'agent.archived has version 2,\nknown is 1');
      received.push(id);
    },
    { concurrency: 1 },
  );
  await agents.publish(
    events.map(({ id, type, subject }) => ({
      id,
      tenantId,
      type,
      orderKey: subject,
      body: `{"event":"${id}"}`,
    })),
  );
  await until('two dead letters', async () => (await design.listDeadLetters(SOURCE, 10)).length === 2);
  isMended = true;
  const source = ['--source', 'subscription:design-agents'];

  const listed = await deadLetters('flowgrid_design', 'list', ...source, '--body');
  const one = await deadLetters('flowgrid_design', 'replay', ...source, '--id', String(events[1]?.id));
  const rest = await deadLetters('flowgrid_design', 'replay', ...source, '--all');
  const empty = await deadLetters('flowgrid_design', 'list', ...source);
  await until('both', () => received.length === 2);

  for (const { id } of events) {
    expect(listed.stdout).toMatch(
      new RegExp(
        `^${id}  \\S+Z  tenant ${tenantId}  agent.archived  newer-version: agent.archived has version 2, known is 1\n  {"event":"${id}"}`,
        'm',
      ),
    );
  }
  expect(one.stdout).toBe('1 dead letters are delivered again.\n');
  expect(rest.stdout).toBe('1 dead letters are delivered again.\n');
  expect(empty.stdout).toBe('No dead letters.\n');
  expect(received).toEqual(events.map(({ id }) => id).toReversed());
});

test('lists what an outbox could not hand over, and lets it go again', async () => {
  const tenantId = newId();
  const event = agentEvent(tenantId);
  await service.database.inTenant(tenantId, (tx) => writeEvents(tx, [event]));
  const sent: string[] = [];
  let isMended = false;
  await using relay = startOutboxRelay({
    database: service.database,
    logger,
    transport: {
      publish: async (messages) => {
        if (!isMended) throw new DeadLetterError('refused', 'not this one');
        sent.push(...messages.map(({ id }) => id));
      },
    },
  });
  const source = ['--source', 'outbox:agents'];

  const listed = await until('the dead letter', async () => {
    const answer = await deadLetters('flowgrid_agents', 'list', ...source);
    return answer.stdout.includes(event.id) && answer;
  });
  isMended = true;
  const replayed = await deadLetters('flowgrid_agents', 'replay', ...source, '--id', event.id);
  relay.wake();
  await until('the event', () => sent.length === 1);

  expect(listed.stdout).toMatch(/agent\.archived {2}refused: kept in the outbox\n1 dead letters/);
  expect(replayed.stdout).toBe('1 dead letters are delivered again.\n');
  expect(sent).toEqual([event.id]);
});

test('a service sees the dead letters of others neither in their outbox nor in their subscription', async () => {
  const outbox = await deadLetters('flowgrid_design', 'list', '--source', 'outbox:agents');
  const subscription = await deadLetters(
    'flowgrid_agents',
    'replay',
    '--source',
    'subscription:design-agents',
    '--all',
  );

  expect([outbox.code, outbox.stdout, subscription.code, subscription.stdout]).toEqual([1, '', 1, '']);
  expect(subscription.stderr).toContain('is no source of flowgrid_agents');
});

test('both ways to reach Service Bus at once are refused', async () => {
  const env = {
    PATH: process.env['PATH'],
    DATABASE_URL: service.test.url('flowgrid_design'),
    SERVICE_BUS_CONNECTION_STRING:
      'Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=b',
    SERVICE_BUS_NAMESPACE: 'x.servicebus.windows.net',
  };

  const running = run(process.execPath, [main, 'list', '--source', 'queue:design-jobs'], { env });

  await expect(running).rejects.toMatchObject({
    stderr: expect.stringMatching(
      /SERVICE_BUS_CONNECTION_STRING and SERVICE_BUS_NAMESPACE: exclude each other/,
    ),
  });
});
