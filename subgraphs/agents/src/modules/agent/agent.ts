import type { JsonObject } from '../definition/canonical-json.ts';

export const AGENT_STATUSES = ['DRAFT', 'PUBLISHED', 'ARCHIVED'] as const;

export type AgentStatus = (typeof AGENT_STATUSES)[number];

/** The record of an agent. What the agent is, its definition, is in its versions. */
export interface Agent {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly metadata: JsonObject;
  readonly status: AgentStatus;
  /** The user who answers for it; null when no user stands behind its creation. */
  readonly ownerId: string | null;
  readonly createdById: string | null;
  /** Rises with every write. */
  readonly revision: number;
  /** Number of the highest version; numbers have no gaps. */
  readonly latestNumber: number;
  /** By which a repeated creation is recognised, also after the agent was changed. */
  readonly creationDigest: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
