/** An agent as this service knows it from the events of the agents service: enough to design another one beside it. */
export interface KnownAgent {
  readonly id: string;
  readonly name: string;
  readonly description: string;
}

/** What an event told of an agent. */
export interface AgentNews extends KnownAgent {
  readonly status: 'DRAFT' | 'PUBLISHED' | 'ARCHIVED' | 'DELETED';
  /** Rises with every change of the agent. */
  readonly revision: number;
  readonly createdAt: Date;
}

/** The agents of a tenant, as far as this service knows them: a change shows here a moment after it is made. */
export interface KnownAgents {
  /** Those that are neither archived nor deleted, the newest first, up to a limit. */
  list(tenantId: string): Promise<readonly KnownAgent[]>;
}
