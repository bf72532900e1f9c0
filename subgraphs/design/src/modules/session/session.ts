/** A design session, as the rest of the service knows it. */
import type { EngineChoice } from '../../engine/engine.ts';
import type { AgentDefinition } from '../definition/agent-definition.ts';
import type { Finding } from '../definition/finding.ts';
import type { SourceRange } from '../intake/source-text.ts';
import type { AgentSplit } from '../proposal/proposal.ts';

export const DESIGN_STATES = [
  'QUEUED',
  'RUNNING',
  'AWAITING_REVIEW',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
] as const;
export type DesignState = (typeof DESIGN_STATES)[number];

export const DESIGN_PHASES = [
  'CONTEXT',
  'ANALYSIS',
  'DESIGN',
  'VALIDATION',
  'CODE',
  'MODEL',
  'DONE',
] as const;
export type DesignPhase = (typeof DESIGN_PHASES)[number];

export const CODE_TARGETS = ['CLAUDE_AGENT_SDK', 'OPENAI_AGENTS_SDK'] as const;
export type CodeTarget = (typeof CODE_TARGETS)[number];

export const ENGINE_CHOICES = ['AUTO', 'LOCAL', 'CLAUDE', 'OPENAI'] as const satisfies EngineChoice[];

export interface DesignFailure {
  readonly phase: DesignPhase;
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

export interface DesignProposal {
  readonly name: string;
  readonly summary: string;
  readonly findings: readonly Finding[];
}

export interface DesignSession {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** What is analysed; the description alone until the context has been read. */
  readonly sourceText: string;
  /** Null until the context has been read. */
  readonly sources: readonly SourceRange[] | null;
  readonly engine: EngineChoice;
  readonly split: AgentSplit;
  readonly target: CodeTarget;
  readonly reviewProcess: boolean;
  readonly reviewedAt: Date | null;
  /** The agent under redesign, or the one that was accepted. */
  readonly agentId: string | null;
  readonly isRedesign: boolean;
  /** Revision of the agent that the redesign started from. */
  readonly baseRevision: number | null;
  readonly state: DesignState;
  readonly phase: DesignPhase;
  readonly percent: number;
  readonly lastSequence: number;
  /** Of the newest process model. */
  readonly processRevision: number | null;
  /** Number of the design revision that is worked on, or of the newest. */
  readonly revision: number;
  readonly definition: AgentDefinition | null;
  readonly proposal: DesignProposal | null;
  readonly usage: {
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly costUsd: number;
    readonly provider: string;
  };
  readonly failure: DesignFailure | null;
  /** The design revision whose agents are being made; a call that was cut off leaves it for the next. */
  readonly acceptingRevision: number | null;
  readonly acceptedRevision: number | null;
  readonly acceptedAt: Date | null;
  readonly createdByUserId: string | null;
  readonly createdAt: Date;
}

/** True when nothing more happens unless a person takes the session up again. */
export function hasEnded(state: DesignState): boolean {
  return state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';
}
