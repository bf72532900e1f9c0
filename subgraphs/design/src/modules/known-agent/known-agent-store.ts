/** Rows of `known_agent`. */
import type { DesignDatabase, Tx } from '../../database.ts';
import type { AgentNews, KnownAgent, KnownAgents } from './known-agent.ts';

/** The newest ones are enough to see what is there already. */
const MAX_AGENTS = 300;

export function createKnownAgents(database: DesignDatabase): KnownAgents {
  return {
    list: (tenantId) => database.readInTenant(tenantId, (tx) => listKnownAgents(tx, tenantId)),
  };
}

async function listKnownAgents(tx: Tx, tenantId: string): Promise<readonly KnownAgent[]> {
  return tx.knownAgent.findMany({
    where: { tenantId, status: { in: ['DRAFT', 'PUBLISHED'] } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: MAX_AGENTS,
    select: { id: true, name: true, description: true },
  });
}

/**
 * Takes news over unless newer or the same are there: what comes late or twice changes nothing. The removal has the revision
 * of the last change and comes after it. The time of creation comes first, because revisions of an agent that is made under
 * the id of a deleted one begin again.
 */
export async function saveKnownAgent(tx: Tx, tenantId: string, news: AgentNews): Promise<void> {
  const { id, name, description, status, revision, createdAt } = news;
  await tx.$executeRaw`
    INSERT INTO known_agent AS known (tenant_id, id, name, description, status, revision, created_at)
    VALUES (${tenantId}::uuid, ${id}::uuid, ${name}, ${description}, ${status}, ${revision}::integer, ${createdAt.toISOString()}::timestamptz)
    ON CONFLICT (tenant_id, id) DO UPDATE
    SET name = excluded.name, description = excluded.description, status = excluded.status,
        revision = excluded.revision, created_at = excluded.created_at
    WHERE (known.created_at, known.revision, known.status = 'DELETED')
        < (excluded.created_at, excluded.revision, excluded.status = 'DELETED')`;
}
