/** Changes what a patch gives; a changed definition becomes the next version. */
import type { Tx } from '../../database.ts';
import { canonicalJson } from '../definition/canonical-json.ts';
import { takeSnapshot, type Snapshot } from '../definition/snapshot.ts';
import { getSnapshot } from '../version/version-store.ts';
import { staleRevision } from './agent-errors.ts';
import type { UpdateAgent } from './agent-input.ts';
import type { AgentChanges } from './agent-store.ts';
import type { Agent } from './agent.ts';
import { getUnarchivedForChange } from './get-for-change.ts';
import type { ChangeBy } from './record-change.ts';
import { fieldsOf, writeChange, writeVersion, type Change } from './write-change.ts';

/** @throws InvalidInput `STALE_REVISION` with the agent as it is, `TAKEN` for a slug in use. */
export async function updateAgent(tx: Tx, input: UpdateAgent, by: ChangeBy): Promise<Agent> {
  const { tenantId } = by.viewer;
  const agent = await getUnarchivedForChange(tx, tenantId, input.id);
  if (agent.revision !== input.expectedRevision) throw staleRevision(agent);
  const snapshot = await findNewSnapshot(tx, tenantId, { agent, patch: input.definition });
  const record = changedFields(agent, input);
  if (snapshot === null && Object.keys(record).length === 0) return agent;
  const newVersion = snapshot === null ? null : agent.latestNumber + 1;
  const change: Change<'agent.updated'> = {
    agent,
    record,
    type: 'agent.updated',
    toData: (updated) => ({ agent: updated, changedFields: fieldsOf(record), newVersion }),
    by,
  };
  if (snapshot === null) return writeChange(tx, change);
  return writeVersion(tx, { ...change, snapshot, note: input.note });
}

/** Null when the patch changes nothing. */
async function findNewSnapshot(
  tx: Tx,
  tenantId: string,
  { agent, patch }: { readonly agent: Agent; readonly patch: UpdateAgent['definition'] },
): Promise<Snapshot | null> {
  if (patch === undefined) return null;
  const current = await getSnapshot(tx, tenantId, { agentId: agent.id, number: agent.latestNumber });
  const next = takeSnapshot(current.definition, patch);
  return next.digest === current.digest ? null : next;
}

function changedFields(agent: Agent, patch: UpdateAgent): AgentChanges {
  const { slug, name, description, tags, metadata } = patch;
  return {
    ...(slug !== undefined && slug !== agent.slug && { slug }),
    ...(name !== undefined && name !== agent.name && { name }),
    ...(description !== undefined && description !== agent.description && { description }),
    ...(tags !== undefined && canonicalJson(tags) !== canonicalJson(agent.tags) && { tags }),
    ...(metadata !== undefined && canonicalJson(metadata) !== canonicalJson(agent.metadata) && { metadata }),
  };
}
