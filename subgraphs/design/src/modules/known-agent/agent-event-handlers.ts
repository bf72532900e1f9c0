/** Keeps the known agents up to date with what the agents service tells. */
import type { EventHandlers, EventType, TypedEnvelope } from '@flowgrid/messaging';
import type { Tx } from '../../database.ts';
import { saveKnownAgent } from './known-agent-store.ts';

/** The subscription, and the name in the inbox. */
export const KNOWN_AGENTS = 'design-agents';

type AgentEventType = Extract<EventType, `agent.${string}`>;

/** Every event carries the record as it is after the change: each is enough by itself, whatever came before it. */
export const knownAgentHandlers: EventHandlers<Tx> & Required<Pick<EventHandlers<Tx>, AgentEventType>> = {
  'agent.created': keep,
  'agent.updated': keep,
  'agent.published': keep,
  'agent.restored': keep,
  'agent.archived': keep,
  'agent.unarchived': keep,
  'agent.deleted': async ({ tenantid, data }, tx) => {
    const { id, revision, createdAt } = data.agent;
    const removed = { id, name: '', description: '', status: 'DELETED', revision } as const;
    await saveKnownAgent(tx, tenantid, { ...removed, createdAt: new Date(createdAt) });
  },
};

async function keep({ tenantid, data }: TypedEnvelope<AgentEventType>, tx: Tx): Promise<void> {
  const { id, name, description, status, revision, createdAt } = data.agent;
  const facts = { id, name, description, status, revision };
  await saveKnownAgent(tx, tenantid, { ...facts, createdAt: new Date(createdAt) });
}
