import { expect, test } from 'vitest';
import { createLogger, createMetrics, systemClock } from '@flowgrid/platform';
import { createWebhookMetrics } from './webhook-metrics.ts';

test('attempts are counted by what came of them, and a queue that cannot be measured has no figures', async () => {
  const registry = createMetrics('test');
  const metrics = createWebhookMetrics(registry, {
    database: { withoutTenant: () => Promise.reject(new Error('the database is away')) },
    clock: systemClock,
    logger: createLogger({ name: 'test', level: 'silent' }),
  });

  metrics.countAttempt('webhook-deliveries', 'delivered');
  metrics.countAttempt('webhook-deliveries', 'failed');
  metrics.countAttempt('webhook-deliveries', 'failed');
  metrics.moveInFlight('webhook-retries', 1);
  metrics.moveInFlight('webhook-retries', 1);
  metrics.moveInFlight('webhook-retries', -1);
  const shown = await registry.metrics();

  const valueOf = (name: string, ...labels: readonly string[]): string | undefined =>
    shown
      .split('\n')
      .find((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(`"${label}"`)))
      ?.split(' ')
      .at(-1);
  expect(valueOf('webhook_attempts_total', 'webhook-deliveries', 'failed')).toBe('2');
  expect(valueOf('webhook_attempts_total', 'webhook-deliveries', 'delivered')).toBe('1');
  expect(valueOf('webhook_attempts_in_flight', 'webhook-retries')).toBe('1');
  expect(shown).not.toMatch(/^webhook_queue_age_seconds\S* \d/m);
});
