/** The audit row of a change of an agent and its event: written together, so that neither is without the other. */
import { auditRecord, type AuditRecord, type TenantViewer } from '@flowgrid/access';
import { toEnvelope, writeEvents, type EventData, type EventType } from '@flowgrid/messaging';
import type { Clock } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import { findPublishedNumber } from '../environment/environment-store.ts';
import type { Agent } from './agent.ts';

/** Who changes something, in which request, and when. */
export interface ChangeBy {
  readonly viewer: TenantViewer;
  readonly requestId: string;
  readonly clock: Clock;
}

/** What a change of an agent is called, in the audit and as an event. */
export type AgentEventType = Extract<EventType, `agent.${string}`>;

type AgentSnapshot = EventData<'agent.created'>['agent'];

export interface RecordedAgentChange<Type extends AgentEventType> {
  readonly type: Type;
  /** As it is after the change; as it was before its removal. */
  readonly agent: Agent;
  /** For the audit. */
  readonly changes: AuditRecord['changes'];
  readonly toData: (agent: AgentSnapshot) => EventData<Type>;
}

/** The agent's row was written or locked before, so that events of one agent have the order of its changes. */
export async function recordChange<Type extends AgentEventType>(
  tx: Tx,
  by: ChangeBy,
  { type, agent, changes, toData }: RecordedAgentChange<Type>,
): Promise<void> {
  const { tenantId } = by.viewer;
  const change = auditRecord(by, { action: type, resourceType: 'agent', resourceId: agent.id, changes });
  await tx.auditEvent.create({ data: change });
  const publishedNumber = await findPublishedNumber(tx, tenantId, agent.id);
  const data = toData(toSnapshot(agent, publishedNumber));
  await writeEvents(tx, [toEnvelope(type, { change, data })]);
}

function toSnapshot(agent: Agent, publishedNumber: number | null): AgentSnapshot {
  return {
    id: agent.id,
    slug: agent.slug,
    name: agent.name,
    description: agent.description,
    status: agent.status,
    tags: agent.tags,
    ownerId: agent.ownerId,
    revision: agent.revision,
    latestNumber: agent.latestNumber,
    publishedNumber,
    createdAt: agent.createdAt.toISOString(),
    updatedAt: agent.updatedAt.toISOString(),
  };
}
