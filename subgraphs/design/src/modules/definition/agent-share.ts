/** One agent's share of a process that several agents do together. */
export interface AgentShare {
  /** Activities that the agent does, or in which it helps a person. */
  readonly activityIds: ReadonlySet<string>;
  /** Titles of the activities that it does itself. */
  readonly titles: readonly string[];
  /** Names of the other agents by the id of the activity that is theirs. */
  readonly colleagues: ReadonlyMap<string, string>;
  /** Names of the agents that work goes to. */
  readonly handsOffTo: readonly string[];
}
