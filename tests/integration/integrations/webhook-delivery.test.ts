/** Events become deliveries and reach endpoints, over each transport; what fails comes back by the schedule. */
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServiceBusTransport } from '@flowgrid/messaging';
import { createLogger, newId } from '@flowgrid/platform';
import { startAmqpBroker, type AmqpBroker } from '../../testkit/amqp/broker.ts';
import { until } from '../../testkit/wait.ts';
import { status, verify } from '../../testkit/webhook-receiver.ts';
import { openWebhookBench, type WebhookBench } from './webhook-bench.ts';
import { integrationEvent } from './webhook-event.ts';

const HOUR_MS = 3_600_000;
const logger = createLogger({ name: 'webhooks', level: 'silent' });

let bench: WebhookBench;

beforeAll(async () => {
  bench = await openWebhookBench({ deadlineMs: 600 });
  bench.startWorker();
});
afterAll(() => bench[Symbol.asyncDispose]());

describe.each(['PostgreSQL', 'Service Bus'] as const)('over %s', (name) => {
  let own: WebhookBench;
  let broker: AmqpBroker | null = null;

  beforeAll(async () => {
    if (name === 'PostgreSQL') {
      own = bench;
      return;
    }
    const started = await startAmqpBroker();
    broker = started;
    own = await openWebhookBench({
      openTransport: () =>
        createServiceBusTransport({
          address: { connectionString: started.connectionString() },
          logger,
          retryDelayMs: () => 20,
        }),
    });
    own.startWorker();
  });
  afterAll(async () => {
    if (broker === null) return;
    await own[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
  });

  test('an event reaches each endpoint that asked for it, signed by the secret of that one', async () => {
    const tenant = own.tenant();
    const [first, second] = [`/${newId()}`, `/${newId()}`];
    const endpoints = [await tenant.endpoint(first), await tenant.endpoint(second)];
    await tenant.endpoint(`/${newId()}`, { events: ['agent.*', 'integration.deleted'] });
    const subject = newId();

    const id = await tenant.publish(subject);
    const rows = await tenant.allReach('DELIVERED', 2);

    expect(rows.map(({ message_id, attempt, resource }) => ({ message_id, attempt, resource }))).toEqual(
      Array.from({ length: 2 }, () => ({ message_id: id, attempt: 1, resource: subject })),
    );
    for (const [index, path] of [first, second].entries()) {
      const [webhook, ...others] = own.receiver.of(path);
      expect(others).toEqual([]);
      expect(webhook).toMatchObject({
        id,
        headers: { 'content-type': 'application/json', 'user-agent': 'Flowgrid-Webhooks/1.0' },
        message: { type: 'integration.created', data: { integration: { id: subject } } },
      });
      if (!webhook) throw new Error('nothing came');
      expect(verify(endpoints[index]?.secret ?? '', webhook)).toEqual(webhook.message);
      expect(() => verify(endpoints[1 - index]?.secret ?? '', webhook)).toThrow('No matching signature');
    }
  });

  test('an endpoint that fails is tried again with the same id, a fresh time and a new signature', async () => {
    const tenant = own.tenant();
    const path = `/${newId()}`;
    const { secret } = await tenant.endpoint(path);
    own.receiver.answer(path, status(500));

    await tenant.publish();
    await until('the first attempt failed', () => own.receiver.of(path).length === 1);
    await tenant.allReach('PENDING', 1);
    own.receiver.answer(path, status(200));
    await until('it is noted', async () => (await tenant.deliveries())[0]?.last_status === 500);
    own.advance(6_000);
    await tenant.allReach('DELIVERED', 1);

    const [before, after] = own.receiver.of(path);
    if (!before || !after) throw new Error('not twice');
    expect(after.id).toBe(before.id);
    expect(after.body).toBe(before.body);
    expect(Number(after.headers['webhook-timestamp'])).toBeGreaterThan(
      Number(before.headers['webhook-timestamp']) + 4,
    );
    expect(after.headers['webhook-signature']).not.toBe(before.headers['webhook-signature']);
    expect(verify(secret ?? '', before)).toEqual(before.message);
  });
});

test('the same event, delivered many times, makes one delivery per endpoint', async () => {
  const tenant = bench.tenant();
  const path = `/${newId()}`;
  await tenant.endpoint(path);
  const subject = newId();
  const id = await tenant.publish(subject);
  await tenant.allReach('DELIVERED', 1);

  const [copy] = await bench.rows<{ body: string }>(
    `SELECT body FROM integrations.webhook_message WHERE id = $1`,
    [id],
  );
  await bench.rows('DELETE FROM integrations.inbox_message WHERE message_id = $1', [id]);
  await bench.transport.publish([await again(bench, tenant.id, { id, subject })]);
  await until('it was received again', async () => {
    const [row] = await bench.rows(`SELECT 1 FROM integrations.inbox_message WHERE message_id = $1`, [id]);
    return row;
  });

  expect(copy).toBeDefined();
  expect(await tenant.deliveries()).toHaveLength(1);
  expect(bench.receiver.of(path)).toHaveLength(1);
});

async function again(
  { clock }: WebhookBench,
  tenantId: string,
  { id, subject }: { readonly id: string; readonly subject: string },
): Promise<Parameters<WebhookBench['transport']['publish']>[0][number]> {
  const message = integrationEvent('integration.created', { tenantId, subject, at: clock.now() });
  return { ...message, id: newId(), body: message.body.replace(message.id, id) };
}

describe('the zoo of endpoints', () => {
  test.each([
    ['answers 500', status(500), { last_status: 500, last_error: 'The endpoint answered 500.' }],
    ['answers 404', status(404), { last_status: 404 }],
    [
      'redirects',
      status(301, { location: 'http://169.254.169.254/' }),
      { last_status: 301, last_error: expect.stringContaining('redirects are not followed') },
    ],
    ['hangs', () => undefined, { last_status: null, last_error: 'The server did not answer in time.' }],
    [
      'drips',
      (response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write('x'), 50);
        response.on('close', () => clearInterval(timer));
      },
      { last_status: null, last_error: 'The server did not answer in time.' },
    ],
    [
      'resets',
      (response) => {
        response.socket?.resetAndDestroy();
      },
      { last_status: null, last_error: 'The server refused or dropped the connection.' },
    ],
  ] as readonly [string, Parameters<WebhookBench['receiver']['answer']>[1], object][])(
    'one that %s fails, is logged, and is tried again after five seconds',
    async (_name, answer, expected) => {
      const tenant = bench.tenant();
      const path = `/${newId()}`;
      const { endpoint } = await tenant.endpoint(path);
      bench.receiver.answer(path, answer);

      await tenant.publish();
      const row = await until('it failed', async () =>
        (await tenant.deliveries()).find((one) => one.last_error),
      );

      expect(row).toMatchObject({ state: 'PENDING', attempt: 1, next_in_ms: 5_000, ...expected });
      const [attempt] = await bench.services.webhookDeliveries.attempts(tenant.request, row.id);
      expect(attempt).toMatchObject({
        number: 1,
        outcome: 'FAILED',
        url: endpoint.url,
        requestHeaders: { 'webhook-id': row.message_id, 'webhook-signature': 'v1,…' },
        durationMs: expect.any(Number),
        error: row.last_error,
      });
    },
  );

  test('nothing follows a redirect', async () => {
    const tenant = bench.tenant();
    const [path, target] = [`/${newId()}`, `/${newId()}`];
    await tenant.endpoint(path);
    bench.receiver.answer(path, status(307, { location: bench.receiver.url(target) }));

    await tenant.publish();
    await until('it failed', async () => (await tenant.deliveries())[0]?.last_status === 307);

    expect(bench.receiver.of(target)).toEqual([]);
  });

  // What was stored when an operator allowed it must not be reached when it no longer is.
  test('an address that may not be reached is not asked', async () => {
    const tenant = bench.tenant();
    const other = createServer();
    const connections: unknown[] = [];
    other.on('connection', (socket) => connections.push(socket.destroy()));
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as AddressInfo;
    const { endpoint } = await tenant.endpoint('/x');
    await bench.rows('UPDATE integrations.webhook_endpoint SET url = $1 WHERE id = $2', [
      `http://127.0.0.1:${port}/`,
      endpoint.id,
    ]);

    await tenant.publish();
    const row = await until('it failed', async () =>
      (await tenant.deliveries()).find((one) => one.last_error),
    );

    await new Promise((resolve) => {
      other.close(resolve);
    });
    expect(row).toMatchObject({ state: 'PENDING', last_error: 'The address must begin with https://.' });
    expect(connections).toEqual([]);
  });

  test('a body of a gigabyte is cut to 4 kB, and memory stays flat', async () => {
    const tenant = bench.tenant();
    const path = `/${newId()}`;
    await tenant.endpoint(path);
    const chunk = Buffer.alloc(64 * 1024, 'y');
    let sent = 0;
    bench.receiver.answer(path, (response) => {
      response.writeHead(200, { 'content-length': String(1024 ** 3) });
      const write = (): void => {
        while (!response.destroyed && sent < 1024 ** 3) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', write);
        }
      };
      write();
    });
    const before = process.memoryUsage().arrayBuffers;

    await tenant.publish();
    const [row] = await tenant.allReach('DELIVERED', 1);

    const [attempt] = await bench.services.webhookDeliveries.attempts(tenant.request, row?.id ?? '');
    expect(attempt).toMatchObject({ outcome: 'DELIVERED', isBodyCut: true, responseBody: 'y'.repeat(4096) });
    expect(sent).toBeLessThan(64 * 1024 ** 2);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 ** 2);
  });

  test('an endpoint that answers 410 is disabled at once, with an event, and the message is given up', async () => {
    const tenant = bench.tenant();
    const path = `/${newId()}`;
    const { endpoint } = await tenant.endpoint(path);
    bench.receiver.answer(path, status(410));

    await tenant.publish();
    await tenant.allReach('FAILED', 1);
    const disabled = await until('it is disabled', async () => {
      const [found] = await bench.services.webhookEndpoints.listByIds(tenant.request, [endpoint.id]);
      return found?.status === 'DISABLED' && found;
    });
    await tenant.publish();
    const rows = await until('the next one is held', async () => {
      const found = await tenant.deliveries();
      return found.length === 2 && found;
    });

    expect(disabled.disabledReason).toBe('GONE');
    expect(rows.map(({ state }) => state)).toEqual(['FAILED', 'HELD']);
    expect(bench.receiver.of(path)).toHaveLength(1);
    expect(await eventTypes(tenant.id)).toEqual(['webhook_endpoint.created', 'webhook_endpoint.disabled']);
  });

  test('one that asks to wait is left alone for so long, with everything that comes for it', async () => {
    const tenant = bench.tenant();
    const path = `/${newId()}`;
    await tenant.endpoint(path);
    bench.receiver.answer(path, status(429, { 'retry-after': '120' }));

    await tenant.publish();
    await until('it asked to wait', async () => (await tenant.deliveries())[0]?.last_status === 429);
    await tenant.publish();
    await until('the second one is there', async () => (await tenant.deliveries()).length === 2);
    bench.receiver.answer(path, status(200));
    bench.advance(60_000);
    const [first] = await tenant.deliveries();
    const { resumesAt } = await nextLook(tenant.id);
    const asked = bench.receiver.of(path).length;
    bench.advance(65_000);
    await tenant.allReach('DELIVERED', 2);

    expect(first?.next_in_ms).toBe(120_000);
    expect(asked).toBe(1);
    expect(resumesAt).toBeGreaterThan(0);
  });
});

async function nextLook(tenantId: string): Promise<{ readonly resumesAt: number }> {
  const [row] = await bench.rows<{ seconds: number }>(
    `SELECT extract(epoch FROM due_at - $2::timestamptz)::integer AS seconds FROM integrations.webhook_queue WHERE tenant_id = $1`,
    [tenantId, bench.clock.now().toISOString()],
  );
  return { resumesAt: row?.seconds ?? 0 };
}

async function eventTypes(tenantId: string): Promise<readonly string[]> {
  const rows = await bench.rows<{ action: string }>(
    'SELECT action FROM integrations.audit_event WHERE tenant_id = $1 ORDER BY at, id',
    [tenantId],
  );
  return rows.map(({ action }) => action);
}

test('a message that nobody takes follows the published schedule to its end, and that is told once', async () => {
  const tenant = bench.tenant();
  const path = `/${newId()}`;
  const { endpoint } = await tenant.endpoint(path);
  bench.receiver.answer(path, status(500));

  await tenant.publish();
  const delays: (number | null)[] = [];
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    const row = await until(`attempt ${attempt} failed`, async () => {
      const [found] = await tenant.deliveries();
      const isOver = found?.attempt === attempt && found.last_error !== null && (await isIdle(tenant.id));
      // Read again: the attempt may have ended between the two.
      return isOver && (await tenant.deliveries()).at(0);
    });
    delays.push(row.next_in_ms);
    bench.advance((row.next_in_ms ?? 0) + 1_000);
  }

  const [row] = await tenant.deliveries();
  expect(delays).toEqual([
    5_000,
    300_000,
    1_800_000,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
    null,
  ]);
  expect(row).toMatchObject({ state: 'FAILED', attempt: 10 });
  expect(new Set(bench.receiver.of(path).map(({ id }) => id)).size).toBe(1);
  const types = await eventTypes(tenant.id);
  expect(types).toEqual(['webhook_endpoint.created', 'webhook_delivery.exhausted']);
  const [found] = await bench.services.webhookEndpoints.listByIds(tenant.request, [endpoint.id]);
  expect(found).toMatchObject({ status: 'ENABLED', health: { failures: 10 } });
});

/** Nobody is at the tenant's endpoint: what was noted is noted. */
async function isIdle(tenantId: string): Promise<boolean> {
  const busy = await bench.rows(
    'SELECT 1 FROM integrations.webhook_queue WHERE tenant_id = $1 AND lease_expires_at IS NOT NULL',
    [tenantId],
  );
  return busy.length === 0;
}

test('an endpoint without a success for five days is disabled, with an event', async () => {
  const tenant = bench.tenant();
  const path = `/${newId()}`;
  const { endpoint } = await tenant.endpoint(path);
  bench.receiver.answer(path, status(500));
  for (let count = 0; count < 5; count += 1) await tenant.publish();
  await until('five have failed', async () => {
    const found = await tenant.deliveries();
    return (
      found.length === 5 &&
      found.every((one) => one.attempt >= 1 && one.last_error) &&
      (await isIdle(tenant.id))
    );
  });
  const [failing] = await bench.services.webhookEndpoints.listByIds(tenant.request, [endpoint.id]);

  bench.advance(5 * 24 * HOUR_MS);
  const disabled = await until('it is disabled', async () => {
    const [found] = await bench.services.webhookEndpoints.listByIds(tenant.request, [endpoint.id]);
    return found?.status === 'DISABLED' && found;
  });

  bench.advance(HOUR_MS);
  await until('what waited is held', async () =>
    (await tenant.deliveries()).some(({ state }) => state === 'HELD'),
  );

  expect(failing?.health.failingSince).not.toBeNull();
  expect(disabled.disabledReason).toBe('FAILING');
  expect(await eventTypes(tenant.id)).toEqual(['webhook_endpoint.created', 'webhook_endpoint.disabled']);
});
