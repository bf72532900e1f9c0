/** Which agents a session becomes: decided and stored under the lock of the session's row. */
import { FlowgridError, invalidInput, invariant, newId, notFound } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import { lockSession } from '../progress/event-store.ts';
import { firstAgent, type Proposal } from '../proposal/proposal.ts';
import { findRevision } from '../revision/revision-store.ts';
import type { DesignRevision } from '../revision/revision.ts';
import { toSession } from '../session/session-rows.ts';
import { hasEnded, type DesignSession } from '../session/session.ts';
import { proposedAgent } from './agents-to-write.ts';
import { listDesignedAgents, saveDesignedAgent, type DesignedAgent } from './designed-agent-store.ts';

/** What to call an agent; null leaves it to the proposal, and the slug to the name. */
export interface WantedName {
  readonly name: string | null;
  readonly slug: string | null;
}

export interface ReservationInput {
  readonly tenantId: string;
  readonly sessionId: string;
  /** Null for the newest, which must have succeeded. */
  readonly revision: number | null;
  /** @throws InvalidInput for keys that the proposal does not have. */
  readonly nameOf: (proposal: Proposal) => (key: string) => WantedName;
  readonly now: Date;
}

/** What is to be accepted, and the agents that it becomes, in the order of the proposal. */
export interface Reservation {
  readonly tenantId: string;
  readonly session: DesignSession;
  readonly revision: number;
  readonly proposal: Proposal;
  readonly baseRevision: number | null;
  readonly agents: readonly DesignedAgent[];
  /** Of all agents that the session knows, by their keys. */
  readonly agentIds: ReadonlyMap<string, string>;
  /** Nothing is left to do. */
  readonly isAccepted: boolean;
}

/**
 * Says what to make. The id of an agent is chosen once and for ever, so that making it again is making the same; its name
 * stands as long as a call under that name may be under way or was cut off. So does the revision: a call for another one
 * finishes it first, since what was cut off may have made agents of it.
 */
export async function reserveAgents(tx: Tx, input: ReservationInput): Promise<Reservation> {
  const { tenantId, sessionId } = input;
  const session = await lockSession(tx, tenantId, sessionId);
  if (session === null) throw notFound('Design session');
  const number = session.acceptingRevision ?? requireNumber(session, input.revision);
  const { proposal, baseRevision } = await requireFinished(tx, { tenantId, session, number });
  const known = await listDesignedAgents(tx, tenantId, sessionId);
  const agents = assignAgents({ session, proposal, known });
  const agentIds = new Map([...known.values(), ...agents].map(({ key, agentId }) => [key, agentId]));
  const reservation = { tenantId, session, revision: number, proposal, baseRevision, agentIds };
  const isWritten = agents.every(({ writtenRevision }) => writtenRevision === number);
  if (isWritten && session.acceptedRevision === number) return { ...reservation, agents, isAccepted: true };
  // Names are of the revision that was asked for; another one is finished under the names that it has.
  const isWanted = number === (input.revision ?? session.revision);
  const reserved = giveNames(agents, proposal, isWanted ? input.nameOf(proposal) : () => UNNAMED);
  for (const agent of reserved) await saveDesignedAgent(tx, { tenantId, sessionId, agent, now: input.now });
  await setAccepting(tx, { tenantId, sessionId, revision: number });
  return { ...reservation, agents: reserved, isAccepted: false };
}

const UNNAMED: WantedName = { name: null, slug: null };

/** Those that are made already keep the names that they have. */
function giveNames(
  agents: readonly DesignedAgent[],
  proposal: Proposal,
  nameOf: (key: string) => WantedName,
): readonly DesignedAgent[] {
  return agents.map((agent) => {
    if (agent.writtenRevision !== null || agent.name !== null) return agent;
    const { name, slug } = nameOf(agent.key);
    return { ...agent, name: name ?? proposedAgent(proposal, agent.key)?.name ?? null, slug };
  });
}

function requireNumber(session: DesignSession, wanted: number | null): number {
  const isReady = wanted === null ? session.state === 'SUCCEEDED' : hasEnded(session.state);
  if (isReady) return wanted ?? session.revision;
  const hint =
    wanted === null
      ? 'only a succeeded one is accepted. A finished revision can be named'
      : 'its work must have ended';
  throw new FlowgridError('CONFLICT', `The session is ${session.state}; ${hint}.`, {
    details: { state: session.state },
  });
}

async function requireFinished(
  tx: Tx,
  { tenantId, session, number }: { tenantId: string; session: DesignSession; number: number },
): Promise<DesignRevision & { readonly proposal: Proposal }> {
  const revision = await findRevision(tx, { tenantId, sessionId: session.id, number });
  if (revision === null) {
    throw invalidInput('NOT_FOUND', `The session has no revision ${number}.`, ['revision']);
  }
  const { proposal, finishedAt } = revision;
  if (proposal !== null && finishedAt !== null) return { ...revision, proposal };
  throw new FlowgridError('CONFLICT', `Revision ${number} was not finished; choose another one.`, {
    details: { state: session.state },
  });
}

/**
 * An agent keeps its key through all revisions. Where a proposal has none of the known keys, its first agent takes the
 * place of the agent that the session stands for.
 */
function assignAgents(input: {
  readonly session: DesignSession;
  readonly proposal: Proposal;
  readonly known: ReadonlyMap<string, DesignedAgent>;
}): readonly DesignedAgent[] {
  const { session, proposal, known } = input;
  const isKnown = proposal.agents.some(({ key }) => known.has(key));
  const first = firstAgent(proposal);
  const heir = [...known.values()].find(({ agentId }) => agentId === session.agentId);
  return proposal.agents.map(({ key }): DesignedAgent => {
    const agent = known.get(key);
    if (agent) return agent;
    if (key === first.key && !isKnown && heir) return { ...heir, key };
    const isBase = key === first.key && session.isRedesign && heir === undefined;
    const agentId = isBase && session.agentId !== null ? session.agentId : newId();
    return { key, agentId, name: null, slug: null, writtenRevision: null, agentRevision: null };
  });
}

async function setAccepting(
  tx: Tx,
  { tenantId, sessionId, revision }: { tenantId: string; sessionId: string; revision: number | null },
): Promise<void> {
  await tx.designSession.update({
    where: { tenantId_id: { tenantId, id: sessionId } },
    data: { acceptingRevision: revision },
  });
}

export type ReservedKey = Pick<Reservation, 'tenantId' | 'session' | 'revision'>;

/** True while the revision is still the one whose agents are being made. */
async function isStillAccepting(tx: Tx, { tenantId, session, revision }: ReservedKey): Promise<boolean> {
  return (await lockSession(tx, tenantId, session.id))?.acceptingRevision === revision;
}

/** Remembers that an agent was made or written; false when another call went on meanwhile. */
export async function markWritten(
  tx: Tx,
  key: ReservedKey,
  { agent, now }: { readonly agent: DesignedAgent; readonly now: Date },
): Promise<boolean> {
  if (!(await isStillAccepting(tx, key))) return false;
  const { tenantId, session } = key;
  await saveDesignedAgent(tx, { tenantId, sessionId: session.id, agent, now });
  return true;
}

/** Gives up a name under which nothing was made, and the acceptance with it: what was made stays. */
export async function giveUp(
  tx: Tx,
  key: ReservedKey,
  { agent, now }: { readonly agent: DesignedAgent; readonly now: Date },
): Promise<void> {
  if (!(await isStillAccepting(tx, key))) return;
  const { tenantId, session } = key;
  if (agent.writtenRevision === null) {
    const freed = { ...agent, name: null, slug: null };
    await saveDesignedAgent(tx, { tenantId, sessionId: session.id, agent: freed, now });
  }
  await setAccepting(tx, { tenantId, sessionId: session.id, revision: null });
}

/** Of several calls that get here, one is the first; all get the same session. */
export async function markAccepted(
  tx: Tx,
  key: ReservedKey,
  { agentId, now }: { readonly agentId: string; readonly now: Date },
): Promise<{ readonly session: DesignSession; readonly isFirst: boolean }> {
  const { tenantId, revision } = key;
  const session = await lockSession(tx, tenantId, key.session.id);
  invariant(session !== null, 'sessions are not deleted');
  if (session.acceptingRevision !== revision) return { session, isFirst: false };
  const row = await tx.designSession.update({
    where: { tenantId_id: { tenantId, id: session.id } },
    data: {
      // A redesign stays one of the agent that it is of.
      agentId: session.isRedesign ? session.agentId : agentId,
      acceptingRevision: null,
      acceptedRevision: revision,
      acceptedAt: now,
      updatedAt: now,
    },
  });
  return { session: toSession(row), isFirst: true };
}
