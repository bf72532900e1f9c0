/** What a design proposes: one or several agents, who does which activity, where a person must agree, and how to test it. */
import { invariant } from '@flowgrid/platform';
import type { AgentDefinition } from '../definition/agent-definition.ts';
import type { Finding } from '../definition/finding.ts';

/** One agent of a proposal. */
export interface ProposedAgent {
  /** Names the agent within its proposal, also in later revisions: `claims-intake`. */
  readonly key: string;
  readonly name: string;
  /** What the agent does, in a sentence. */
  readonly summary: string;
  readonly definition: AgentDefinition;
  /** Keys of the agents of this proposal that it hands work to. */
  readonly handsOffTo: readonly string[];
}

/** Who does an activity when the design is in use. */
export type Performer = 'AGENT' | 'HUMAN' | 'SYSTEM';

export interface AutomationDecision {
  readonly activityId: string;
  readonly performer: Performer;
  /** The agent that does it, or helps whoever does; null when none is involved. */
  readonly agentKey: string | null;
  /** Why, in a sentence that names what in the description led to it. */
  readonly reason: string;
}

/** Where work stops until a person has agreed. */
export interface ApprovalPoint {
  readonly activityId: string | null;
  readonly agentKey: string;
  /** The tools that wait. */
  readonly toolNames: readonly string[];
  readonly reason: string;
}

/** One way through the process, and what the agents must do on it. */
export interface ProposalTestCase {
  /** Stable within one process model: `case-1`. */
  readonly id: string;
  readonly name: string;
  /** The conditions that hold on this way. */
  readonly given: readonly string[];
  /** What is said to the first agent. */
  readonly input: string;
  /** Activities in their order. */
  readonly activityIds: readonly string[];
  readonly expect: {
    /** Tools that are called, in this order. */
    readonly toolNames: readonly string[];
    readonly approvals: readonly string[];
    readonly outcome: string;
  };
}

/**
 * What somebody asked for in a refinement: every later proposal keeps to it. What changes the process itself is in the
 * process model instead. NEED is what an AI model was told; rules alone cannot read it.
 */
export type Adjustment =
  | { readonly kind: 'NAME'; readonly agentKey: string; readonly name: string }
  | { readonly kind: 'APPROVAL'; readonly activityId: string; readonly isRequired: boolean }
  | { readonly kind: 'PERFORMER'; readonly activityId: string; readonly performer: Performer }
  | { readonly kind: 'SPLIT'; readonly split: AgentSplit; readonly count: number | null }
  | { readonly kind: 'INSTRUCTION'; readonly text: string }
  | { readonly kind: 'NEED'; readonly text: string };

export interface Proposal {
  /** At least one; the first takes the requests. */
  readonly agents: readonly ProposedAgent[];
  readonly automation: readonly AutomationDecision[];
  readonly approvals: readonly ApprovalPoint[];
  readonly testCases: readonly ProposalTestCase[];
  readonly findings: readonly Finding[];
  /** In the order in which they were asked for. */
  readonly adjustments: readonly Adjustment[];
}

/** The agent that takes the requests, and that stands for the proposal where one is shown. */
export function firstAgent({ agents }: Pick<Proposal, 'agents'>): ProposedAgent {
  const [first] = agents;
  invariant(first, 'a proposal has an agent');
  return first;
}

/** Whether one agent does everything, or one for each role whose work is automated. */
export type AgentSplit = 'ONE' | 'BY_ROLE';
