/** Makes the designed agents through the agents subgraph, each exactly once. */
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import {
  FlowgridError,
  InvalidInput,
  invariant,
  isId,
  notFound,
  parseInput,
  type Clock,
  type UserError,
} from '@flowgrid/platform';
import type { AgentsClient, CallOptions } from '../../adapters/agents-client.ts';
import type { Grants } from '../../adapters/grants.ts';
import type { DesignDatabase } from '../../database.ts';
import type { AgentDefinition } from '../definition/agent-definition.ts';
import { jobIdFor } from '../job/job-identity.ts';
import { findRevision } from '../revision/revision-store.ts';
import { recordChange } from '../session/record-change.ts';
import type { DesignSession } from '../session/session.ts';
import {
  acceptSchema,
  inPayload,
  wantedNames,
  type AcceptDesign,
  type AcceptInput,
} from './acceptance-input.ts';
import { giveUp, markAccepted, markWritten, reserveAgents, type Reservation } from './acceptance-store.ts';
import { definitionToWrite, proposedAgent } from './agents-to-write.ts';
import type { DesignedAgent } from './designed-agent-store.ts';
import { toRefusal, writeAgent } from './write-agent.ts';

export interface AcceptanceServiceOptions {
  readonly database: DesignDatabase;
  readonly agents: AgentsClient;
  readonly grants: Grants;
  readonly clock: Clock;
  /** Gives calls up at the end of the process. */
  readonly signal: AbortSignal;
}

export interface Accepted {
  readonly session: DesignSession;
  readonly agents: readonly { readonly id: string }[];
}

/** Calls that accept different revisions at once finish each other's work; this often is enough for two of them. */
const MAX_ROUNDS = 6;

export type AcceptanceService = ReturnType<typeof createAcceptanceService>;

export function createAcceptanceService(options: AcceptanceServiceOptions) {
  return {
    /**
     * @throws InvalidInput with what the agents subgraph says about names and slugs, or `STALE_REVISION` when an agent was
     * changed since the session saw it; `CONFLICT` for what has not succeeded.
     */
    accept: async (request: ServiceRequest, rawInput: AcceptDesign): Promise<Accepted> => {
      requirePermission(request.viewer, 'design:run');
      const viewer = requirePermission(request.viewer, 'agent:write');
      const input = parseInput(acceptSchema, rawInput);
      if (!isId(input.sessionId)) throw notFound('Design session');
      return accept(options, { ...request, viewer }, input);
    },
  };
}

interface Acceptance extends ServiceRequest {
  readonly viewer: TenantViewer;
}

async function accept(
  options: AcceptanceServiceOptions,
  request: Acceptance,
  input: AcceptInput,
): Promise<Accepted> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const reservation = await reserve(options, request, input);
    const { session, agents, revision } = reservation;
    if (reservation.isAccepted) return { session, agents: agents.map(toReference) };
    const isWanted = revision === (input.revision ?? session.revision);
    const end = await writeAgents(options, request, reservation);
    if (end === 'OVERTAKEN') continue;
    if (end === 'WRITTEN') {
      const accepted = await finish(options, request, reservation);
      if (isWanted) return accepted;
      continue;
    }
    // Nothing was made under this name: it is free again. The id stays, so that there is never a second agent.
    await forget(options, reservation, end.agent);
    if (isWanted && isAsWanted(end.agent, input, reservation)) throw toInvalidInput(end, input, reservation);
  }
  throw new FlowgridError('CONFLICT', 'Others accept revisions of this session now. Try again shortly.');
}

/** Stored before anything is made elsewhere: whoever comes after a crash, or at the same time, makes the same agents. */
function reserve(
  { database, clock }: AcceptanceServiceOptions,
  { viewer }: Acceptance,
  input: AcceptInput,
): Promise<Reservation> {
  const { tenantId } = viewer;
  const { sessionId, revision = null } = input;
  const nameOf = wantedNames(input);
  return database.inTenant(tenantId, (tx) =>
    reserveAgents(tx, { tenantId, sessionId, revision, nameOf, now: clock.now() }),
  );
}

interface Refused {
  readonly agent: DesignedAgent;
  readonly errors: readonly UserError[];
}

/** One after the other: what was refused is told for the first one. */
async function writeAgents(
  options: AcceptanceServiceOptions,
  request: Acceptance,
  reservation: Reservation,
): Promise<'WRITTEN' | 'OVERTAKEN' | Refused> {
  const { database, clock } = options;
  const { tenantId, session, revision } = reservation;
  const call = { token: await requestToken(options, request, session), signal: options.signal };
  for (const agent of reservation.agents) {
    if (agent.writtenRevision === revision) continue;
    const written = await writeOne(options, { reservation, agent, call });
    if (written.kind === 'REFUSED') return { agent, errors: written.errors };
    const { agentRevision } = written;
    const made: DesignedAgent = { ...agent, writtenRevision: revision, agentRevision };
    const isMarked = await database.inTenant(tenantId, (tx) =>
      markWritten(tx, reservation, { agent: made, now: clock.now() }),
    );
    if (!isMarked) return 'OVERTAKEN';
  }
  return 'WRITTEN';
}

async function requestToken(
  { grants, signal }: AcceptanceServiceOptions,
  { viewer }: Acceptance,
  session: DesignSession,
): Promise<string> {
  try {
    return await grants.request(
      {
        contextToken: viewer.contextToken,
        audience: 'agents',
        permissions: ['agent:read', 'agent:write'],
        job: { id: jobIdFor(session, viewer.actor.id), name: session.title },
      },
      signal,
    );
  } catch (error) {
    throw toRefusal(error);
  }
}

async function writeOne(
  options: AcceptanceServiceOptions,
  input: {
    readonly reservation: Reservation;
    readonly agent: DesignedAgent;
    readonly call: CallOptions;
  },
): ReturnType<typeof writeAgent> {
  const { reservation, agent, call } = input;
  const { session, revision, baseRevision, proposal } = reservation;
  const proposed = proposedAgent(proposal, agent.key);
  invariant(proposed, 'agents are reserved for the keys of the proposal');
  const target = {
    session,
    revision,
    baseRevision,
    agent,
    summary: proposed.summary,
    definition: definitionToWrite(proposed, reservation.agentIds),
    findWritten: () => findWritten(options, reservation, agent),
  };
  try {
    return await writeAgent(options.agents, target, call);
  } catch (error) {
    // The agent is gone or archived, and this acceptance with it: another revision, or this one, may be accepted later.
    const isFinal =
      error instanceof FlowgridError && (error.code === 'NOT_FOUND' || error.code === 'CONFLICT');
    if (isFinal) await forget(options, reservation, agent);
    throw error;
  }
}

/** What this session wrote last to the agent. */
async function findWritten(
  { database }: AcceptanceServiceOptions,
  { tenantId, session, agentIds }: Reservation,
  { key, writtenRevision: number }: DesignedAgent,
): Promise<AgentDefinition | null> {
  if (number === null) return null;
  const revision = await database.readInTenant(tenantId, (tx) =>
    findRevision(tx, { tenantId, sessionId: session.id, number }),
  );
  const written = revision?.proposal && proposedAgent(revision.proposal, key);
  return written ? definitionToWrite(written, agentIds) : null;
}

function forget(
  { database, clock }: AcceptanceServiceOptions,
  reservation: Reservation,
  agent: DesignedAgent,
): Promise<void> {
  return database.inTenant(reservation.tenantId, (tx) =>
    giveUp(tx, reservation, { agent, now: clock.now() }),
  );
}

/** False when the names were those of a call that was cut off: this one's own are tried next. */
function isAsWanted(agent: DesignedAgent, input: AcceptInput, { proposal }: Reservation): boolean {
  if (agent.writtenRevision !== null) return true;
  const wanted = wantedNames(input)(proposal)(agent.key);
  return (wanted.name === null || wanted.name === agent.name) && wanted.slug === agent.slug;
}

function toInvalidInput(
  { agent, errors }: Refused,
  input: AcceptInput,
  { agents }: Reservation,
): InvalidInput {
  const isFirst = agents[0]?.key === agent.key;
  return new InvalidInput(inPayload(errors, { input, key: agent.key, isFirst }));
}

async function finish(
  { database, clock }: AcceptanceServiceOptions,
  { viewer, requestId }: Acceptance,
  reservation: Reservation,
): Promise<Accepted> {
  const { revision, agents } = reservation;
  const agentIds = agents.map(({ agentId }) => agentId);
  const [agentId] = agentIds;
  invariant(agentId, 'a proposal has an agent');
  const session = await database.inTenant(viewer.tenantId, async (tx) => {
    const marked = await markAccepted(tx, reservation, { agentId, now: clock.now() });
    if (marked.isFirst) {
      await recordChange(
        tx,
        { viewer, requestId, clock },
        {
          type: 'design_session.accepted',
          session: marked.session,
          changes: { agentId, revision },
          toData: (session) => ({ session, agentId, agentIds, revision }),
        },
      );
    }
    return marked.session;
  });
  return { session, agents: agents.map(toReference) };
}

function toReference({ agentId: id }: DesignedAgent): { readonly id: string } {
  return { id };
}
