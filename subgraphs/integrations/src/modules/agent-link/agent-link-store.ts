/** Rows of `agent_integration`. */
import type { Tx } from '../../database.ts';
import { toIntegration } from '../integration/integration-store.ts';
import type { Integration } from '../integration/integration.ts';

export interface AgentLink {
  readonly tenantId: string;
  readonly agentId: string;
  readonly integrationId: string;
}

export interface LinkedIntegration {
  readonly agentId: string;
  readonly integration: Integration;
}

/** The integrations of several agents, by name. */
export async function listLinked(
  tx: Tx,
  tenantId: string,
  agentIds: readonly string[],
): Promise<readonly LinkedIntegration[]> {
  const rows = await tx.agentIntegration.findMany({
    where: { tenantId, agentId: { in: [...agentIds] } },
    select: { agentId: true, integration: true },
    orderBy: [{ integration: { name: 'asc' } }, { integrationId: 'asc' }],
  });
  return rows.map(({ agentId, integration }) => ({ agentId, integration: toIntegration(integration) }));
}

/** False when the link was there already. */
export async function insertLink(tx: Tx, link: AgentLink, linkedAt: Date): Promise<boolean> {
  const { count } = await tx.agentIntegration.createMany({
    data: { ...link, linkedAt },
    skipDuplicates: true,
  });
  return count === 1;
}

/** False when there was no such link. */
export async function deleteLink(tx: Tx, link: AgentLink): Promise<boolean> {
  const { count } = await tx.agentIntegration.deleteMany({ where: link });
  return count === 1;
}
