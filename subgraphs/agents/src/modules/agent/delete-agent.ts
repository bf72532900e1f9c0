import { FlowgridError } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import { removeAgent } from './agent-store.ts';
import { getForChange } from './get-for-change.ts';
import { recordChange, type ChangeBy } from './record-change.ts';

/** Removes the agent with all that belongs to it but its audit. Throws `CONFLICT` for a published one. */
export async function deleteAgent(tx: Tx, id: string, by: ChangeBy): Promise<string> {
  const { tenantId } = by.viewer;
  const agent = await getForChange(tx, tenantId, id);
  if (agent.status === 'PUBLISHED') {
    throw new FlowgridError('CONFLICT', 'The agent is published. Archive it first.');
  }
  await recordChange(tx, by, {
    type: 'agent.deleted',
    agent,
    changes: { name: agent.name, slug: agent.slug, version: agent.latestNumber },
    toData: (last) => ({ agent: last }),
  });
  await removeAgent(tx, tenantId, agent.id);
  return agent.id;
}
