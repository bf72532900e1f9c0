import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger, createMetrics, newId } from '@flowgrid/platform';
import { registerOutboxMetrics, writeEvents } from '@flowgrid/messaging';
import { agentEvent, startOutboxService, type OutboxService } from './outbox-service.ts';

const logger = createLogger({ name: 'metrics', level: 'silent' });
let service: OutboxService;

beforeAll(async () => {
  service = await startOutboxService();
});
afterAll(() => service[Symbol.asyncDispose]());

async function figures(database: Parameters<typeof registerOutboxMetrics>[1]['database']) {
  const registry = createMetrics('agents');
  registerOutboxMetrics(registry, { database, logger });
  const text = await registry.metrics();
  const of = (name: string): number =>
    Number(new RegExp(`^${name}\\{service="agents"\\} (\\S+)$`, 'm').exec(text)?.[1]);
  return {
    oldest: of('outbox_oldest_age_seconds'),
    waiting: of('outbox_events_waiting'),
    dead: of('outbox_dead_letters'),
  };
}

test('the metrics say what waits in the outbox, for how long, and what is dead', async () => {
  const tenantId = newId();
  const empty = await figures(service.database);
  await service.database.inTenant(tenantId, (tx) =>
    writeEvents(tx, [agentEvent(tenantId), agentEvent(tenantId), agentEvent(tenantId)]),
  );
  await service.superuser.query(
    `UPDATE agents.outbox_event SET written_at = now() - interval '90 seconds' WHERE sequence = (SELECT min(sequence) FROM agents.outbox_event)`,
  );
  await service.superuser.query(
    `UPDATE agents.outbox_event SET dead_at = now(), dead_reason = 'too-large' WHERE sequence = (SELECT max(sequence) FROM agents.outbox_event)`,
  );

  const full = await figures(service.database);

  expect(empty).toEqual({ oldest: 0, waiting: 0, dead: 0 });
  expect(full).toEqual({ oldest: expect.any(Number), waiting: 2, dead: 1 });
  expect(Math.floor(full.oldest)).toBeGreaterThanOrEqual(90);
});

test('of a database that does not answer there is no figure, and all others are there', async () => {
  const database = { withoutTenant: () => Promise.reject(new Error('gone')) };

  const none = await figures(database);

  expect(none).toEqual({ oldest: Number.NaN, waiting: Number.NaN, dead: Number.NaN });
});
