import { notFound } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import { agentArchived } from './agent-errors.ts';
import type { Agent } from './agent.ts';
import { findAgentForChange } from './agent-store.ts';

/** The agent, kept from every other writer until the transaction ends. Throws `NOT_FOUND`. */
export async function getForChange(tx: Tx, tenantId: string, id: string): Promise<Agent> {
  const agent = await findAgentForChange(tx, tenantId, id);
  if (agent === null) throw notFound('Agent');
  return agent;
}

/** As `getForChange`, for what an archived agent refuses. Throws `CONFLICT`. */
export async function getUnarchivedForChange(tx: Tx, tenantId: string, id: string): Promise<Agent> {
  const agent = await getForChange(tx, tenantId, id);
  if (agent.status === 'ARCHIVED') throw agentArchived();
  return agent;
}
