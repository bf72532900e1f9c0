/** Events of sessions. A sequence number is given under the lock of the session's row, so it has neither gap nor repetition. */
import { z } from 'zod';
import { invariant } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { Prisma } from '../../generated/prisma/client.ts';
import { toJson } from '../../json.ts';
import type { DesignSession } from '../session/session.ts';
import { toPhase, toSession, toState } from '../session/session-rows.ts';
import type { DesignEvent } from './design-event.ts';

const foundSchema = z.array(
  z.object({
    kind: z.enum(['ACTOR', 'ACTIVITY', 'DECISION', 'SYSTEM', 'AGENT', 'TOOL', 'GUARDRAIL']),
    name: z.string(),
  }),
);

/** Locks a session until the transaction ends; null when the tenant has none with this id. */
export async function lockSession(tx: Tx, tenantId: string, id: string): Promise<DesignSession | null> {
  await tx.$queryRaw`SELECT id FROM design_session WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR UPDATE`;
  const row = await tx.designSession.findUnique({ where: { tenantId_id: { tenantId, id } } });
  return row && toSession(row);
}

export interface EventToRecord {
  readonly tenantId: string;
  /** The session as `lockSession` gave it in this transaction. */
  readonly session: Pick<DesignSession, 'id' | 'lastSequence' | 'revision'>;
  /** Of the session's revision, where it names no other. */
  readonly event: Omit<DesignEvent, 'sessionId' | 'sequence' | 'revision' | 'found'> & {
    readonly attempt: number;
    readonly revision?: number;
    readonly found?: DesignEvent['found'];
  };
  /** What else changes in the session. */
  readonly patch?: Prisma.DesignSessionUncheckedUpdateInput;
}

/** Writes the next event and the session that it leads to; returns the session. */
export async function recordEvent(
  tx: Tx,
  { tenantId, session, event, patch }: EventToRecord,
): Promise<DesignSession> {
  const sequence = session.lastSequence + 1;
  const { phase, state, percent, at, revision = session.revision, found = [] } = event;
  const row = { ...event, tenantId, sessionId: session.id, sequence, revision, found: toJson(found) };
  await tx.designEvent.createMany({ data: [row] });
  const changed = await tx.designSession.update({
    where: { tenantId_id: { tenantId, id: session.id } },
    data: { ...patch, phase, state, percent, revision, lastSequence: sequence, updatedAt: at },
  });
  invariant(changed.lastSequence === sequence, 'the session row is locked');
  return toSession(changed);
}

export interface EventRange {
  readonly tenantId: string;
  readonly sessionId: string;
  /** Exclusive. */
  readonly after: number;
  readonly limit: number;
}

export async function listEvents(tx: Tx, range: EventRange): Promise<readonly DesignEvent[]> {
  const { tenantId, sessionId, after, limit } = range;
  const rows = await tx.designEvent.findMany({
    where: { tenantId, sessionId, sequence: { gt: after } },
    orderBy: { sequence: 'asc' },
    take: limit,
  });
  return rows.map((row) => ({
    sessionId: row.sessionId,
    sequence: row.sequence,
    phase: toPhase(row.phase),
    state: toState(row.state),
    percent: row.percent,
    message: row.message,
    at: row.at,
    revision: row.revision,
    found: foundSchema.parse(row.found),
  }));
}
