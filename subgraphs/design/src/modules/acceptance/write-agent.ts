/** Makes or writes one agent of an accepted proposal, so that doing it again is doing the same. */
import { FlowgridError, notFound, type UserError } from '@flowgrid/platform';
import type { AgentWritten, AgentsClient, CallOptions } from '../../adapters/agents-client.ts';
import { OutsideError } from '../../adapters/outside-call.ts';
import type { AgentDefinition } from '../definition/agent-definition.ts';
import type { DesignSession } from '../session/session.ts';
import type { DesignedAgent } from './designed-agent-store.ts';
import { isSameDefinition } from './same-definition.ts';

export interface AgentToWrite {
  readonly session: DesignSession;
  readonly revision: number;
  /** Revision of the agent under redesign that the design started from. */
  readonly baseRevision: number | null;
  readonly agent: DesignedAgent;
  readonly summary: string;
  readonly definition: AgentDefinition;
  /** What this session wrote last to the agent; null when it wrote nothing yet. */
  readonly findWritten: () => Promise<AgentDefinition | null>;
}

export type Written =
  | { readonly kind: 'WRITTEN'; readonly agentRevision: number | null }
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[] };

/** @throws FlowgridError for what the caller cannot correct. */
export async function writeAgent(
  agents: AgentsClient,
  target: AgentToWrite,
  call: CallOptions,
): Promise<Written> {
  try {
    return toWritten(isNew(target) ? await create(agents, target, call) : await update(agents, target, call));
  } catch (error) {
    throw toRefusal(error);
  }
}

function toWritten({ agent, errors }: AgentWritten): Written {
  if (errors.length > 0) return { kind: 'REFUSED', errors };
  return { kind: 'WRITTEN', agentRevision: agent?.revision ?? null };
}

/** An agent that was neither made by this session nor is under its redesign. */
function isNew({ session, agent }: AgentToWrite): boolean {
  return agent.writtenRevision === null && !isUnderRedesign(session, agent);
}

function isUnderRedesign(session: DesignSession, { agentId }: DesignedAgent): boolean {
  return session.isRedesign && agentId === session.agentId;
}

function create(agents: AgentsClient, target: AgentToWrite, call: CallOptions): Promise<AgentWritten> {
  const { agent, summary: description, definition } = target;
  const { agentId: id, slug } = agent;
  const name = agent.name ?? target.session.title;
  return agents.create({ id, name, slug, description, definition, note: noteOf(target) }, call);
}

async function update(agents: AgentsClient, target: AgentToWrite, call: CallOptions): Promise<AgentWritten> {
  const { agent, definition, findWritten } = target;
  const note = noteOf(target);
  const writeAt = (expectedRevision: number): Promise<AgentWritten> =>
    agents.update({ id: agent.agentId, expectedRevision, definition, note }, call);
  const written = await writeAt(knownRevision(target));
  const current = written.agent;
  if (current === null || !written.errors.some(({ code }) => code === 'STALE_REVISION')) return written;
  // An earlier call wrote it and was cut off before it could be marked.
  if (isSameDefinition(current.definition, definition)) return { agent: current, errors: [] };
  // What changed since was not the definition: it was published, tagged, renamed.
  const last = await findWritten();
  if (last === null || !isSameDefinition(current.definition, last)) return written;
  return writeAt(current.revision);
}

/** The newest revision of the agent that this design has seen. */
function knownRevision({ session, agent, baseRevision }: AgentToWrite): number {
  const base = isUnderRedesign(session, agent) ? (baseRevision ?? 0) : 0;
  return Math.max(agent.agentRevision ?? 0, base);
}

function noteOf({ session, revision }: AgentToWrite): string {
  const which = revision === 1 ? '' : `, revision ${revision}`;
  return `Designed in the session "${session.title}"${which}.`;
}

export function toRefusal(error: unknown): unknown {
  if (!(error instanceof OutsideError)) return error;
  switch (error.problem) {
    case 'REFUSED':
      return new FlowgridError('FORBIDDEN', 'You may not write agents any more.', { cause: error });
    case 'UNREACHABLE':
      return new FlowgridError(
        'SERVICE_UNAVAILABLE',
        'Agents cannot be reached now. Accept the design again shortly; nothing is done twice.',
        { cause: error },
      );
    case 'UNEXPECTED':
      return toRefusalByAgents(error);
    default:
      return error.problem satisfies never;
  }
}

/** The agent was deleted or archived meanwhile. */
function toRefusalByAgents(error: OutsideError): unknown {
  if (error.cause === 'NOT_FOUND') return notFound('Agent');
  if (error.cause !== 'CONFLICT') return error;
  const message = 'The agent refuses changes now. Take it back from the archive and accept again.';
  return new FlowgridError('CONFLICT', message, { cause: error });
}
