/** Rows of the agents that sessions became. */
import type { Tx } from '../../database.ts';

/** An agent of a session, by its key in proposals. */
export interface DesignedAgent {
  readonly key: string;
  readonly agentId: string;
  /** Stands while a call under this name may be under way or was cut off. */
  readonly name: string | null;
  readonly slug: string | null;
  /** The design revision that it was last written from; null before it is made. */
  readonly writtenRevision: number | null;
  /** Its own revision after that. */
  readonly agentRevision: number | null;
}

const COLUMNS = {
  sessionId: true,
  key: true,
  agentId: true,
  name: true,
  slug: true,
  writtenRevision: true,
  agentRevision: true,
} as const;

export async function listDesignedAgents(
  tx: Tx,
  tenantId: string,
  sessionId: string,
): Promise<ReadonlyMap<string, DesignedAgent>> {
  const agents = await findDesignedAgents(tx, tenantId, [sessionId]);
  return new Map((agents.get(sessionId) ?? []).map((agent) => [agent.key, agent]));
}

/** The agents of each session, also those that are only reserved. */
export async function findDesignedAgents(
  tx: Tx,
  tenantId: string,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly DesignedAgent[]>> {
  const rows = await tx.designedAgent.findMany({
    where: { tenantId, sessionId: { in: [...sessionIds] } },
    select: COLUMNS,
    orderBy: [{ createdAt: 'asc' }, { key: 'asc' }],
  });
  const bySession = Map.groupBy(rows, ({ sessionId }) => sessionId);
  return new Map(
    [...bySession].map(([sessionId, agents]) => [
      sessionId,
      agents.map(({ sessionId: _sessionId, ...agent }) => agent),
    ]),
  );
}

export async function saveDesignedAgent(
  tx: Tx,
  input: {
    readonly tenantId: string;
    readonly sessionId: string;
    readonly agent: DesignedAgent;
    readonly now: Date;
  },
): Promise<void> {
  const { tenantId, sessionId, agent, now } = input;
  const { key, ...data } = agent;
  await tx.designedAgent.upsert({
    where: { tenantId_sessionId_key: { tenantId, sessionId, key } },
    create: { tenantId, sessionId, key, ...data, createdAt: now },
    update: data,
  });
}
