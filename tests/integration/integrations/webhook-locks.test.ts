/** Who changes an endpoint while the worker writes what concerns it: each waits for the other, and none is broken off. */
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { until } from '../../testkit/wait.ts';
import { openWebhookBench, type WebhookBench } from './webhook-bench.ts';

let bench: WebhookBench;

beforeAll(async () => {
  bench = await openWebhookBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

describe('who changes an endpoint', () => {
  /** Two statements of another transaction, with a change between them that waits for the first one. */
  async function during(
    first: string,
    values: readonly unknown[],
    change: () => Promise<unknown>,
    second: string,
  ) {
    const client = new Client({ connectionString: bench.database.superuserUrl });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query(first, [...values]);
      const changed = change();
      // What it fails with is thrown below.
      void changed.catch(() => undefined);
      await until('the change waits', async () => {
        const waiting = await bench.rows(
          `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        return waiting.length > 0;
      });
      await client.query(second, [...values]);
      await client.query('COMMIT');
      await changed;
    } finally {
      await client.end();
    }
  }

  const lockPlace =
    'SELECT 1 FROM integrations.webhook_queue WHERE tenant_id = $1 AND endpoint_id = $2 FOR UPDATE';

  // Both would wait for each other until the database breaks one of them off.
  test('and who adds deliveries to its line wait for one another', async () => {
    const tenant = bench.tenant();
    const { endpoint } = await tenant.endpoint(`/${newId()}`);
    const { webhookDeliveries } = bench.services;
    const asForeignKeys =
      'SELECT 1 FROM integrations.webhook_endpoint WHERE tenant_id = $1 AND id = $2 FOR KEY SHARE';

    const changing = during(
      lockPlace,
      [tenant.id, endpoint.id],
      () => webhookDeliveries.sendTest(tenant.request, { endpointId: endpoint.id, type: 'agent.created' }),
      asForeignKeys,
    );

    await expect(changing).resolves.toBeUndefined();
  });

  test('to delete it and who replays to it wait for one another', async () => {
    const tenant = bench.tenant();
    const { endpoint } = await tenant.endpoint(`/${newId()}`);
    await bench.rows(
      `INSERT INTO integrations.webhook_replay
         (tenant_id, id, endpoint_id, since, until, only_failed, state, total, lease_expires_at, created_at)
       VALUES ($1, $2, $3, now(), now(), false, 'RUNNING', 1, now() + interval '1 hour', now())`,
      [tenant.id, newId(), endpoint.id],
    );
    const lockReplay =
      'SELECT 1 FROM integrations.webhook_replay WHERE tenant_id = $1 AND endpoint_id = $2 FOR UPDATE';

    const changing = during(
      lockReplay,
      [tenant.id, endpoint.id],
      () => bench.services.webhookEndpoints.delete(tenant.request, endpoint.id),
      lockPlace,
    );

    await expect(changing).resolves.toBeUndefined();
  });
});
