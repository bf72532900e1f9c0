/** A service with an outbox: the agents schema of a database of its own, under its own login role. */
import { Client } from 'pg';
import { auditRecord } from '@flowgrid/access';
import { newId, systemClock } from '@flowgrid/platform';
import { toEnvelope, type EventData, type TypedEnvelope } from '@flowgrid/messaging';
import { openAgentsDatabase } from '../../../subgraphs/agents/src/database.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';

export interface OutboxService extends AsyncDisposable {
  readonly test: TestDatabase;
  readonly database: ReturnType<typeof openAgentsDatabase>;
  /** Looks behind row level security. */
  readonly superuser: Client;
}

export async function startOutboxService(): Promise<OutboxService> {
  const test = await createTestDatabase();
  const database = openAgentsDatabase(test.url('flowgrid_agents'));
  const superuser = new Client({ connectionString: test.superuserUrl });
  // Tests cut connections; this one is looked at afterwards only.
  superuser.on('error', () => undefined);
  await superuser.connect();
  return {
    test,
    database,
    superuser,
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]();
      await superuser.end();
      await test[Symbol.asyncDispose]();
    },
  };
}

export function auditOf(tenantId: string, resourceId = newId()): ReturnType<typeof auditRecord> {
  const actor = { kind: 'USER', id: newId(), name: 'Ada', userId: null } as const;
  return auditRecord(
    { viewer: { tenantId, actor }, requestId: 'request-1', clock: systemClock },
    { action: 'agent.archived', resourceType: 'agent', resourceId },
  );
}

export function agentSnapshot(
  id: string,
  changes: Partial<EventData<'agent.archived'>['agent']> = {},
): EventData<'agent.archived'>['agent'] {
  return {
    id,
    slug: 'claims',
    name: 'Claims',
    description: 'Takes claims.',
    status: 'ARCHIVED',
    tags: ['insurance'],
    ownerId: null,
    revision: 3,
    latestNumber: 1,
    publishedNumber: null,
    createdAt: '2026-11-23T08:00:00.000Z',
    updatedAt: '2026-11-23T09:00:00.000Z',
    ...changes,
  };
}

/** An event of an agent of the tenant; `revision` tells events of one agent apart. */
export function agentEvent(
  tenantId: string,
  { agentId = newId(), revision = 1 }: { agentId?: string; revision?: number } = {},
): TypedEnvelope<'agent.archived'> {
  return toEnvelope('agent.archived', {
    change: auditOf(tenantId, agentId),
    data: { agent: agentSnapshot(agentId, { revision }) },
  });
}
