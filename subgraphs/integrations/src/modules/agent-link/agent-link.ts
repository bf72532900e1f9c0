/** An agent, as far as this service knows it. */
export interface AgentReference {
  readonly id: string;
}
