/** Keeps the known agents up to date with what the agents service tells. */
import type { EventType, TypedEnvelope } from '@flowgrid/messaging';
import type { Tx } from '../../database.ts';
import { saveKnownAgent } from './known-agent-store.ts';

export type AgentEvent = TypedEnvelope<Extract<EventType, `agent.${string}`>>;

/** Every event carries the record as it is after the change, so one rule serves them all. */
export async function applyAgentEvent(event: AgentEvent, tx: Tx): Promise<void> {
  const { id, name, description, status, revision, createdAt } = event.data.agent;
  const facts = { id, revision, createdAt: new Date(createdAt) };
  await saveKnownAgent(
    tx,
    event.tenantid,
    event.type === 'agent.deleted'
      ? { ...facts, name: '', description: '', status: 'DELETED' }
      : { ...facts, name, description, status },
  );
}
