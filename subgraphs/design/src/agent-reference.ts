/** An agent of which only the id is known here. */
export interface AgentReference {
  readonly id: string;
}
