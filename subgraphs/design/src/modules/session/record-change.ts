/** The audit row of a change of a session and its event: written together, so that neither is without the other. */
import { auditRecord, type Actor, type AuditRecord } from '@flowgrid/access';
import { toEnvelope, writeEvents, type EventData, type EventType } from '@flowgrid/messaging';
import type { Clock } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { DesignSession } from './session.ts';

/** What a change of a session is called, in the audit and as an event. */
export type SessionEventType = Extract<EventType, `design_session.${string}`>;

export type SessionSnapshot = EventData<'design_session.started'>['session'];

export interface ChangeBy {
  readonly viewer: { readonly tenantId: string; readonly actor: Actor };
  /** Null for a worker, which nobody waits for. */
  readonly requestId: string | null;
  readonly clock: Clock;
}

export interface RecordedSessionChange<Type extends SessionEventType> {
  readonly type: Type;
  /** As it is after the change. */
  readonly session: DesignSession;
  /** For the audit. */
  readonly changes?: AuditRecord['changes'];
  readonly toData: (session: SessionSnapshot) => EventData<Type>;
}

/** The session's row was written or locked before, so that its events have the order of its changes. */
export async function recordChange<Type extends SessionEventType>(
  tx: Tx,
  by: ChangeBy,
  { type, session, changes = {}, toData }: RecordedSessionChange<Type>,
): Promise<void> {
  const resourceId = session.id;
  const change = auditRecord(by, { action: type, resourceType: 'design_session', resourceId, changes });
  await tx.auditEvent.create({ data: change });
  await writeEvents(tx, [toEnvelope(type, { change, data: toData(toSnapshot(session)) })]);
}

function toSnapshot(session: DesignSession): SessionSnapshot {
  return {
    id: session.id,
    title: session.title,
    target: session.target,
    state: session.state,
    phase: session.phase,
    percent: session.percent,
    agentId: session.agentId,
    isRedesign: session.isRedesign,
    createdByUserId: session.createdByUserId,
    createdAt: session.createdAt.toISOString(),
  };
}
