import type { DesignRevision } from '../revision/revision.ts';
import type { ProposedAgent } from './proposal.ts';

/** A proposed agent, with the session in which it may have become one. */
export interface SessionAgent extends ProposedAgent {
  readonly sessionId: string;
}

export function toSessionAgents(revision: DesignRevision | null): readonly SessionAgent[] {
  if (revision === null || revision.proposal === null) return [];
  const { sessionId, proposal } = revision;
  return proposal.agents.map((agent) => ({ ...agent, sessionId }));
}
