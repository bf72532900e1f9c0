/** The line of each endpoint: order of resources, several workers, lost messages, endpoints that hang, what is sent again. */
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresTransport } from '@flowgrid/messaging';
import { createLogger, newId } from '@flowgrid/platform';
import { purgeWebhooks } from '../../../subgraphs/integrations/src/modules/webhook-delivery/purge-webhooks.ts';
import { openIntegrationsDatabase } from '../../../subgraphs/integrations/src/database.ts';
import { until } from '../../testkit/wait.ts';
import { status, verify } from '../../testkit/webhook-receiver.ts';
import { openWebhookBench, type BenchTenant, type DeliveryRow, type WebhookBench } from './webhook-bench.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let bench: WebhookBench;

beforeAll(async () => {
  bench = await openWebhookBench();
  // Two workers, as two replicas would be.
  bench.startWorker();
  bench.startWorker();
});
afterAll(() => bench[Symbol.asyncDispose]());

const idsAt = (path: string): readonly string[] => bench.receiver.of(path).map(({ id }) => id);

async function publishMany(tenant: BenchTenant, subjects: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const subject of subjects) ids.push(await tenant.publish(subject));
  return ids;
}

test('two workers deliver each of a hundred messages once', async () => {
  const tenant = bench.tenant();
  const path = `/${newId()}`;
  await tenant.endpoint(path);

  const ids = await publishMany(
    tenant,
    Array.from({ length: 100 }, () => newId()),
  );
  await tenant.allReach('DELIVERED', 100);

  expect(idsAt(path).toSorted()).toEqual(ids.toSorted());
});

describe('an endpoint that asks for the order of resources', () => {
  test('gets the messages of each one after the other, in the order of the events', async () => {
    const tenant = bench.tenant();
    const path = `/${newId()}`;
    await tenant.endpoint(path, { ordering: 'RESOURCE' });
    const [first, second] = [newId(), newId()];
    const open = new Map<string, number>();
    let overlaps = 0;
    bench.receiver.answer(path, (response, { message }) => {
      const { integration } = message.data as { integration: { id: string } };
      const count = (open.get(integration.id) ?? 0) + 1;
      open.set(integration.id, count);
      if (count > 1) overlaps += 1;
      setImmediate(() => {
        open.set(integration.id, (open.get(integration.id) ?? 1) - 1);
        response.writeHead(200).end();
      });
    });

    const ids = await publishMany(
      tenant,
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? first : second)),
    );
    await tenant.allReach('DELIVERED', 20);

    const even = (id: string): boolean => ids.indexOf(id) % 2 === 0;
    const came = idsAt(path);
    expect(came.filter(even)).toEqual(ids.filter(even));
    expect(came.filter((id) => !even(id))).toEqual(ids.filter((id) => !even(id)));
    expect(overlaps).toBe(0);
  });

  test('is not sent the next one while one is tried again, but what is about others', async () => {
    const tenant = bench.tenant();
    const path = `/${newId()}`;
    await tenant.endpoint(path, { ordering: 'RESOURCE' });
    const [failing, other] = [newId(), newId()];
    bench.receiver.answer(path, (response, { message }) => {
      const { integration } = message.data as { integration: { id: string } };
      response.writeHead(integration.id === failing ? 500 : 200).end();
    });

    const [headId = '', nextId = ''] = await publishMany(tenant, [failing, failing]);
    const otherId = await tenant.publish(other);
    const rowOf = async (id: string): Promise<DeliveryRow | undefined> =>
      (await tenant.deliveries()).find(({ message_id }) => message_id === id);
    await until('one failed and the other one was delivered', async () => {
      const [head, last] = [await rowOf(headId), await rowOf(otherId)];
      return head?.last_status === 500 && last?.state === 'DELIVERED';
    });
    const waiting = await rowOf(nextId);
    bench.receiver.answer(path, status(200));
    bench.advance(10_000);
    await tenant.allReach('DELIVERED', 3);

    expect(waiting).toMatchObject({ state: 'PENDING', attempt: 0 });
    expect(idsAt(path).slice(-2)).toEqual([headId, nextId]);
  });

  test('waits for ten minutes at most', async () => {
    const tenant = bench.tenant();
    const path = `/${newId()}`;
    await tenant.endpoint(path, { ordering: 'RESOURCE' });
    const subject = newId();
    const headId = await tenant.publish(subject);
    bench.receiver.answer(
      path,
      (response, { id }) => void response.writeHead(id === headId ? 500 : 200).end(),
    );
    const nextId = await tenant.publish(subject);
    await until('both are there', async () => (await tenant.deliveries()).length === 2);

    bench.advance(9 * MINUTE_MS);
    await until(
      'the first one was tried again',
      async () => ((await tenant.deliveries())[0]?.attempt ?? 0) >= 2,
    );
    const before = idsAt(path).includes(nextId);
    bench.advance(MINUTE_MS + 1_000);
    await until(
      'the next one was delivered',
      async () => (await tenant.deliveries())[1]?.state === 'DELIVERED',
    );

    expect(before).toBe(false);
    expect((await tenant.deliveries())[0]).toMatchObject({ state: 'PENDING' });
  });
});

test('without an order a message that fails keeps none back', async () => {
  const tenant = bench.tenant();
  const path = `/${newId()}`;
  await tenant.endpoint(path);
  const subject = newId();
  const headId = await tenant.publish(subject);
  bench.receiver.answer(path, (response, { id }) => void response.writeHead(id === headId ? 500 : 200).end());

  await publishMany(tenant, [subject, subject]);

  const others = await until('the others were delivered', async () => {
    const rows = (await tenant.deliveries()).filter(({ message_id }) => message_id !== headId);
    return rows.length === 2 && rows.every(({ state }) => state === 'DELIVERED') && rows;
  });

  expect(others.map(({ resource }) => resource)).toEqual([subject, subject]);
});

test('messages are signed by both secrets for the overlap, and by the new one alone after it', async () => {
  const tenant = bench.tenant();
  const path = `/${newId()}`;
  const { endpoint, secret: former } = await tenant.endpoint(path);
  const { secret: current } = await bench.services.webhookEndpoints.rotateSecret(tenant.request, {
    id: endpoint.id,
    overlapHours: 2,
  });

  await tenant.publish();
  await tenant.allReach('DELIVERED', 1);
  bench.advance(3 * HOUR_MS);
  await tenant.publish();
  await tenant.allReach('DELIVERED', 2);

  const [during, after] = bench.receiver.of(path).map((webhook) => ({
    ...webhook,
    // The reference library compares with the time of this machine.
    count: String(webhook.headers['webhook-signature']).split(' ').length,
  }));
  expect([during?.count, after?.count]).toEqual([2, 1]);
  expect(former).not.toBe(current);
});

test('a message of the queue that is lost costs time and nothing else', async () => {
  await using own = await openWebhookBench({
    openTransport: (database) => {
      const logger = createLogger({ name: 'lossy', level: 'silent' });
      const inner = createPostgresTransport({ url: database.url('flowgrid_integrations'), logger });
      let isLost = true;
      return Promise.resolve({
        publish: (messages) => inner.publish(messages),
        send: async (queue, messages, options) => {
          if (isLost) isLost = false;
          else await inner.send(queue, messages, options);
        },
        receive: (source, handler, options) => inner.receive(source, handler, options),
        listDeadLetters: (source, limit) => inner.listDeadLetters(source, limit),
        replayDeadLetters: (source, ids) => inner.replayDeadLetters(source, ids),
        checkReady: () => inner.checkReady(),
        [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
      });
    },
  });
  own.startWorker({ lostAfterSeconds: 1 });
  const tenant = own.tenant();
  const path = `/${newId()}`;
  await tenant.endpoint(path);

  const id = await tenant.publish();
  await tenant.allReach('DELIVERED', 1);

  expect(own.receiver.of(path).map((webhook) => webhook.id)).toEqual([id]);
});

// More endpoints hang than there are places: those that answer must not wait until the others have been given up.
test('endpoints that hang delay no other one', async () => {
  const tenants = Array.from({ length: 2 }, () => bench.tenant());
  const held: ServerResponse[] = [];
  for (const tenant of tenants) {
    for (let count = 0; count < 40; count += 1) {
      const path = `/hang-${newId()}`;
      bench.receiver.answer(path, (response) => void held.push(response));
      await tenant.endpoint(path);
    }
  }
  const healthy = bench.tenant();
  const path = `/${newId()}`;
  await healthy.endpoint(path);

  await Promise.all(tenants.map((tenant) => tenant.publish()));
  await until('many hang', () => held.length >= 32);
  await publishMany(
    healthy,
    Array.from({ length: 10 }, () => newId()),
  );
  await healthy.allReach('DELIVERED', 10);

  const [hanging] = await Promise.all(tenants.map((tenant) => tenant.deliveries()));
  expect(hanging?.every(({ state }) => state === 'PENDING')).toBe(true);
  for (const response of held) response.writeHead(200).end();
  await until('the others were answered', async () => {
    for (const response of held.splice(0)) if (!response.writableEnded) response.writeHead(200).end();
    const rows = (await Promise.all(tenants.map((tenant) => tenant.deliveries()))).flat();
    return rows.every(({ state }) => state === 'DELIVERED');
  });
});

describe('what is sent again', () => {
  test('has the same id, and the whole schedule before it', async () => {
    const tenant = bench.tenant();
    const path = `/${newId()}`;
    await tenant.endpoint(path);
    const id = await tenant.publish();
    const [row] = await tenant.allReach('DELIVERED', 1);

    const delivery = await bench.services.webhookDeliveries.redeliver(tenant.request, row?.id ?? '');
    await until('it came again', () => bench.receiver.of(path).length === 2);
    await tenant.allReach('DELIVERED', 1);

    expect(delivery.state).toBe('PENDING');
    expect(idsAt(path)).toEqual([id, id]);
    expect(await tenant.deliveries()).toMatchObject([{ attempt: 2, step: 1 }]);
  });

  test('is a whole span of time, of which the delivered ones are left out on demand, in the former order', async () => {
    const tenant = bench.tenant();
    const path = `/${newId()}`;
    const { endpoint } = await tenant.endpoint(path, { ordering: 'RESOURCE' });
    const since = bench.clock.now();
    const subject = newId();
    await publishMany(tenant, [subject, subject]);
    await tenant.allReach('DELIVERED', 2);
    await bench.services.webhookEndpoints.disable(tenant.request, endpoint.id);
    const held = await publishMany(
      tenant,
      Array.from({ length: 5 }, () => subject),
    );
    await until('they are held', async () => {
      const rows = await tenant.deliveries();
      return rows.filter(({ state }) => state === 'HELD').length === 5;
    });
    await bench.services.webhookEndpoints.enable(tenant.request, endpoint.id);

    const replay = await bench.services.webhookDeliveries.replay(tenant.request, {
      endpointId: endpoint.id,
      since,
      onlyFailed: true,
    });
    await tenant.allReach('DELIVERED', 7);
    const done = await until('the replay is done', async () => {
      const found = await bench.services.webhookDeliveries.findReplay(tenant.request, replay.id);
      return found?.state === 'DONE' && found;
    });

    expect(done).toMatchObject({ total: 5, replayed: 5 });
    expect(idsAt(path).slice(2)).toEqual(held);
  });
});

test('who watches an endpoint sees each change of a delivery, to its end', async () => {
  const tenant = bench.tenant();
  const path = `/${newId()}`;
  const { endpoint } = await tenant.endpoint(path);
  const changes = await bench.services.webhookFeed.follow(tenant.request, endpoint.id);

  await tenant.publish();
  const states: string[] = [];
  for await (const { state } of changes) {
    states.push(state);
    if (state === 'DELIVERED') break;
  }

  expect(states.at(-1)).toBe('DELIVERED');
  expect(new Set(states.slice(0, -1))).toEqual(states.length > 1 ? new Set(['PENDING']) : new Set());
  await expect(bench.services.webhookFeed.follow(bench.tenant().request, endpoint.id)).rejects.toThrow(
    'not found',
  );
});

test('examples are sent once, and say nothing about the endpoint', async () => {
  const tenant = bench.tenant();
  const path = `/${newId()}`;
  const { endpoint, secret } = await tenant.endpoint(path);
  bench.receiver.answer(path, status(410));
  const example = { endpointId: endpoint.id, type: 'agent.published' };

  const { id } = await bench.services.webhookDeliveries.sendTest(tenant.request, example);
  await tenant.allReach('FAILED', 1);

  const [webhook] = bench.receiver.of(path);
  expect(webhook?.message.type).toBe('agent.published');
  expect(secret).not.toBeNull();
  const [found] = await bench.services.webhookEndpoints.listByIds(tenant.request, [endpoint.id]);
  expect(found).toMatchObject({ status: 'ENABLED', health: { failures: 0 } });
  expect(await bench.services.webhookDeliveries.attempts(tenant.request, id)).toHaveLength(1);
});

test('what is old and over, and what is left of deleted endpoints, is forgotten', async () => {
  await using database = openIntegrationsDatabase(bench.database.url('flowgrid_integrations'));
  const tenant = bench.tenant();
  const [kept, old, pending, deleted] = [`/${newId()}`, `/${newId()}`, `/${newId()}`, `/${newId()}`];
  await tenant.endpoint(kept);
  await tenant.publish();
  await tenant.allReach('DELIVERED', 1);
  const other = bench.tenant();
  await other.endpoint(old);
  await other.publish();
  await other.allReach('DELIVERED', 1);
  await bench.rows(
    `UPDATE integrations.webhook_message SET created_at = now() - interval '31 days' WHERE tenant_id = $1`,
    [other.id],
  );
  const replayed = bench.tenant();
  await replayed.endpoint(pending);
  await replayed.publish();
  await replayed.allReach('DELIVERED', 1);
  await bench.rows(
    `WITH due AS (
       UPDATE integrations.webhook_delivery SET state = 'PENDING', next_attempt_at = now() + interval '1 day'
       WHERE tenant_id = $1
     )
     UPDATE integrations.webhook_message SET created_at = now() - interval '31 days' WHERE tenant_id = $1`,
    [replayed.id],
  );
  const third = bench.tenant();
  const { endpoint } = await third.endpoint(deleted);
  await third.publish();
  await third.allReach('DELIVERED', 1);
  await bench.services.webhookEndpoints.delete(third.request, endpoint.id);

  await purgeWebhooks(database);

  const left = await bench.rows<{ tenant_id: string }>(
    `SELECT tenant_id FROM integrations.webhook_attempt WHERE tenant_id = ANY($1)
     UNION ALL SELECT tenant_id FROM integrations.webhook_delivery WHERE tenant_id = ANY($1)`,
    [[tenant.id, other.id, replayed.id, third.id]],
  );
  expect(left.map((row) => row.tenant_id).toSorted((a, b) => a.localeCompare(b))).toEqual([
    tenant.id,
    tenant.id,
    replayed.id,
    replayed.id,
  ]);
  expect(
    await bench.rows('SELECT 1 FROM integrations.webhook_endpoint WHERE tenant_id = $1', [third.id]),
  ).toEqual([]);
});

test('an endpoint verifies by the reference library what it is sent', async () => {
  await using own = await openWebhookBench();
  own.startWorker();
  const tenant = own.tenant();
  const path = `/${newId()}`;
  const { endpoint, secret: former } = await tenant.endpoint(path);
  const { secret: current } = await own.services.webhookEndpoints.rotateSecret(tenant.request, {
    id: endpoint.id,
  });

  await tenant.publish();
  await tenant.allReach('DELIVERED', 1);

  const [webhook] = own.receiver.of(path);
  if (!webhook) throw new Error('nothing came');
  for (const secret of [former, current]) expect(verify(secret ?? '', webhook)).toEqual(webhook.message);
  expect(() => verify(current ?? '', { ...webhook, body: `${webhook.body} ` })).toThrow(
    'No matching signature',
  );
});

// Else the news that an endpoint takes nothing would be the next thing that it does not take, without an end.
test('an endpoint is told of others and never of itself', async () => {
  const tenant = bench.tenant();
  const [path, other] = [`/${newId()}`, `/${newId()}`];
  const { endpoint: first } = await tenant.endpoint(path, { events: ['*'] });
  const { endpoint: second } = await tenant.endpoint(other, { events: ['webhook_endpoint.*'] });
  await bench.services.webhookEndpoints.disable(tenant.request, second.id);
  const written = await bench.rows<{ id: string; type: string; subject: string; body: string }>(
    'SELECT id, type, subject, body FROM integrations.outbox_event WHERE tenant_id = $1 ORDER BY sequence',
    [tenant.id],
  );

  await bench.transport.publish(
    written.map(({ id, type, subject, body }) => ({
      id,
      tenantId: tenant.id,
      type,
      orderKey: subject,
      body,
    })),
  );
  const rows = await until('all were taken', async () => {
    const found = await tenant.deliveries();
    return found.length === 3 && found.every(({ state }) => state !== 'PENDING') && found;
  });

  expect(written.map(({ type, subject }) => [type, subject])).toEqual([
    ['webhook_endpoint.created', first.id],
    ['webhook_endpoint.created', second.id],
    ['webhook_endpoint.disabled', second.id],
  ]);
  expect(bench.receiver.of(path).map(({ message }) => message.type)).toEqual([
    'webhook_endpoint.created',
    'webhook_endpoint.disabled',
  ]);
  expect(rows.filter(({ endpoint_id }) => endpoint_id === second.id)).toMatchObject([
    { state: 'HELD', resource: first.id },
  ]);
});
