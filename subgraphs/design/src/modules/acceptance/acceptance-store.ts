/** Which agent a session becomes: decided and stored under the lock of the session's row. */
import { FlowgridError, invariant, newId, notFound } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { AgentDefinition } from '../definition/agent-definition.ts';
import { lockSession } from '../progress/event-store.ts';
import { toSession } from '../session/session-rows.ts';
import type { DesignSession } from '../session/session.ts';

interface Target {
  readonly session: DesignSession;
  readonly agentId: string;
}

interface TargetToWrite extends Target {
  readonly definition: AgentDefinition;
}

export type AcceptanceTarget =
  | (Target & { readonly kind: 'ACCEPTED' })
  | (TargetToWrite & { readonly kind: 'REDESIGN'; readonly expectedRevision: number })
  | (TargetToWrite & { readonly kind: 'NEW'; readonly name: string; readonly slug: string | null });

export interface ReservationInput {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly wanted: { readonly name: string | null; readonly slug: string | null };
  readonly now: Date;
}

/**
 * Says what to make. The id of a new agent is chosen once and for ever, so that making it again is making the same; its name
 * stands as long as a call under that name may be under way or was cut off.
 */
export async function reserveAgent(tx: Tx, input: ReservationInput): Promise<AcceptanceTarget> {
  const { tenantId, sessionId, wanted, now } = input;
  const session = await lockSession(tx, tenantId, sessionId);
  if (session === null) throw notFound('Design session');
  const { definition, proposal } = session;
  if (session.state !== 'SUCCEEDED' || definition === null || proposal === null) {
    throw new FlowgridError(
      'CONFLICT',
      `The session is ${session.state}; only a succeeded one is accepted.`,
      {
        details: { state: session.state },
      },
    );
  }
  if (session.acceptedAt !== null) {
    invariant(session.agentId !== null, 'an accepted session has an agent');
    return { kind: 'ACCEPTED', session, agentId: session.agentId };
  }
  if (session.isRedesign) {
    invariant(session.agentId !== null && session.baseRevision !== null, 'a redesign has an agent');
    const expectedRevision = session.baseRevision;
    return { kind: 'REDESIGN', session, agentId: session.agentId, definition, expectedRevision };
  }
  const agentId = session.reservedAgentId ?? newId();
  const isFree = session.reservedName === null;
  const name = isFree ? (wanted.name ?? proposal.name) : session.reservedName;
  const slug = isFree ? wanted.slug : session.reservedSlug;
  if (isFree) {
    await tx.designSession.update({
      where: { tenantId_id: { tenantId, id: sessionId } },
      data: { reservedAgentId: agentId, reservedName: name, reservedSlug: slug, updatedAt: now },
    });
  }
  return { kind: 'NEW', session, agentId, definition, name, slug };
}

/** Gives up a name under which nothing was made, unless another call has gone on meanwhile. */
export async function freeName(
  tx: Tx,
  tenantId: string,
  target: Extract<AcceptanceTarget, { kind: 'NEW' }>,
): Promise<void> {
  await tx.designSession.updateMany({
    where: {
      tenantId,
      id: target.session.id,
      acceptedAt: null,
      reservedName: target.name,
      reservedSlug: target.slug,
    },
    data: { reservedName: null, reservedSlug: null },
  });
}

/** Of several calls that get here, one is the first; all get the same session. */
export async function markAccepted(
  tx: Tx,
  tenantId: string,
  target: Target & { readonly now: Date },
): Promise<{ readonly session: DesignSession; readonly isFirst: boolean }> {
  const session = await lockSession(tx, tenantId, target.session.id);
  if (session === null) throw notFound('Design session');
  if (session.acceptedAt !== null) return { session, isFirst: false };
  const row = await tx.designSession.update({
    where: { tenantId_id: { tenantId, id: session.id } },
    data: { agentId: target.agentId, acceptedAt: target.now, updatedAt: target.now },
  });
  return { session: toSession(row), isFirst: true };
}
