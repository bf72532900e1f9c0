/** Environments in the database. */
import type { AgentEnvironmentRow } from '../../generated/prisma/client.ts';
import type { Tx } from '../../database.ts';
import { toActor } from '../actor/actor.ts';
import { PRODUCTION, type AgentEnvironment } from './environment.ts';

/** The environments of the agents, by name. */
export async function listEnvironments(
  tx: Tx,
  tenantId: string,
  agentIds: readonly string[],
): Promise<readonly AgentEnvironment[]> {
  const rows = await tx.agentEnvironmentRow.findMany({
    where: { tenantId, agentId: { in: [...agentIds] } },
    orderBy: { name: 'asc' },
  });
  return rows.map(toEnvironment);
}

/** The number of the published version; null when the agent has none. */
export async function findPublishedNumber(tx: Tx, tenantId: string, agentId: string): Promise<number | null> {
  const row = await tx.agentEnvironmentRow.findUnique({
    where: { tenantId_agentId_name: { tenantId, agentId, name: PRODUCTION } },
    select: { number: true },
  });
  return row?.number ?? null;
}

/** Lets the environment run the version, whatever it ran before. */
export async function putEnvironment(tx: Tx, tenantId: string, environment: AgentEnvironment): Promise<void> {
  const { agentId, name, number, publishedAt, publishedBy } = environment;
  const run = {
    number,
    publishedAt,
    publishedByKind: publishedBy.kind,
    publishedById: publishedBy.id,
    publishedByName: publishedBy.name,
    publishedByUserId: publishedBy.userId,
  };
  const { count } = await tx.agentEnvironmentRow.updateMany({
    where: { tenantId, agentId, name },
    data: run,
  });
  if (count === 0) await tx.agentEnvironmentRow.createMany({ data: [{ tenantId, agentId, name, ...run }] });
}

function toEnvironment(row: AgentEnvironmentRow): AgentEnvironment {
  return {
    agentId: row.agentId,
    name: row.name,
    number: row.number,
    publishedAt: row.publishedAt,
    publishedBy: toActor({
      kind: row.publishedByKind,
      id: row.publishedById,
      name: row.publishedByName,
      userId: row.publishedByUserId,
    }),
  };
}
