import { createLogger, FlowgridError, newId } from '@flowgrid/platform';
import { createMemorySharedState } from '@flowgrid/shared-state';
import { expect, test } from 'vitest';
import type { DesignDatabase } from '../../database.ts';
import { startJobSender } from './job-sender.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const BUSY = new FlowgridError('RATE_LIMITED', 'Too many operations of your tenant are under way.');

// What is not marked is sent again at every look: one busy tenant filled the queue with messages about jobs of others.
test('a tenant with too much under way keeps no job of another one from being marked as sent', async () => {
  const [busy, other] = [newId(), newId()];
  const marked: string[] = [];
  const looked = Promise.withResolvers<void>();
  const unsent = [busy, other].map((tenant) => ({
    tenant_id: tenant,
    id: newId(),
    attempt: 0,
    queued_at: '2026-11-23 08:00:00+00',
  }));
  const database: Pick<DesignDatabase, 'withoutTenant' | 'inTenant'> = {
    withoutTenant: <Result>() => Promise.resolve(unsent as Result),
    inTenant: async (tenantId) => {
      if (tenantId === busy) throw BUSY;
      marked.push(tenantId);
      looked.resolve();
      return undefined as never;
    },
  };
  await using sharedState = createMemorySharedState(logger);
  const { pubsub } = sharedState;
  const transport = { send: () => Promise.resolve() };
  await using _sender = startJobSender({ database, transport, pubsub, logger, pollMs: 600_000 });

  await looked.promise;

  expect(marked).toEqual([other]);
});
